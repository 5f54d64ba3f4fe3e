//! Power with a duty cycle, and how long a cell lasts.

use super::{Grid, NONE, mark};
use tinybench_record::{Power, RunResult};
use tinybench_support::number::{decimal, lifetime_range, milliwatts};
use tinybench_support::printable::printable;

/// What an instrument told of a result's energy, if one did: a sentence.
pub(super) fn metered(result: &RunResult) -> Option<String> {
    let energy = result.energy.as_ref()?;
    let metered = energy.metered.as_ref()?;
    let uj = |value: f64| mark(energy.fidelity, &decimal(value));
    let mw = |value: f64| format!("{} mW", mark(energy.fidelity, &milliwatts(value)));
    let interval = metered.interval_uj.map_or(String::new(), |[low, high]| {
        format!(", 95 % confidence {} to {} µJ", uj(low), uj(high))
    });
    let idle = metered
        .idle_mw
        .map_or(String::new(), |idle| format!(", {} between them", mw(idle)));
    let stages = metered.stages.as_ref().map_or(String::new(), |stages| {
        let stages = stages.named().map(|(name, stage)| {
            let interval = stage.interval_uj.map_or(String::new(), |[low, high]| {
                format!(" ({} to {})", uj(low), uj(high))
            });
            format!("{name} {} µJ{interval}", uj(stage.uj))
        });
        format!(" By stage: {}.", stages.join(", "))
    });
    Some(format!(
        "Energy of {} by {} at {} V{interval}: {} windows of {} inferences, {} on average and {} at \
         most{idle}.{stages}",
        result.workload,
        printable(&metered.instrument),
        metered.supply_v,
        metered.windows_uj.len(),
        metered.inferences,
        mw(energy.mean_mw),
        mw(metered.peak_mw),
    ))
}

/// Power of all results that have it; `None` if none has.
pub(super) fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = results.iter().filter_map(row).collect();
    let headings = [
        "workload",
        "every s",
        "duty %",
        "use mW",
        "rest mW",
        "mean mW",
        // A space that keeps the two together.
        "below 1\u{a0}mW",
        "cell",
        "life",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

fn row(result: &RunResult) -> Option<Vec<String>> {
    let power: &Power = result.power.as_ref()?;
    let shown = |value: f64| mark(power.fidelity, &milliwatts(value));
    let cell = power.cell.as_ref();
    Some(vec![
        result.workload.clone(),
        format!("{}", power.interval_s),
        // The duty is as sure as the latency it is made of.
        mark(result.latency.fidelity, &decimal(power.duty_cycle * 100.0)),
        shown(power.active_mw),
        shown(power.idle_mw),
        shown(power.mean_mw),
        match power.below_1_mw {
            true => "yes".to_owned(),
            false => "no".to_owned(),
        },
        cell.map_or(NONE.to_owned(), |cell| cell.title()),
        cell.map_or(NONE.to_owned(), |cell| {
            mark(power.fidelity, &lifetime_range(cell.range_hours()))
        }),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::{example, with_metered, with_stages};

    #[test]
    fn what_an_instrument_told_is_a_sentence() {
        assert_eq!(metered(&example().results[0]), None);
        assert_eq!(
            metered(&with_metered().results[0]).unwrap(),
            "Energy of kws by Nordic Power Profiler Kit II at 3 V, 95 % confidence 1,193 to 1,447 µJ: 2 windows of \
             73 inferences, 9.680 mW on average and 14.10 mW at most, 0.9000 mW between them."
        );
    }

    #[test]
    fn energies_by_stage_have_their_intervals() {
        let told = metered(&with_stages().results[0]).unwrap();
        let stages = " By stage: preprocess 310.0 µJ (297.3 to 322.7), inference 1,000 µJ (872.9 to 1,127), \
                      postprocess 10.00 µJ.";
        assert!(told.ends_with(stages), "{told}");
    }

    #[test]
    fn a_result_with_power_has_a_row_and_others_have_none() {
        let mut record = example();
        assert!(grid(&record.results).is_none());
        let text = include_str!("../../../../targets/boards/nano33.toml");
        let path = std::path::Path::new("nano33.toml");
        let board = tinybench_inputs::board::Board::parse(text, path)
            .unwrap()
            .board;
        let duty_cycle = tinybench_execution::power::DutyCycle {
            every: std::time::Duration::from_millis(1_500),
            cell: tinybench_execution::power::find("lipo100").ok(),
        };
        let power = duty_cycle
            .power("kws", 140_628.125, &board.power.unwrap())
            .unwrap();
        record.results[0].power = Some(power);
        let table = super::super::render(&record, None, 120, false);
        let shown: Vec<_> = table
            .lines()
            .skip_while(|line| !line.contains("duty"))
            .take_while(|line| !line.is_empty())
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
