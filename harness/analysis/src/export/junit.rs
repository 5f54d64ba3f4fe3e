//! JUnit XML: one test case a workload and metric that can fail.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{ExportError, UNKNOWN, board, failed, readings};
use crate::compare::{
    Candidate, Comparison, Entry, FailureChange, FailureVerdict, Gate, MetricChange, Side, Verdict,
    show_limit, text,
};
use crate::metrics::Metric;
use crate::reference;

/// The outputs of each result, and its figures against hard limits; and what failed.
pub fn of_records(side: &Side, gate: &Gate) -> Result<String, ExportError> {
    let mut suite = TestSuite::new("tinybench");
    for entry in &side.entries {
        let class = class(&entry.key.workload, &entry.key.runtime, &board(&entry.key));
        suite.add_test_cases(outputs(entry, &class));
        for (metric, reading) in readings(entry) {
            let limit = gate.limit(&entry.key.workload, metric);
            if limit.off || limit.hard.is_none() {
                continue;
            }
            let unit = metric.unit_in(&entry.result);
            let shown = unit.show(reading.value);
            let text = format!("{shown}, limit {}", show_limit(unit, &limit));
            let failed = limit.is_exceeded(metric, reading.value);
            suite.add_test_case(case(&class, metric, failed, &text));
        }
    }
    for failure in &side.failures {
        let (workload, runtime, board) = failed(failure);
        let class = class(workload, runtime, &board);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message(failure.failure.message.as_str())
            .set_type(failure.failure.kind.name());
        suite.add_test_case(outcome(&class, status));
    }
    write(suite)
}

