//! The commands that ask for a run again. They are made from what was asked of the run and not from the
//! command line, so that those of a sweep, of a run that was resumed and of a job that its scheduler
//! numbered are there as well.

use clap::ValueEnum;
use tinybench_inputs::subject::VectorCount;
use tinybench_inputs::suite::Suite;
use tinybench_record::Asked;

use crate::build::Opt;
use crate::power::metered;
use crate::run::limits;
use crate::run::request::{Request, What};
use crate::run::setting::Setting;
use crate::target::select::Choice;

/// The commands that make the record of a run in this setting; none if a record can't hold them.
pub(super) fn of_run(setting: &Setting) -> Vec<Asked> {
    let fetched = setting.request.what.suite.as_ref().filter(|name| {
        let suite = Suite::load(&setting.project.suites(), name);
        let is_fetched = suite.is_ok_and(|suite| suite.models().is_ok());
        is_fetched && setting.request.what.from.is_none()
    });
    let fetch = fetched.map(|name| {
        let mut fetch = Asked::new("fetch");
        fetch.argument(name);
        fetch
    });
    let commands: Option<Vec<Asked>> = fetch
        .into_iter()
        .chain([run(setting.request, &setting.choice)])
        .map(Asked::kept)
        .collect();
    commands.unwrap_or_default()
}

/// `tinybench run` with the options that differ from what holds without them. What it ran on is named,
/// as another machine may have another probe attached, or none.
fn run(request: &Request, choice: &Choice) -> Asked {
    let Request {
        board,
        power,
        on: _,
        probe,
        what,
        shard,
        runs,
        vectors,
        timeout,
        layouts,
        duty_cycle,
        metering,
        opt,
        from_source,
        profile,
        // It says whose results they are, and the record holds it.
        commit: _,
    } = request;
    let mut asked = Asked::new("run");
    asked.option("--board", board);
    of_what(&mut asked, what);
    let on = match choice {
        Choice::Virtual(_) => "virtual",
        Choice::Probe { .. } => "probe",
    };
    asked
        .option("--on", on)
        .options("--probe", probe)
        .options("--power", power);
    if *runs != limits::RUNS {
        asked.option("--runs", runs);
    }
    match vectors {
        VectorCount::Default => {}
        VectorCount::All => {
            asked.option("--vectors", "all");
        }
        VectorCount::Count(count) => {
            asked.option("--vectors", count);
        }
    }
    if Some(*timeout) != limits::time(limits::TIMEOUT, limits::MAX_TIMEOUT) {
        asked.option("--timeout", limits::time_text(*timeout));
    }
    asked.options("--layouts", layouts);
    if *opt != Opt::default() {
        asked.option("--opt", opt.name());
    }
    if *from_source {
        asked.argument("--build");
    }
    if let Some(duty_cycle) = duty_cycle {
        asked
            .option("--every", limits::time_text(duty_cycle.every))
            .options("--cell", duty_cycle.cell);
    }
    if let Some(metering) = metering {
        asked
            .option("--power-meter", &metering.meter)
            .option("--supply", format!("{}V", metering.supply_v));
        if metering.windows != metered::WINDOWS {
            asked.option("--windows", metering.windows);
        }
        if metering.window != metered::default_window(&metering.meter) {
            asked.option("--window", limits::time_text(metering.window));
        }
    }
    if *profile {
        asked.argument("--profile");
    }
    asked.options("--shard", shard);
    asked
}

