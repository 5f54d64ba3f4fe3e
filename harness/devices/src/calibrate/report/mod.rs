//! What a calibration found, as `results/calibration.schema.json` describes it.

mod view;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calibrate::benchmarks::Benchmark;
use crate::calibrate::counts::Counts;
use tinybench_record::Fidelity;

/// The `schema` field of the reports this version writes.
pub const SCHEMA: &str = "tinybench.calibration/1";

/// A calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `tinybench.calibration/1`.
    #[schemars(regex(pattern = r"^tinybench\.calibration/1$"))]
    pub schema: String,
    /// Version of tinybench.
    pub tinybench: String,
    /// The board.
    pub board: ReportedBoard,
    /// SHA-256 of the image, hexadecimal.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub firmware_sha256: String,
    /// What was measured. Absent if there was no probe: then there are modelled counts alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<ReportedTarget>,
    /// The rules, in the order of the benchmarks.
    pub rules: Vec<RuleSummary>,
    /// The benchmarks.
    pub benchmarks: Vec<Row>,
    /// What else has to be said of the counts.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Parameters fitted to the measurement, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit: Option<FitReport>,
}

/// The board, as its file describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedBoard {
    /// Its name.
    pub name: String,
    /// The chip, as probe-rs spells it.
    pub chip: String,
    /// Clock of the core, Hz.
    pub clock_hz: u64,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedTarget {
    /// The probe.
    pub probe: String,
    /// `measured` on a real board; `modelled` if the probe leads to another virtual board, which
    /// the board itself tells.
    pub fidelity: Fidelity,
}

/// One benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The rule it tests, as `docs/timing-rules.md` names it.
    pub rule: String,
    /// On the target.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measured: Option<Counts>,
    /// On the virtual board.
    pub modelled: Counts,
    /// Modelled less measured cycles.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub difference: Option<i64>,
    /// What that means.
    pub verdict: Verdict,
}

/// What a comparison of two counts means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The model takes as many cycles as the target.
    Agrees,
    /// It doesn't.
    Differs,
    /// The target's own count varies.
    Unstable,
    /// Nothing was measured.
    NotMeasured,
}

/// The benchmarks of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSummary {
    /// The rule, as `docs/timing-rules.md` names it.
    pub rule: String,
    /// How many benchmarks test it.
    pub benchmarks: usize,
    /// How many agree.
    pub agree: usize,
    /// How many differ.
    pub differ: usize,
    /// How many are unstable.
    pub unstable: usize,
    /// The largest difference, in cycles, with its sign.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub largest_difference: Option<i64>,
}

/// Parameters that were fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FitReport {
    /// Each parameter there is.
    pub parameters: Vec<FittedParameter>,
    /// Benchmarks that were fitted to: all that are stable.
    pub benchmarks: usize,
    /// How many of them still differ.
    pub still_differ: usize,
    /// Sum of the absolute differences before, cycles.
    pub error_before: u64,
    /// The same of what is left.
    pub error_after: u64,
    /// The largest difference that is left, cycles.
    pub largest_after: u64,
    /// Names of the benchmarks that still differ.
    pub differing: Vec<String>,
}

/// One parameter of the cycle model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FittedParameter {
    /// Its name in a board file's `[virtual.timing]`.
    pub name: String,
    /// Its value before.
    pub before: u32,
    /// Its value now.
    pub fitted: u32,
    /// Whether the benchmarks tell its value.
    pub identified: Identified,
    /// If not alone: together with which others.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub together_with: Vec<String>,
    /// How many benchmarks change with it.
    pub benchmarks: usize,
}

/// Whether benchmarks tell a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Identified {
    /// Any other value fits worse, whatever the other parameters are.
    Yes,
    /// Others can make up for it: only a combination is told.
    Together,
    /// No benchmark changes with it: it stays as it was.
    No,
}

/// Names of the event counters, in the order of a row's counts.
const EVENTS: [&str; 4] = ["CPICNT", "EXCCNT", "LSUCNT", "FOLDCNT"];

impl Counts {
    fn events(&mut self) -> [&mut Option<i64>; 4] {
        [
            &mut self.cpi,
            &mut self.exception,
            &mut self.load_store,
            &mut self.folded,
        ]
    }
}

/// Takes out event counters that are 0 whatever runs, and says which.
pub fn drop_dead_counters(measured: &mut [Counts]) -> Vec<String> {
    let mut notes = Vec::new();
    for (index, name) in EVENTS.into_iter().enumerate() {
        let mut seen = measured
            .iter_mut()
            .filter_map(|counts| *counts.events()[index])
            .peekable();
        let dead = seen.peek().is_some() && seen.all(|count| count == 0);
        if dead {
            for counts in measured.iter_mut() {
                *counts.events()[index] = None;
            }
            notes.push(format!(
                "{name} doesn't count on the target; it is left out."
            ));
        }
    }
    notes
}