/// Every metric that can fail the comparison.
pub fn of_comparison(comparison: &Comparison, gate: &Gate) -> Result<String, ExportError> {
    let mut report = Report::new("tinybench");
    for candidate in &comparison.candidates {
        let name = format!("{} against {}", candidate.name, comparison.base);
        let mut suite = TestSuite::new(name);
        add_candidate(&mut suite, candidate, gate);
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

fn add_candidate(suite: &mut TestSuite, candidate: &Candidate, gate: &Gate) {
    for result in &candidate.results {
        let board = match result.is_virtual {
            true => format!("virtual {}", result.board),
            false => result.board.clone(),
        };
        let class = class(&result.workload, &result.runtime, &board);
        for change in &result.metrics {
            let Some(metric) = change.metric() else {
                continue;
            };
            if !gate.limit(&result.workload, metric).off {
                let failed = change.verdict == Verdict::Regression;
                suite.add_test_case(case(&class, metric, failed, &told(change)));
            }
        }
    }
    for failure in &candidate.failures {
        suite.add_test_case(change_of_outcome(failure));
    }
}

/// What failed on one side or both: an error if it is new, skipped if it is not.
fn change_of_outcome(failure: &FailureChange) -> TestCase {
    let runtime = failure.runtime.as_deref().unwrap_or(UNKNOWN);
    let board = text::board(&failure.board, failure.is_virtual);
    let message = text::message(failure).unwrap_or_default();
    let told = format!("{}: {message}", failure.verdict.name());
    let mut status = match failure.verdict {
        FailureVerdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Error),
        FailureVerdict::StillFails => TestCaseStatus::skipped(),
        FailureVerdict::Mended => TestCaseStatus::success(),
    };
    if failure.verdict != FailureVerdict::Mended {
        status.set_message(told.as_str());
    }
    if let (FailureVerdict::Failed, Some(new)) = (failure.verdict, &failure.new) {
        status.set_type(new.kind.name());
    }
    let mut case = outcome(&class(&failure.workload, runtime, &board), status);
    if failure.verdict == FailureVerdict::Mended {
        case.set_system_out(told);
    }
    case
}

/// The test case that says whether there was a result.
fn outcome(class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(text::OUTCOME, status);
    case.set_classname(class);
    case
}

/// The change in one line.
fn told(change: &MetricChange) -> String {
    let mut told = format!(
        "{}: {} -> {} ({})",
        text::verdict(change),
        text::base(change),
        text::new(change),
        text::change(change)
    );
    if change.statistics.is_some() {
        told += &format!(
            ", {} {}, p {}",
            text::interval_heading(),
            text::interval(change),
            text::p(change)
        );
    }
    told
}

fn class(workload: &str, runtime: &str, board: &str) -> String {
    format!("{board}.{workload}.{runtime}")
}

/// Whether the outputs are right, where they were compared.
fn outputs(entry: &Entry, class: &str) -> Option<TestCase> {
    let outputs = entry.result.outputs.as_ref()?;
    let mut text = format!(
        "{} of {} output bytes differ from the reference, over {} vectors",
        outputs.mismatches, outputs.bytes_compared, outputs.vectors
    );
    if let Some(agreement) = reference::agreement(outputs).filter(|_| outputs.verified) {
        text += &format!(": {agreement}");
    }
    Some(finished(
        class,
        "outputs",
        !outputs.verified,
        "mismatch",
        &text,
    ))
}

fn case(class: &str, metric: &Metric, failed: bool, text: &str) -> TestCase {
    finished(class, metric.slug, failed, "regression", text)
}

fn finished(class: &str, name: &str, failed: bool, kind: &str, text: &str) -> TestCase {
    let mut status = TestCaseStatus::success();
    if failed {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(text).set_type(kind);
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    if !failed {
        case.set_system_out(text);
    }
    case
}

fn write(suite: TestSuite) -> Result<String, ExportError> {
    let mut report = Report::new("tinybench");
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::export::tests::{records, side, with_failures};

    fn gate() -> Gate {
        let mut gate = Gate::default();
        for text in ["flash=100KB", "latency=2%|200ms"] {
            let named: crate::compare::NamedLimit = text.parse().unwrap();
            gate.set(named.metric, named.limit);
        }
        gate
    }

    fn failures(report: &str) -> Vec<String> {
        let report = Report::deserialize_from_str(report).unwrap();
        report
            .test_suites
            .iter()
            .flat_map(|suite| &suite.test_cases)
            .filter(|case| matches!(case.status, TestCaseStatus::NonSuccess { .. }))
            .map(|case| case.name.as_str().to_owned())
            .collect()
    }

    #[test]
    fn outputs_and_hard_limits_are_test_cases() {
        let report = of_records(&side(), &gate()).unwrap();
        insta::assert_snapshot!(report);
        assert_eq!(failures(&report), ["flash", "flash"]);
    }

    #[test]
    fn what_can_fail_a_comparison_is_a_test_case() {
        let base = side();
        let mut slower = records();
        for loaded in &mut slower {
            let latency = &mut loaded.record.results[0].latency;
            for cycles in &mut latency.cycles {
                *cycles += *cycles / 10;
            }
            latency.median_cycles *= 1.1;
            latency.median_us *= 1.1;
        }
        slower[0].record.results[0]
            .outputs
            .as_mut()
            .unwrap()
            .mismatches = 2;
        let new = [Side::new("slower", &slower)];
        let comparison = compare(&base, &new, &gate(), &[]).unwrap();
        let report = of_comparison(&comparison, &gate()).unwrap();
        insta::assert_snapshot!(report);
        assert_eq!(failures(&report), ["latency", "flash", "flash"]);
    }
    #[test]
    fn what_failed_is_a_test_case_too() {
        let failing = Side::new("failing", &with_failures());
        let of_records = of_records(&failing, &Gate::default()).unwrap();
        let report = |base: &Side, new: &Side| {
            let comparison =
                compare(base, std::slice::from_ref(new), &Gate::default(), &[]).unwrap();
            of_comparison(&comparison, &Gate::default()).unwrap()
        };
        let outcomes = |text: &str| {
            let lines = text
                .lines()
                .skip_while(|line| !line.contains("name=\"outcome\""));
            lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
        };
        let texts = [
            of_records,
            report(&side(), &failing),
            report(&failing, &failing),
            report(&failing, &side()),
        ];
        let failed: Vec<_> = texts.iter().map(|text| failures(text).len()).collect();
        // What the fixed side lacks is only in the base, and no test case.
        insta::assert_snapshot!(texts.map(|text| outcomes(&text)).join("\n\n"));
        assert_eq!(failed, [2, 2, 0, 0]);
    }
}
