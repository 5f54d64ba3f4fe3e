//! One side of a comparison: the results of one or more records.

use super::context::Context;
use crate::metrics::{Metric, Reading};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tinybench_record::reading::{Loaded, by_place};
use tinybench_record::{Board, ExecutionKind, Failure, RunResult};
use tinybench_support::order::median;

/// What tells results apart: what was run, and on what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The workload.
    pub workload: String,
    /// The inference engine.
    pub runtime: String,
    /// The board.
    pub board: String,
    /// Whether the board is a virtual one.
    pub is_virtual: bool,
}

/// One result, with the runs of all records that repeat it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is the result of.
    pub key: Key,
    /// How it was obtained.
    pub context: Context,
    /// The board it is from.
    pub board: Board,
    /// The newest record's result.
    pub result: RunResult,
    /// The record it is from.
    pub path: PathBuf,
    /// Results of the same image in the same context, from other records.
    pub repeats: Vec<RunResult>,
}

impl Entry {
    /// The value of `metric`, with the runs of all repeats if it is noisy.
    pub fn read(&self, metric: &Metric) -> Option<Reading> {
        let mut reading = metric.read(&self.board, &self.result)?;
        if !reading.noisy || self.repeats.is_empty() {
            return Some(reading);
        }
        let all = |reading: Reading| match reading.samples.is_empty() {
            true => vec![reading.value],
            false => reading.samples,
        };
        reading.samples = all(reading.clone());
        for repeat in &self.repeats {
            if let Some(more) = metric.read(&self.board, repeat) {
                reading.samples.extend(all(more));
            }
        }
        reading.value = median(&reading.samples)?;
        Some(reading)
    }
}

/// What couldn't be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedEntry {
    /// How it failed.
    pub failure: Failure,
    /// The board.
    pub board: String,
    /// Whether the board is a virtual one.
    pub is_virtual: bool,
    /// The record it is from.
    pub path: PathBuf,
}

impl FailedEntry {
    /// Whether it stands for a result of `key`. Where the runtime wasn't known, it stands for those
    /// on every runtime.
    pub fn covers(&self, key: &Key) -> bool {
        let runtime = self.failure.runtime_name();
        self.failure.workload == key.workload
            && runtime.is_none_or(|runtime| runtime == key.runtime)
            && (&self.board, self.is_virtual) == (&key.board, key.is_virtual)
    }