fn of_what(asked: &mut Asked, what: &What) {
    let What {
        workloads,
        suite,
        from,
        data,
        models,
        names,
        reference,
        inputs,
        steps,
        labels,
        stream,
        runtimes,
        image,
        function,
    } = what;
    asked
        .options("--suite", suite)
        .options("--workload", workloads)
        .options("--from", from)
        .paths("--data", data.as_deref())
        .paths("--model", models.iter().map(|it| it.as_path()))
        .options("--name", names)
        .paths("--reference", reference.as_deref())
        .paths("--inputs", inputs.as_deref())
        .options("--steps", steps)
        .paths("--labels", labels.as_ref().map(|(path, _)| path.as_path()));
    let metric = labels.as_ref().and_then(|(_, it)| it.to_possible_value());
    asked
        .options("--metric", metric.as_ref().map(|it| it.get_name()))
        .paths("--stream", stream.as_deref())
        .options("--runtime", runtimes)
        .paths("--image", image.as_deref());
    if let Some(function) = function {
        asked
            .option("--entry", &function.entry)
            .options("--setup", &function.setup);
        if let Some((symbol, path)) = &function.result {
            asked.option("--result", format!("{symbol}={}", path.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::power::metered::Metering;
    use crate::power::{self, DutyCycle};
    use crate::target::select::On;
    use tinybench_inputs::subject::Metric;
    use tinybench_instruments::{Kind, Meter};

    fn request(what: What) -> Request {
        Request {
            board: "nano33".to_owned(),
            power: None,
            on: On::Auto,
            probe: None,
            what,
            shard: None,
            runs: limits::RUNS,
            vectors: VectorCount::Default,
            timeout: Duration::from_secs(60),
            duty_cycle: None,
            metering: None,
            layouts: None,
            opt: Opt::Speed,
            from_source: false,
            profile: false,
            commit: None,
        }
    }

    fn words(request: &Request) -> String {
        let choice = Choice::Virtual("no probe".to_owned());
        run(request, &choice).arguments.join(" ")
    }

    #[test]
    fn what_was_left_at_its_default_is_not_named() {
        let mut request = request(What::default());
        assert_eq!(words(&request), "--board nano33 --on virtual");
        // How long a window is depends on the instrument.
        for (meter, name, seconds, other) in [
            (Meter::Emulated(Kind::Ppk2), "emulated-ppk2", 1, 10),
            (Meter::Attached(Kind::Lpm01a, None), "lpm01a", 10, 1),
        ] {
            let mut with = |seconds| {
                request.metering = Some(Metering {
                    meter: meter.clone(),
                    supply_v: 3.0,
                    windows: metered::WINDOWS,
                    window: Duration::from_secs(seconds),
                    traces: PathBuf::new(),
                });
                words(&request)
            };
            let asked = format!("--board nano33 --on virtual --power-meter {name} --supply 3V");
            assert_eq!(with(seconds), asked);
            assert_eq!(with(other), format!("{asked} --window {other}s"));
        }
    }

    #[test]
    fn every_option_is_there_that_was_used() {
        let mut request = request(What {
            suite: Some("mlperf-tiny".to_owned()),
            workloads: vec!["mlperf-kws".to_owned(), "mlperf-ad".to_owned()],
            from: Some("models".to_owned()),
            data: Some(PathBuf::from("datasets")),
            ..What::default()
        });
        request.power = Some("ldo-1v8".to_owned());
        request.shard = "2/3".parse().ok();
        request.profile = true;
        request.runs = 3;
        request.vectors = VectorCount::All;
        request.timeout = Duration::from_secs(150);
        request.layouts = Some(4);
        request.opt = Opt::Size;
        request.from_source = true;
        request.duty_cycle = Some(DutyCycle {
            every: Duration::from_millis(1_500),
            cell: power::find("cr2032@-20C").ok(),
        });
        request.metering = Some(Metering {
            meter: Meter::Emulated(Kind::Ppk2),
            supply_v: 3.0,
            windows: 7,
            window: Duration::from_secs(2),
            traces: PathBuf::new(),
        });
        assert_eq!(
            words(&request),
            "--board nano33 --suite mlperf-tiny --workload mlperf-kws --workload mlperf-ad --from \
             models --data datasets --on virtual --power ldo-1v8 --runs 3 --vectors all --timeout \
             2m30s --layouts 4 --opt size --build --every 1s500ms --cell cr2032@-20C --power-meter emulated-ppk2 --supply 3V --windows 7 --window 2s --profile \
             --shard 2/3"
        );
    }

    #[test]
    fn models_of_the_user_are_named_with_what_was_given() {
        let mut request = request(What {
            models: vec!["a.tflite".into(), "b/a.tflite".into()],
            names: vec!["small".to_owned(), "large".to_owned()],
            inputs: Some("vectors".into()),
            steps: Some(20),
            labels: Some(("y.csv".into(), Metric::Top1)),
            runtimes: vec!["interpreter".to_owned()],
            ..What::default()
        });
        request.vectors = VectorCount::Count(7);
        assert_eq!(
            words(&request),
            "--board nano33 --model a.tflite --model b/a.tflite --name small --name large \
             --inputs vectors --steps 20 --labels y.csv --metric top1 --runtime interpreter --on virtual --vectors 7"
        );
    }
}
