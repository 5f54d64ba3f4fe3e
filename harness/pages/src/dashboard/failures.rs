//! What failed in a history of records.

use std::collections::BTreeMap;

use tinybench_record::{ExecutionKind, Failure, RunRecord};

/// Stands behind the name of a real board whose figures are modelled.
pub const MODELLED: &str = ", modelled";

/// A workload that gave no result at a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// The board; a virtual one says so.
    pub board: String,
    /// The workload.
    pub workload: String,
    /// The runtime, where it was known.
    pub runtime: Option<String>,
    /// Index of the commit.
    pub commit: usize,
    /// Kind of failure.
    pub kind: String,
    /// What happened.
    pub message: String,
    /// Whether it is how things are: it was neither measured nor failed again since.
    pub is_current: bool,
}

impl Failed {
    /// Its name for people.
    pub fn title(&self) -> String {
        let name = format!("{} on {}", self.workload, self.board);
        match &self.runtime {
            Some(runtime) => format!("{name}, {runtime}"),
            None => name,
        }
    }

    /// What happened, in a line.
    pub fn describe(&self) -> String {
        format!("{}: failed ({}): {}", self.title(), self.kind, self.message)
    }
}

/// Whether what failed on `failed` would have been a result of the board, workload and runtime of
/// a group. Figures of a real board are in a group of their own if they are modelled.
pub fn covers(failed: &Key, (board, workload, runtime): (&str, &str, &str)) -> bool {
    let own = board.strip_prefix(failed.board.as_str());
    let board = own.is_some_and(|rest| rest.is_empty() || rest == MODELLED);
    board
        && failed.workload == workload
        && failed.runtime.as_deref().is_none_or(|name| name == runtime)
}

/// What tells failures apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The board; a virtual one says so.
    pub board: String,
    /// The workload.
    pub workload: String,
    /// The runtime, where it was known.
    pub runtime: Option<String>,
}

impl Key {
    /// That of `failure`, which is part of `record`.
    pub fn of(record: &RunRecord, failure: &Failure) -> Self {
        let board = &record.board.name;
        Self {
            board: match record.execution.kind {
                ExecutionKind::Virtual => format!("virtual {board}"),
                ExecutionKind::Probe => board.clone(),
            },
            workload: failure.workload.clone(),
            runtime: failure.runtime_name().map(str::to_owned),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let same_runtime = match (&self.runtime, &other.runtime) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same_runtime && (&self.board, &self.workload) == (&other.board, &other.workload)
    }
}

/// The failures of each key, by index of the commit.
pub type ByKey<'a> = BTreeMap<Key, BTreeMap<usize, &'a Failure>>;

/// All failures, the newest commit first. `last_measured` gives the index of the last commit at
/// which something of a key was measured.
pub fn failed(by_key: &ByKey, last_measured: impl Fn(&Key) -> Option<usize>) -> Vec<Failed> {
    let mut all = Vec::new();
    for (key, failures) in by_key {
        let others = by_key.iter().filter(|(other, _)| key.overlaps(other));
        let last_failed = others.filter_map(|(_, it)| it.keys().last()).max();
        let measured = last_measured(key);
        for (&commit, failure) in failures {
            let is_last = last_failed.is_none_or(|&last| last == commit);
            all.push(Failed {
                board: key.board.clone(),
                workload: key.workload.clone(),
                runtime: key.runtime.clone(),
                commit,
                kind: failure.kind.to_string(),
                message: failure.message.clone(),
                is_current: is_last && measured.is_none_or(|measured| measured < commit),
            });
        }
    }
    all.sort_by_key(|failed| std::cmp::Reverse(failed.commit));
    all
}

#[cfg(test)]
mod tests {
    use crate::dashboard::history::History;
    use crate::dashboard::history::tests::record;
    use crate::dashboard::names::{Names, Options};
    use crate::dashboard::{overview, series, status};
    use crate::page::markdown;
    use tinybench_analysis::compare::Gate;
    use tinybench_record::RunRecord;
    use tinybench_record::example::with_failures;

    /// The record of commit `number`, in which `kws` failed.
    fn failing(number: usize) -> RunRecord {
        let mut record = record(number, 1_000_000);
        record.results.clear();
        record.failures = with_failures().failures;
        record.failures.truncate(1);
        record.failures[0].workload = "kws".to_owned();
        record
    }

    /// At which commits something failed, those that are how things are marked.
    fn told(records: &[RunRecord]) -> Vec<String> {
        let history = History::new(records, &Gate::default());
        let failures = history.failures.iter();
        let mark = |is_current| if is_current { "!" } else { "" };
        failures
            .map(|it| format!("{}{}", it.commit, mark(it.is_current)))
            .collect()
    }

    #[test]
    fn the_last_run_of_a_workload_says_whether_it_fails() {
        let good = |number| record(number, 1_000_000);
        assert_eq!(told(&[good(0), failing(1)]), ["1!"]);
        assert_eq!(told(&[good(0), failing(1), good(2)]), ["1"]);
        assert_eq!(told(&[failing(0), failing(1)]), ["1!", "0"]);
        // One commit, run again.
        let mut again = good(1);
        again.started_at = "2026-01-02T13:00:00Z".to_owned();
        assert_eq!(told(&[failing(1), again]), Vec::<String>::new());
        let mut again = failing(1);
        again.started_at = "2026-01-02T13:00:00Z".to_owned();
        assert_eq!(told(&[good(1), again.clone()]), ["0!"]);
        assert_eq!(History::new(&[good(1), again], &Gate::default()).groups, []);
    }

    #[test]
    fn pages_show_what_fails() {
        let mut new = failing(3);
        // It never gave a result, and its runtime isn't known.
        new.failures.push(with_failures().failures[1].clone());
        let records = [record(0, 1_000_000), failing(1), record(2, 1_000_000), new];
        let history = History::new(&records, &Gate::default());
        let names = Names::new(&history, &Options::default());
        assert_eq!(status::verdict(&history), ("2 failed".to_owned(), true));
        let documents = [
            overview::overview(&history, "project", &names),
            status::page(&history, &names),
            series::page(&history, &history.groups[0], &names),
        ];
        let shown: Vec<_> = documents
            .iter()
            .map(|document| {
                let text = markdown(document, usize::MAX);
                let failed = text
                    .lines()
                    .filter(|line| line.to_lowercase().contains("fail"));
                failed.collect::<Vec<_>>().join("\n")
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n\n"));
    }
}