    /// Whether both stand for the same.
    pub fn overlaps(&self, other: &Self) -> bool {
        let runtimes = (self.failure.runtime_name(), other.failure.runtime_name());
        let same_runtime = match runtimes {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same_runtime
            && (&self.failure.workload, &self.board, self.is_virtual)
                == (&other.failure.workload, &other.board, other.is_virtual)
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// As the user named it.
    pub name: String,
    /// The results, in the order of workloads and runtimes.
    pub entries: Vec<Entry>,
    /// What failed, in the order of workloads and runtimes.
    pub failures: Vec<FailedEntry>,
    /// Results that a newer record of the same thing replaces.
    pub replaced: usize,
}

impl Side {
    /// The side that `records` make.
    ///
    /// Of several results of one workload, runtime and board the newest counts, together with those
    /// of the same image in the same context, whose runs are added to its own. If it failed since,
    /// that it failed counts; if it didn't fail any more, that it failed is forgotten.
    pub fn new(name: impl Into<String>, records: &[Loaded]) -> Self {
        let (groups, failures) = gather(records);
        let mut side = Self {
            name: name.into(),
            entries: Vec::new(),
            failures: Vec::new(),
            replaced: 0,
        };
        // Whether a failure counts, if there are results that it stands for.
        let mut counts: Vec<Option<bool>> = vec![None; failures.len()];
        for (key, mut group) in groups {
            group.sort_by(|a, b| age((a.0, &a.1.path), (b.0, &b.1.path)));
            let Some((started, mut newest)) = group.pop() else {
                continue;
            };
            let mut has_failed_since = false;
            for (counts, (failed, failure)) in counts.iter_mut().zip(&failures) {
                if failure.covers(&key) {
                    let newer = age((*failed, &failure.path), (started, &newest.path));
                    // In one record both stand for themselves.
                    *counts = Some(newer.is_ge() || *counts == Some(true));
                    has_failed_since |= newer.is_gt();
                }
            }
            if has_failed_since {
                side.replaced += 1 + group.len();
                continue;
            }
            for (_, other) in group {
                if other.context == newest.context
                    && other.result.firmware == newest.result.firmware
                {
                    newest.repeats.push(other.result);
                } else {
                    side.replaced += 1;
                }
            }
            side.entries.push(newest);
        }
        for (index, (_, failure)) in failures.iter().enumerate() {
            let mut later = failures.iter().skip(index + 1);
            let is_newest = !later.any(|(_, later)| later.overlaps(failure));
            if is_newest && counts[index] != Some(false) {
                side.failures.push(failure.clone());
            }
        }
        let order = |it: &FailedEntry| {
            let runtime = it.failure.runtime_name().map(str::to_owned);
            (it.failure.workload.clone(), runtime, it.board.clone())
        };
        side.failures.sort_by_key(order);
        side
    }
}

/// The results of each key, and the failures with the oldest first; each with the time of its run.
type Gathered = (
    BTreeMap<Key, Vec<(Timestamp, Entry)>>,
    Vec<(Timestamp, FailedEntry)>,
);

fn gather(records: &[Loaded]) -> Gathered {
    let mut groups: BTreeMap<Key, Vec<(Timestamp, Entry)>> = BTreeMap::new();
    let mut failures = Vec::new();
    for Loaded { path, record } in records {
        let started = record.started_at.parse().unwrap_or(Timestamp::MIN);
        let is_virtual = record.execution.kind == ExecutionKind::Virtual;
        for result in &record.results {
            let key = Key {
                workload: result.workload.clone(),
                runtime: result.runtime.name.clone(),
                board: record.board.name.clone(),
                is_virtual,
            };
            let entry = Entry {
                key: key.clone(),
                context: Context::of(record, result),
                board: record.board.clone(),
                result: result.clone(),
                path: path.clone(),
                repeats: Vec::new(),
            };
            groups.entry(key).or_default().push((started, entry));
        }
        for failure in &record.failures {
            let failure = FailedEntry {
                failure: failure.clone(),
                board: record.board.name.clone(),
                is_virtual,
                path: path.clone(),
            };
            failures.push((started, failure));
        }
    }
    failures.sort_by(|a, b| age((a.0, &a.1.path), (b.0, &b.1.path)));
    (groups, failures)
}

/// Which of two runs was first, by time and place of their records.
fn age(a: (Timestamp, &Path), b: (Timestamp, &Path)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| by_place(a.1, b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::{example, with_failures};
    use tinybench_record::{Fidelity, RunRecord};

    fn loaded(name: &str, record: RunRecord) -> Loaded {
        Loaded {
            path: name.into(),
            record,
        }
    }

    #[test]
    fn repeats_of_one_image_add_their_runs_and_older_images_are_replaced() {
        let mut first = example();
        first.results[0].latency.fidelity = Fidelity::Measured;
        let mut repeat = first.clone();
        repeat.started_at = "2026-01-03T00:00:00Z".to_owned();
        let mut older = first.clone();
        older.started_at = "2025-12-31T00:00:00Z".to_owned();
        older.results[0].firmware.as_mut().unwrap().sha256 = "f".repeat(64);
        let side = Side::new(
            "results",
            &[
                loaded("b.json", repeat),
                loaded("a.json", first),
                loaded("c.json", older),
            ],
        );
        assert_eq!((side.entries.len(), side.replaced), (1, 1));
        let cycles = Metric::find("cycles").unwrap();
        assert_eq!(side.entries[0].read(cycles).unwrap().samples.len(), 6);
        assert_eq!(side.entries[0].path, PathBuf::from("b.json"));
    }

    #[test]
    fn exact_values_are_those_of_the_newest_record() {
        let mut newer = example();
        newer.started_at = "2026-01-03T00:00:00Z".to_owned();
        let side = Side::new(
            "results",
            &[loaded("b.json", newer), loaded("a.json", example())],
        );
        let cycles = Metric::find("cycles").unwrap();
        assert_eq!(side.entries[0].read(cycles).unwrap().samples.len(), 3);
    }

    /// A record of this time with `kws` measured, or failed.
    fn at(time: &str, fails: bool) -> RunRecord {
        let mut record = example();
        record.started_at = format!("2026-01-{time}T00:00:00Z");
        if fails {
            record.results.clear();
            record.failures = with_failures().failures;
            record.failures.truncate(1);
            record.failures[0].workload = "kws".to_owned();
        }
        record
    }

    #[test]
    fn the_newest_run_says_whether_a_workload_failed() {
        let counts = |records: &[(&str, RunRecord)]| {
            let loaded: Vec<_> = records.iter().map(|(n, r)| loaded(n, r.clone())).collect();
            let side = Side::new("results", &loaded);
            (side.entries.len(), side.failures.len(), side.replaced)
        };
        let (good, bad) = (at("01", false), at("02", true));
        assert_eq!(
            counts(&[("a.json", good.clone()), ("b.json", bad.clone())]),
            (0, 1, 1)
        );
        let mended = at("03", false);
        assert_eq!(
            counts(&[("c.json", mended.clone()), ("b.json", bad.clone())]),
            (1, 0, 0)
        );
        let again = at("04", true);
        assert_eq!(
            counts(&[("b.json", bad.clone()), ("d.json", again)]),
            (0, 1, 0)
        );
        // Of one second, the number of the file tells.
        let mut same = at("02", false);
        same.started_at.clone_from(&bad.started_at);
        assert_eq!(
            counts(&[("b-2.json", same.clone()), ("b.json", bad.clone())]),
            (1, 0, 0)
        );
        assert_eq!(
            counts(&[("b.json", same), ("b-2.json", bad.clone())]),
            (0, 1, 1)
        );
        // A model that can't be read fails on every runtime.
        let mut unread = bad.clone();
        unread.failures[0].runtime = None;
        assert_eq!(
            counts(&[("a.json", good), ("b.json", unread.clone())]),
            (0, 1, 1)
        );
        assert_eq!(
            counts(&[("b.json", unread.clone()), ("c.json", mended)]),
            (1, 0, 0)
        );
        assert_eq!(counts(&[("b.json", unread), ("b-2.json", bad)]), (0, 1, 0));
    }

    #[test]
    fn results_and_failures_of_one_record_stand_beside_each_other() {
        let side = Side::new("results", &[loaded("a.json", with_failures())]);
        let failed: Vec<_> = side
            .failures
            .iter()
            .map(|it| it.failure.workload.as_str())
            .collect();
        assert_eq!((side.entries.len(), failed), (1, vec!["ic", "vww"]));
    }
}
