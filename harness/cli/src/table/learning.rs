//! Learning on the device: one row a policy.

use super::{Grid, NONE, decimal, kib, mark};
use tinybench_record::learning::{Learning, Policy};
use tinybench_record::{Fidelity, RunResult};

/// The policies of all results that learnt; `None` if none did.
pub(super) fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = learning(results)
        .flat_map(|(result, learning)| {
            let policies = learning.policies.iter();
            policies.map(move |policy| row(result, learning, policy))
        })
        .collect();
    let headings = [
        "workload",
        "policy",
        "memory samples",
        "memory KiB",
        "predict ms",
        "learn ms",
        "condense ms",
        "accuracy %",
        "after drift %",
        "detected after",
        "false alarms",
        "steps equal",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 2,
    })
}

/// What a prediction takes by what is remembered: the line through all of them.
pub(super) fn predicting(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = learning(results)
        .map(|(result, learning)| {
            let cycles = |text: &str| mark(result.latency.fidelity, text);
            vec![
                result.workload.clone(),
                learning.features.to_string(),
                cycles(&decimal(learning.cycles_per_element)),
                cycles(&decimal(learning.fixed_cycles)),
            ]
        })
        .collect();
    let headings = [
        "workload",
        "features",
        "cycles per-feature",
        "cycles besides",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

/// Condensing a memory in which everything was remembered, at several sizes.
pub(super) fn condensing(results: &[RunResult], clock_hz: u64) -> Option<Grid> {
    let rows: Vec<_> = learning(results)
        .flat_map(|(result, learning)| {
            learning.condensing.iter().map(move |it| {
                let ms = f64::from(it.cycles) / clock_hz as f64 * 1_000.0;
                vec![
                    result.workload.clone(),
                    it.samples.to_string(),
                    it.kept.to_string(),
                    mark(result.latency.fidelity, &decimal(ms)),
                ]
            })
        })
        .collect();
    let headings = [
        "workload",
        "remembered samples",
        "kept samples",
        "condense ms",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

fn learning(results: &[RunResult]) -> impl Iterator<Item = (&RunResult, &Learning)> {
    let each = results.iter();
    each.filter_map(|it| Some((it, it.learning.as_ref()?)))
}

fn row(result: &RunResult, learning: &Learning, policy: &Policy) -> Vec<String> {
    let fidelity: Fidelity = result.latency.fidelity;
    let time = |us: f64| mark(fidelity, &decimal(us / 1_000.0));
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let none = || NONE.to_owned();
    vec![
        result.workload.clone(),
        policy.policy.clone(),
        policy.peak_samples.to_string(),
        kib(policy.peak_memory_bytes),
        time(policy.predict.max_us),
        time(policy.learn.max_us),
        policy
            .condense
            .as_ref()
            .map_or_else(none, |it| time(it.max_us)),
        percent(policy.accuracy),
        policy.accuracy_after_drift.map_or_else(none, percent),
        policy
            .detection_delay
            .map_or_else(none, |delay| delay.to_string()),
        policy.false_alarms.to_string(),
        match learning.verified {
            true => format!("yes, {}", learning.stream.samples),
            false => "NO".to_owned(),
        },
    ]
}
