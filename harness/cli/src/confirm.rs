//! Running again what seems to have become worse, before it counts.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use probe_rs::probe::DebugProbeSelector;

use tinybench_analysis::compare::{
    Candidate, Comparison, Entry, Gate, MetricChange, Side, Verdict, judge, matches,
};
use tinybench_analysis::metrics::Metric;
use tinybench_record::reading;
use tinybench_record::{Fidelity, InputSource, RunRecord, RunResult};
use tinybench_support::exit::Failure;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{self, WriteError};
use tinybench_support::interrupt;

/// What is compared, and how often regressions are run again.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// The base.
    pub base: &'a Side,
    /// The others, in the order of the comparison's candidates.
    pub others: &'a [Side],
    /// Limits and noise floors.
    pub gate: &'a Gate,
    /// How often.
    pub times: u32,
}

/// Why a result can't be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The record doesn't hold what was run.
    #[error(
        "{workload} can't be run again: it was run with --model or by a device, and a record \
         doesn't hold the model; run it by hand, or compare without --confirm"
    )]
    NotAWorkload {
        /// The workload.
        workload: String,
    },
    /// What would be run is something else by now.
    #[error(
        "{workload} can't be confirmed: the project now builds another image than the one the \
         record is of; check out what it was built from ({commit}), or run again and compare that"
    )]
    OtherImage {
        /// The workload.
        workload: String,
        /// The commit in the record.
        commit: String,
    },
    /// The run failed; it has said why.
    #[error("{workload} can't be confirmed: running it again failed")]
    Failed {
        /// The workload.
        workload: String,
        /// How the run ended.
        exit: Exit,
    },
    /// The run's process or its record is not to be had.
    #[error("{workload} can't be confirmed: {reason}")]
    NoRecord {
        /// The workload.
        workload: String,
        /// Why.
        reason: String,
    },
}

impl Exits for ConfirmError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotAWorkload { .. } | Self::OtherImage { .. } => Exit::Input,
            Self::Failed { exit, .. } => *exit,
            Self::NoRecord { .. } => Exit::Output,
        }
    }
}

/// Runs each result of `comparison` that has a regression of a noisy metric again, as often as
/// asked for. A regression that isn't there every time becomes unclear. Exact metrics would come
/// out the same and aren't run again.
pub fn confirm(
    comparison: &mut Comparison,
    confirmation: &Confirmation,
    rerun: &mut dyn FnMut(&Entry) -> Result<RunRecord, Failure>,
) -> Result<(), Failure> {
    for (candidate, new) in comparison.candidates.iter_mut().zip(confirmation.others) {
        for (base, entry) in matches(confirmation.base, new).pairs {
            confirm_result(candidate, confirmation, base, entry, rerun)?;
        }
        candidate.recount();
    }
    Ok(())
}

fn confirm_result(
    candidate: &mut Candidate,
    confirmation: &Confirmation,
    base: &Entry,
    entry: &Entry,
    rerun: &mut dyn FnMut(&Entry) -> Result<RunRecord, Failure>,
) -> Result<(), Failure> {
    let key = &base.key;
    let Some(result) = candidate.results.iter_mut().find(|result| {
        (
            &result.workload,
            &result.runtime,
            &result.board,
            result.is_virtual,
        ) == (&key.workload, &key.runtime, &key.board, key.is_virtual)
    }) else {
        return Ok(());
    };
    for round in 1..=confirmation.times {
        let mut open: Vec<_> = result
            .metrics
            .iter_mut()
            .filter(|change| change.verdict == Verdict::Regression && is_noisy(change))
            .collect();
        if open.is_empty() {
            break;
        }
        interrupt::check()?;
        eprintln!(
            "{}: running again, {round} of {}",
            entry.key.workload, confirmation.times
        );
        let again = again(entry, rerun(entry)?)?;
        for change in &mut open {
            let metric = Metric::find(change.metric).ok();
            let values = metric.and_then(|m| Some((m, base.read(m)?, again.read(m)?)));
            let Some((metric, old, new)) = values else {
                continue;
            };
            let limit = confirmation.gate.limit(&key.workload, metric);
            let floor = confirmation
                .gate
                .floor(metric, new.noisy, [&base.result, &entry.result]);
            let judged = judge(metric, change.shown_in, &old, &new, limit, floor);
            if judged.verdict != Verdict::Regression {
                change.verdict = Verdict::Unclear;
                change.reason = Some(format!("not there when run again ({round})"));
            }
        }
    }
    Ok(())
}

