//! What failed on one side or on both.

use schemars::JsonSchema;
use serde::Serialize;

use super::matching::{Matches, Outcome};
use tinybench_record::Failure;

/// A workload that failed on one side at least.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FailureChange {
    /// The workload.
    pub workload: String,
    /// The inference engine, the base's if it is known there; null if it isn't known.
    pub runtime: Option<String>,
    /// The board, the base's if it has the workload.
    pub board: String,
    /// Whether that is a virtual one.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Whether the base has the workload at all, measured or failed.
    pub in_base: bool,
    /// How it failed in the base; null if it didn't.
    pub base: Option<Failure>,
    /// How it failed in the other; null if it didn't.
    pub new: Option<Failure>,
    /// What that amounts to.
    pub verdict: FailureVerdict,
}

/// What a failure amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureVerdict {
    /// It didn't fail in the base: the comparison fails.
    Failed,
    /// It failed in the base too.
    StillFails,
    /// It doesn't fail any more.
    Mended,
}

impl FailureVerdict {
    /// The verdict for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::StillFails => "still fails",
            Self::Mended => "mended",
        }
    }
}

/// What failed on either side, by workload.
pub fn changes(found: &Matches) -> Vec<FailureChange> {
    let both = found.failed.iter().map(|&(base, new)| (Some(base), new));
    let failed = |new: &&Outcome| new.failure().is_some();
    let only_new = found.only_new.iter().filter(failed);
    let mut changes: Vec<_> = both
        .chain(only_new.map(|&new| (None, new)))
        .map(|(base, new)| change(base, new))
        .collect();
    changes.sort_by(|a, b| (&a.workload, &a.runtime).cmp(&(&b.workload, &b.runtime)));
    changes
}

fn change(base: Option<Outcome>, new: Outcome) -> FailureChange {
    let failure = |outcome: Outcome| outcome.failure().map(|failed| failed.failure.clone());
    let (base_failure, new_failure) = (base.and_then(failure), failure(new));
    let (board, is_virtual) = base.unwrap_or(new).board();
    let runtime = base.and_then(|base| base.runtime()).or(new.runtime());
    FailureChange {
        workload: new.workload().to_owned(),
        runtime: runtime.map(str::to_owned),
        board: board.to_owned(),
        is_virtual,
        in_base: base.is_some(),
        verdict: match (&base_failure, &new_failure) {
            (None, _) => FailureVerdict::Failed,
            (Some(_), Some(_)) => FailureVerdict::StillFails,
            (Some(_), None) => FailureVerdict::Mended,
        },
        base: base_failure,
        new: new_failure,
    }
}

#[cfg(test)]
mod tests {
    use crate::compare::{Comparison, Gate, Side, compare, markdown, table};
    use tinybench_record::RunRecord;
    use tinybench_record::example::{example, with_failures};
    use tinybench_record::reading::Loaded;

    fn side(name: &str, record: RunRecord) -> Side {
        let path = name.into();
        Side::new(name, &[Loaded { path, record }])
    }

    fn compared(base: RunRecord, others: &[RunRecord]) -> Comparison {
        let others = others.iter().enumerate();
        let others: Vec<_> = others
            .map(|(index, record)| side(&format!("new{index}"), record.clone()))
            .collect();
        compare(&side("base", base), &others, &Gate::default(), &[]).unwrap()
    }

    /// `kws` and `ic` measured, `vww` failed.
    fn before() -> RunRecord {
        let mut record = with_failures();
        record.failures.remove(0);
        let mut result = record.results[0].clone();
        result.workload = "ic".to_owned();
        record.results.push(result);
        record
    }

    #[test]
    fn what_fails_since_the_base_is_a_regression() {
        let comparison = compared(before(), &[with_failures()]);
        assert_eq!(comparison.regressions(), ["ic failed: mismatch"]);
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            table::render(&comparison, usize::MAX, false),
            markdown::render(&comparison)
        ));
        let value = serde_json::to_value(&comparison.candidates[0].failures).unwrap();
        assert_eq!(value[0]["verdict"], "failed");
        assert_eq!(value[0]["base"], serde_json::Value::Null);
        assert_eq!(value[0]["new"]["exit_code"], 3);
    }

    #[test]
    fn what_the_base_lacks_and_what_failed_there_too_is_told() {
        let comparison = compared(example(), &[with_failures()]);
        let expected = ["ic failed: mismatch", "vww failed: unreadable-input"];
        assert_eq!(comparison.regressions(), expected);
        assert!(
            comparison.candidates[0]
                .failures
                .iter()
                .all(|it| !it.in_base)
        );
        let comparison = compared(with_failures(), &[with_failures()]);
        assert!(comparison.regressions().is_empty());
        assert_eq!(comparison.candidates[0].summary.still_fails, 2);
        // All failed, so no figure can be compared.
        let mut nothing = with_failures();
        nothing.results.clear();
        assert!(
            compared(nothing.clone(), &[nothing.clone()])
                .regressions()
                .is_empty()
        );
        let gone = compared(before(), &[nothing]);
        let expected = ["kws (interpreter, virtual nano33)"];
        assert_eq!(gone.candidates[0].only_base, expected);
    }

    #[test]
    fn several_records_show_what_failed_in_each() {
        let mut other = with_failures();
        other.failures.remove(1);
        other.failures[0].workload = "kws".to_owned();
        other.results[0].workload = "vww".to_owned();
        let comparison = compared(before(), &[with_failures(), other]);
        assert_eq!(
            comparison.regressions(),
            ["ic failed: mismatch", "kws failed: mismatch"]
        );
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            table::render(&comparison, usize::MAX, false),
            markdown::render(&comparison)
        ));
    }
}
