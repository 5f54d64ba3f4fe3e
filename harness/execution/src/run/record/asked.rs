//! The commands that ask for a run again. They are made from what was asked of the run and not from the
//! command line, so that those of a sweep, of a run that was resumed and of a job that its scheduler
//! numbered are there as well.

use clap::ValueEnum;
use tinybench_inputs::subject::VectorCount;
use tinybench_inputs::suite::Suite;
use tinybench_record::Asked;

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
        duty_cycle,
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
    if let Some(duty_cycle) = duty_cycle {
        asked
            .option("--every", limits::time_text(duty_cycle.every))
            .options("--cell", duty_cycle.cell.map(|cell| cell.name));
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
        reference,
        inputs,
        steps,
        labels,
        stream,
        runtimes,
    } = what;
    asked
        .options("--suite", suite)
        .options("--workload", workloads)
        .options("--from", from)
        .paths("--data", data.as_deref())
        .paths("--model", models.iter().map(|it| it.as_path()))
        .paths("--reference", reference.as_deref())
        .paths("--inputs", inputs.as_deref())
        .options("--steps", steps)
        .paths("--labels", labels.as_ref().map(|(path, _)| path.as_path()));
    let metric = labels.as_ref().and_then(|(_, it)| it.to_possible_value());
    asked
        .options("--metric", metric.as_ref().map(|it| it.get_name()))
        .paths("--stream", stream.as_deref())
        .options("--runtime", runtimes);
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::power::{self, DutyCycle};
    use crate::target::select::On;
    use tinybench_inputs::subject::Metric;

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
        let words = words(&request(What::default()));
        assert_eq!(words, "--board nano33 --on virtual");
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
        request.duty_cycle = Some(DutyCycle {
            every: Duration::from_millis(1_500),
            cell: power::find("cr2032"),
        });
        assert_eq!(
            words(&request),
            "--board nano33 --suite mlperf-tiny --workload mlperf-kws --workload mlperf-ad --from \
             models --data datasets --on virtual --power ldo-1v8 --runs 3 --vectors all --timeout \
             2m30s --every 1s500ms --cell cr2032 --profile --shard 2/3"
        );
    }

    #[test]
    fn models_of_the_user_are_named_with_what_was_given() {
        let mut request = request(What {
            models: vec!["a.tflite".into(), "b/a.tflite".into()],
            inputs: Some("vectors".into()),
            steps: Some(20),
            labels: Some(("y.csv".into(), Metric::Top1)),
            runtimes: vec!["interpreter".to_owned()],
            ..What::default()
        });
        request.vectors = VectorCount::Count(7);
        assert_eq!(
            words(&request),
            "--board nano33 --model a.tflite --model b/a.tflite --inputs vectors --steps 20 \
             --labels y.csv --metric top1 --runtime interpreter --on virtual --vectors 7"
        );
    }
}
