//! One side of a comparison: the results of one or more records.

use super::context::Context;
use crate::metrics::{Metric, Reading};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tinybench_record::reading::{Loaded, by_place};
use tinybench_record::{Board, ExecutionKind, RunResult};
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

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// As the user named it.
    pub name: String,
    /// The results, in the order of workloads and runtimes.
    pub entries: Vec<Entry>,
    /// Results that a newer record of the same thing replaces.
    pub replaced: usize,
}

impl Side {
    /// The side that `records` make.
    ///
    /// Of several results of one workload, runtime and board the newest counts, together with those
    /// of the same image in the same context, whose runs are added to its own.
    pub fn new(name: impl Into<String>, records: &[Loaded]) -> Self {
        let mut groups: BTreeMap<Key, Vec<(Timestamp, Entry)>> = BTreeMap::new();
        for Loaded { path, record } in records {
            let started = record.started_at.parse().unwrap_or(Timestamp::MIN);
            for result in &record.results {
                let key = Key {
                    workload: result.workload.clone(),
                    runtime: result.runtime.name.clone(),
                    board: record.board.name.clone(),
                    is_virtual: record.execution.kind == ExecutionKind::Virtual,
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
        }
        let mut side = Self {
            name: name.into(),
            entries: Vec::new(),
            replaced: 0,
        };
        for mut group in groups.into_values() {
            group.sort_by(|a, b| {
                let by_start = a.0.cmp(&b.0);
                by_start.then_with(|| by_place(&a.1.path, &b.1.path))
            });
            let Some((_, mut newest)) = group.pop() else {
                continue;
            };
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
        side
    }
}

/// How the results of two sides belong together.
#[derive(Debug, Default)]
pub struct Matches<'a> {
    /// Results of the same workload.
    pub pairs: Vec<(&'a Entry, &'a Entry)>,
    /// Results of the base that the other side doesn't have.
    pub only_base: Vec<&'a Entry>,
    /// Results that the base doesn't have.
    pub only_new: Vec<&'a Entry>,
}

/// Brings the results of two sides together: those with the same key, then, of what is left, those
/// of a workload that each side has only once more.
pub fn matches<'a>(base: &'a Side, new: &'a Side) -> Matches<'a> {
    let mut found = Matches::default();
    let mut rest: Vec<&Entry> = new.entries.iter().collect();
    let mut unmatched = Vec::new();
    for entry in &base.entries {
        match rest.iter().position(|other| other.key == entry.key) {
            Some(at) => found.pairs.push((entry, rest.remove(at))),
            None => unmatched.push(entry),
        }
    }
    for entry in &unmatched {
        let same = |other: &&Entry| other.key.workload == entry.key.workload;
        let alone = unmatched.iter().copied().filter(same).count() == 1;
        let mut others = rest
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, other)| same(other));
        match (others.next(), others.next()) {
            (Some((at, other)), None) if alone => {
                found.pairs.push((entry, other));
                rest.remove(at);
            }
            _ => found.only_base.push(entry),
        }
    }
    found.only_new = rest;
    found.pairs.sort_by(|a, b| a.0.key.cmp(&b.0.key));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;
    use tinybench_record::{Fidelity, RunRecord};

    fn loaded(name: &str, record: RunRecord) -> Loaded {
        Loaded {
            path: name.into(),
            record,
        }
    }

    fn with(workloads: &[&str], runtime: &str) -> Side {
        let mut record = example();
        let result = record.results[0].clone();
        record.results = workloads
            .iter()
            .map(|name| {
                let mut result = result.clone();
                result.workload = (*name).to_owned();
                result.runtime.name = runtime.to_owned();
                result
            })
            .collect();
        Side::new("side", &[loaded("a.json", record)])
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

    #[test]
    fn results_are_matched_by_key_and_otherwise_by_workload_if_that_is_clear() {
        let base = with(&["ad", "kws", "vww"], "interpreter");
        let new = with(&["kws", "vww", "new"], "interpreter");
        let found = matches(&base, &new);
        let pairs: Vec<_> = found
            .pairs
            .iter()
            .map(|(base, _)| base.key.workload.as_str())
            .collect();
        assert_eq!(pairs, ["kws", "vww"]);
        assert_eq!(found.only_base[0].key.workload, "ad");
        assert_eq!(found.only_new[0].key.workload, "new");

        let other = with(&["kws", "vww"], "other");
        let found = matches(&base, &other);
        assert_eq!(found.pairs.len(), 2);
        assert!(
            found
                .pairs
                .iter()
                .all(|(a, b)| a.key.workload == b.key.workload)
        );

        let mut both = with(&["kws"], "other");
        both.entries.extend(with(&["kws"], "third").entries);
        let base = with(&["kws"], "interpreter");
        let found = matches(&base, &both);
        assert!(found.pairs.is_empty(), "it isn't clear which is meant");
    }
}
