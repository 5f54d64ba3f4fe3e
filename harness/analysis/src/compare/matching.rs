//! How what is on two sides belongs together.

use super::side::{Entry, FailedEntry, Side};

/// What became of a workload on one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// It was measured.
    Result(&'a Entry),
    /// It failed.
    Failure(&'a FailedEntry),
}

impl<'a> Outcome<'a> {
    /// The workload.
    pub fn workload(&self) -> &'a str {
        match self {
            Self::Result(entry) => &entry.key.workload,
            Self::Failure(failed) => &failed.failure.workload,
        }
    }

    /// The runtime, where it is known.
    pub fn runtime(&self) -> Option<&'a str> {
        match self {
            Self::Result(entry) => Some(&entry.key.runtime),
            Self::Failure(failed) => failed.failure.runtime_name(),
        }
    }

    /// The board, and whether it is a virtual one.
    pub fn board(&self) -> (&'a str, bool) {
        match self {
            Self::Result(entry) => (&entry.key.board, entry.key.is_virtual),
            Self::Failure(failed) => (&failed.board, failed.is_virtual),
        }
    }

    /// How it failed, if it did.
    pub fn failure(&self) -> Option<&'a FailedEntry> {
        match self {
            Self::Result(_) => None,
            Self::Failure(failed) => Some(failed),
        }
    }

    /// Whether both are of the same workload, runtime and board.
    fn is_of_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Result(one), Self::Result(other)) => one.key == other.key,
            (Self::Result(entry), Self::Failure(failed))
            | (Self::Failure(failed), Self::Result(entry)) => failed.covers(&entry.key),
            (Self::Failure(one), Self::Failure(other)) => one.overlaps(other),
        }
    }
}

/// How what is on two sides belongs together.
#[derive(Debug, Default)]
pub struct Matches<'a> {
    /// Results of the same workload.
    pub pairs: Vec<(&'a Entry, &'a Entry)>,
    /// What failed on at least one of both sides, the base's outcome first.
    pub failed: Vec<(Outcome<'a>, Outcome<'a>)>,
    /// What only the base has.
    pub only_base: Vec<Outcome<'a>>,
    /// What the base doesn't have.
    pub only_new: Vec<Outcome<'a>>,
}

/// Brings the outcomes of two sides together: those of the same workload, runtime and board, then,
/// of what is left, those of a workload that each side has only once more.
pub fn matches<'a>(base: &'a Side, new: &'a Side) -> Matches<'a> {
    let mut found = Matches::default();
    let (base, new) = (outcomes(base), outcomes(new));
    let mut taken = vec![false; new.len()];
    let mut unmatched = Vec::new();
    for outcome in base {
        // A failure on an unknown runtime belongs to the results on each.
        let mut is_matched = false;
        for (other, taken) in new.iter().zip(&mut taken) {
            if outcome.is_of_the_same(other) {
                found.add(outcome, *other);
                (is_matched, *taken) = (true, true);
            }
        }
        if !is_matched {
            unmatched.push(outcome);
        }
    }
    let mut rest: Vec<Outcome> = new
        .into_iter()
        .zip(taken)
        .filter_map(|(outcome, taken)| (!taken).then_some(outcome))
        .collect();
    for outcome in &unmatched {
        let same = |other: &&Outcome| other.workload() == outcome.workload();
        let alone = unmatched.iter().filter(same).count() == 1;
        let mut others = rest.iter().enumerate().filter(|(_, other)| same(other));
        match (others.next(), others.next()) {
            (Some((at, &other)), None) if alone => {
                found.add(*outcome, other);
                rest.remove(at);
            }
            _ => found.only_base.push(*outcome),
        }
    }
    found.only_new = rest;
    found.pairs.sort_by(|a, b| a.0.key.cmp(&b.0.key));
    found
}

impl<'a> Matches<'a> {
    fn add(&mut self, base: Outcome<'a>, new: Outcome<'a>) {
        match (base, new) {
            (Outcome::Result(base), Outcome::Result(new)) => self.pairs.push((base, new)),
            _ => self.failed.push((base, new)),
        }
    }
}

fn outcomes(side: &Side) -> Vec<Outcome<'_>> {
    let results = side.entries.iter().map(Outcome::Result);
    let failures = side.failures.iter().map(Outcome::Failure);
    results.chain(failures).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;
    use tinybench_record::reading::Loaded;
    use tinybench_record::{Failure, FailureKind, RunRecord};

    fn side(record: RunRecord) -> Side {
        let path = "a.json".into();
        Side::new("side", &[Loaded { path, record }])
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
        side(record)
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
        assert_eq!(found.only_base[0].workload(), "ad");
        assert_eq!(found.only_new[0].workload(), "new");

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
    /// Results of `measured` and failures of `failed`, these on a runtime if it is given.
    fn mixed(measured: &[&str], failed: &[&str], runtime: Option<&str>) -> Side {
        let mut record = example();
        let results = std::mem::take(&mut record.results);
        record.results = measured
            .iter()
            .map(|name| {
                let mut result = results[0].clone();
                result.workload = (*name).to_owned();
                result
            })
            .collect();
        record.failures = failed
            .iter()
            .map(|name| {
                let mut failure = Failure::new(name, FailureKind::Fault, "it faulted", 6);
                failure.runtime = runtime.map(|runtime| {
                    let mut other = results[0].runtime.clone();
                    other.name = runtime.to_owned();
                    other
                });
                failure
            })
            .collect();
        side(record)
    }

    #[test]
    fn a_failure_belongs_to_what_should_have_been_measured() {
        let told = |base: &Side, new: &Side| {
            let found = matches(base, new);
            let name = |outcome: &Outcome| match outcome.failure() {
                Some(_) => format!("{} failed", outcome.workload()),
                None => outcome.workload().to_owned(),
            };
            let failed = found.failed.iter();
            let failed: Vec<_> = failed
                .map(|(a, b)| format!("{} -> {}", name(a), name(b)))
                .collect();
            let only = [&found.only_base, &found.only_new];
            let only = only.map(|it| it.iter().map(name).collect::<Vec<_>>().join(", "));
            (found.pairs.len(), failed.join(", "), only.join(" | "))
        };
        let says =
            |pairs: usize, failed: &str, only: &str| (pairs, failed.to_owned(), only.to_owned());
        let base = mixed(&["ic", "kws"], &[], None);
        for runtime in [None, Some("interpreter"), Some("other")] {
            let new = mixed(&["kws"], &["ic"], runtime);
            assert_eq!(
                told(&base, &new),
                says(1, "ic -> ic failed", " | "),
                "{runtime:?}"
            );
            assert_eq!(
                told(&new, &base),
                says(1, "ic failed -> ic", " | "),
                "{runtime:?}"
            );
            assert_eq!(told(&new, &new), says(1, "ic failed -> ic failed", " | "));
        }
        let new = mixed(&["ic", "kws"], &["vww"], Some("interpreter"));
        assert_eq!(told(&base, &new), says(2, "", " | vww failed"));
        assert_eq!(told(&new, &base), says(2, "", "vww failed | "));
        // A model that can't be read fails on all runtimes that it was measured on.
        let mut both = with(&["kws"], "other");
        both.entries.extend(with(&["kws"], "third").entries);
        let new = mixed(&[], &["kws"], None);
        assert_eq!(
            told(&both, &new),
            says(0, "kws -> kws failed, kws -> kws failed", " | ")
        );
    }
}