/// Whether another run would give another value.
fn is_noisy(change: &MetricChange) -> bool {
    change.statistics.is_some() || change.new_fidelity == Some(Fidelity::Measured)
}

/// The result of a repeated run, which must be of the same image.
fn again(entry: &Entry, record: RunRecord) -> Result<Entry, Failure> {
    let commit = record.tinybench.commit.clone();
    let side = Side::new(
        "again",
        &[reading::Loaded {
            path: entry.path.clone(),
            record,
        }],
    );
    let found = side
        .entries
        .into_iter()
        .find(|again| again.key == entry.key && again.result.firmware == entry.result.firmware);
    Ok(found.ok_or(ConfirmError::OtherImage {
        workload: entry.key.workload.clone(),
        commit: match commit {
            Some(commit) => format!("it is at {commit} now"),
            None => "its commit isn't known".to_owned(),
        },
    })?)
}

/// Runs what `entry` is a result of once more, with the command it was run with: `tinybench run` as
/// a process of its own, whose progress is on stderr.
pub fn rerun(
    entry: &Entry,
    project: Option<&Path>,
    probe: Option<&DebugProbeSelector>,
) -> Result<RunRecord, Failure> {
    let workload = || entry.key.workload.clone();
    let no_record = |reason: String| ConfirmError::NoRecord {
        workload: workload(),
        reason,
    };
    if entry.result.inputs.source != InputSource::Workload {
        return Err(ConfirmError::NotAWorkload {
            workload: workload(),
        }
        .into());
    }
    let folder = tempfile::tempdir().map_err(WriteError::of(&std::env::temp_dir()))?;
    let out = folder.path().join("record.json");
    let program = std::env::current_exe().map_err(|e| no_record(e.to_string()))?;
    let mut command = Command::new(program);
    command.args(arguments(
        &entry.key.board,
        entry.key.is_virtual,
        &entry.result,
    ));
    command.arg("--out").arg(&out);
    if let Some(project) = project {
        command.arg("--project").arg(project);
    }
    if let Some(probe) = probe {
        command.arg("--probe").arg(probe.to_string());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = interrupt::spawn(&mut command).and_then(|(mut child, _watched)| child.wait());
    let status = status.map_err(|e| no_record(e.to_string()))?;
    interrupt::check()?;
    if !status.success() {
        let exit = status.code().and_then(Exit::from_code);
        return Err(ConfirmError::Failed {
            workload: workload(),
            exit: exit.unwrap_or(Exit::Target),
        }
        .into());
    }
    let text = files::read(&out, reading::MAX_RECORD_BYTES)?;
    Ok(reading::parse(&text).map_err(no_record)?)
}

/// The arguments of `tinybench run` that repeat a run on `board`.
fn arguments(board: &str, is_virtual: bool, result: &RunResult) -> Vec<OsString> {
    let on = if is_virtual { "virtual" } else { "probe" };
    let runs = result.latency.cycles.len().to_string();
    let vectors = result.outputs.as_ref().map_or(1, |outputs| outputs.vectors);
    let vectors = vectors.max(1);
    // In one word each, so that a name from a record can't be taken for an option.
    [
        "run".to_owned(),
        format!("--board={board}"),
        format!("--on={on}"),
        format!("--workload={}", result.workload),
        format!("--runtime={}", result.runtime.name),
        format!("--runs={runs}"),
        format!("--vectors={vectors}"),
    ]
    .into_iter()
    .map(OsString::from)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_analysis::compare::{LEAST_RUNS, compare};
    use tinybench_record::example::example;
    use tinybench_record::{ExecutionKind, Fidelity};

    /// A measured record whose runs are around `level` cycles.
    fn measured(level: u32) -> RunRecord {
        let mut record = example();
        record.execution.kind = ExecutionKind::Probe;
        let latency = &mut record.results[0].latency;
        latency.fidelity = Fidelity::Measured;
        latency.cycles = (0..2 * LEAST_RUNS as u32).map(|i| level + i % 3).collect();
        latency.median_cycles = tinybench_support::order::median(&latency.cycles).unwrap();
        latency.median_us = latency.median_cycles / 64.0;
        (latency.min_cycles, latency.max_cycles) = (level, level + 2);
        record.results[0].energy = None;
        record
    }

    fn side(record: RunRecord) -> Side {
        let path = "record.json".into();
        Side::new("side", &[reading::Loaded { path, record }])
    }

    /// Compares 1,000,000 with 1,100,000 cycles and confirms with reruns of these levels. Returns
    /// how many regressions stay, how many reruns there were, and what was said of the latency.
    fn confirmed(levels: &[u32]) -> (usize, usize, Option<String>) {
        let base = side(measured(1_000_000));
        let others = [side(measured(1_100_000))];
        let gate = Gate::default();
        let mut comparison = compare(&base, &others, &gate, &[]).unwrap();
        assert_eq!(comparison.regressions().len(), 1);
        let confirmation = Confirmation {
            base: &base,
            others: &others,
            gate: &gate,
            times: levels.len() as u32,
        };
        let mut reruns = 0;
        confirm(&mut comparison, &confirmation, &mut |_| {
            reruns += 1;
            Ok(measured(levels[reruns - 1]))
        })
        .unwrap();
        let latency = &comparison.candidates[0].results[0].metrics[0];
        (
            comparison.regressions().len(),
            reruns,
            latency.reason.clone(),
        )
    }

    #[test]
    fn a_regression_that_is_there_every_time_counts() {
        assert_eq!(confirmed(&[1_100_000, 1_090_000]), (1, 2, None));
    }

    #[test]
    fn one_that_goes_away_does_not_and_is_not_run_on() {
        let reason = Some("not there when run again (2)".to_owned());
        assert_eq!(
            confirmed(&[1_100_000, 1_000_000, 1_100_000]),
            (0, 2, reason)
        );
    }

    #[test]
    fn exact_regressions_are_not_run_again() {
        let base = side(example());
        let mut record = example();
        record.results[0].flash.as_mut().unwrap().total_bytes += 4;
        let others = [side(record)];
        let gate = Gate::default();
        let mut comparison = compare(&base, &others, &gate, &[]).unwrap();
        let confirmation = Confirmation {
            base: &base,
            others: &others,
            gate: &gate,
            times: 3,
        };
        confirm(&mut comparison, &confirmation, &mut |_| {
            panic!("nothing is to be run")
        })
        .unwrap();
        assert_eq!(comparison.regressions().len(), 1);
    }

    #[test]
    fn another_image_confirms_nothing() {
        let entry = side(measured(5)).entries.remove(0);
        let mut record = measured(5);
        record.results[0].firmware.as_mut().unwrap().sha256 = "e".repeat(64);
        let error = again(&entry, record).unwrap_err();
        assert_eq!(error.exit(), Exit::Input);
        assert!(
            error.to_string().contains("builds another image"),
            "{error}"
        );
    }

    #[test]
    fn a_run_is_repeated_with_its_own_settings() {
        let record = measured(7);
        let arguments = arguments("nano33", false, &record.results[0]);
        let text: Vec<_> = arguments.iter().map(|a| a.to_str().unwrap()).collect();
        assert_eq!(
            text.join(" "),
            "run --board=nano33 --on=probe --workload=kws --runtime=interpreter --runs=12 \
             --vectors=48"
        );
    }
}