/// Compares what was measured, if anything was, with what the model says.
pub fn rows(
    benchmarks: &[Benchmark],
    measured: Option<&[Counts]>,
    modelled: &[Counts],
) -> Vec<Row> {
    let compare = |index: usize, benchmark: &Benchmark, modelled: &Counts| {
        let measured = measured.and_then(|measured| measured.get(index));
        let difference = measured.map(|it| modelled.cycles - it.cycles);
        let verdict = match (measured, difference) {
            (Some(measured), _) if !measured.stable() => Verdict::Unstable,
            (Some(_), Some(0)) => Verdict::Agrees,
            (Some(_), _) => Verdict::Differs,
            (None, _) => Verdict::NotMeasured,
        };
        Row {
            name: benchmark.name.clone(),
            rule: benchmark.rule.replace('`', ""),
            measured: measured.cloned(),
            modelled: modelled.clone(),
            difference,
            verdict,
        }
    };
    benchmarks
        .iter()
        .zip(modelled)
        .enumerate()
        .map(|(index, (benchmark, modelled))| compare(index, benchmark, modelled))
        .collect()
}

/// One summary for each rule.
pub fn rules(rows: &[Row]) -> Vec<RuleSummary> {
    let mut rules: Vec<RuleSummary> = Vec::new();
    for row in rows {
        let at = rules.iter().position(|known| known.rule == row.rule);
        let at = at.unwrap_or_else(|| {
            rules.push(RuleSummary {
                rule: row.rule.clone(),
                benchmarks: 0,
                agree: 0,
                differ: 0,
                unstable: 0,
                largest_difference: None,
            });
            rules.len() - 1
        });
        let summary = &mut rules[at];
        summary.benchmarks += 1;
        match row.verdict {
            Verdict::Agrees => summary.agree += 1,
            Verdict::Differs => summary.differ += 1,
            Verdict::Unstable => summary.unstable += 1,
            Verdict::NotMeasured => {}
        }
        if row.verdict != Verdict::Unstable {
            summary.largest_difference = [summary.largest_difference, row.difference]
                .into_iter()
                .flatten()
                .max_by_key(|difference| difference.abs());
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::sequence::Sequence;
    use tinybench_record::schema;

    fn benchmark(name: &str, rule: &'static str) -> Benchmark {
        let sequence = Sequence::new(Vec::new());
        Benchmark {
            name: name.to_owned(),
            rule,
            control: sequence.clone(),
            sequence,
        }
    }

    fn counts(cycles: i64, spread: i64) -> Counts {
        Counts {
            cycles,
            cycles_min: cycles,
            cycles_max: cycles + spread,
            cpi: Some(0),
            exception: Some(0),
            load_store: Some(cycles),
            folded: None,
        }
    }

    #[test]
    fn the_schema_is_published() {
        schema::assert_published(
            "calibration.schema.json",
            &schema::text::<Report>("tinybench calibration report"),
        );
    }

    #[test]
    fn rows_are_judged_and_summed_up_by_rule() {
        let benchmarks = [
            benchmark("a/1", "`A`"),
            benchmark("a/2", "`A`"),
            benchmark("b/1", "b"),
            benchmark("a/3", "`A`"),
        ];
        let modelled = [counts(3, 0), counts(4, 0), counts(5, 0), counts(6, 0)];
        let measured = [counts(3, 0), counts(7, 0), counts(9, 1), counts(5, 0)];
        let judged = rows(&benchmarks, Some(&measured), &modelled);
        let verdicts: Vec<_> = judged.iter().map(|row| row.verdict).collect();
        use Verdict::{Agrees, Differs, Unstable};
        assert_eq!(verdicts, [Agrees, Differs, Unstable, Differs]);
        let summaries = rules(&judged);
        assert_eq!(
            summaries[0],
            RuleSummary {
                rule: "A".to_owned(),
                benchmarks: 3,
                agree: 1,
                differ: 2,
                unstable: 0,
                largest_difference: Some(-3),
            }
        );
        assert_eq!(
            (summaries[1].unstable, summaries[1].largest_difference),
            (1, None)
        );
        let alone = rows(&benchmarks, None, &modelled);
        assert!(alone.iter().all(|row| row.verdict == Verdict::NotMeasured));
    }

    #[test]
    fn a_counter_that_is_always_zero_is_left_out() {
        let mut measured = [counts(3, 0), counts(4, 0)];
        let notes = drop_dead_counters(&mut measured);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].starts_with("CPICNT"), "{notes:?}");
        assert_eq!((measured[0].cpi, measured[0].load_store), (None, Some(3)));
    }
}
