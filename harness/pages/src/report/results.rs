//! The results of all runs, in the order and under the names in which a report shows them.

use super::{MODELLED, Run};
use tinybench_analysis::metrics::{METRICS, Metric, Reading};
use tinybench_record::{Fidelity, RunRecord, RunResult};

/// One result of one run.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its run's index.
    pub run: usize,
    /// Its run's name.
    pub run_label: &'a str,
    /// Its record.
    pub record: &'a RunRecord,
    /// The result.
    pub result: &'a RunResult,
}

/// All results.
#[derive(Clone, Debug)]
pub struct Results<'a> {
    /// The runs.
    pub runs: &'a [Run],
    /// The results, those of a workload together, by first appearance.
    pub items: Vec<Item<'a>>,
    several_runtimes: bool,
}

impl<'a> Results<'a> {
    /// The results of `runs`.
    pub fn new(runs: &'a [Run]) -> Self {
        let all: Vec<Item<'a>> = runs
            .iter()
            .enumerate()
            .flat_map(|(index, run)| {
                run.record.results.iter().map(move |result| Item {
                    run: index,
                    run_label: &run.label,
                    record: &run.record,
                    result,
                })
            })
            .collect();
        let mut workloads: Vec<&str> = Vec::new();
        for item in &all {
            if !workloads.contains(&item.result.workload.as_str()) {
                workloads.push(&item.result.workload);
            }
        }
        let items = workloads
            .iter()
            .flat_map(|workload| all.iter().filter(|item| item.result.workload == *workload))
            .copied()
            .collect();
        let several_runtimes = all
            .windows(2)
            .any(|pair| pair[0].result.runtime.name != pair[1].result.runtime.name);
        Self {
            runs,
            items,
            several_runtimes,
        }
    }

    /// The results of each workload.
    pub fn groups(&self) -> impl Iterator<Item = &[Item<'a>]> {
        self.items
            .chunk_by(|one, other| one.result.workload == other.result.workload)
    }

    /// Whether there is more than one run.
    pub fn has_several_runs(&self) -> bool {
        self.runs.len() > 1
    }

    /// Whether no workload has more than one result.
    pub fn is_single(&self) -> bool {
        self.groups().all(|group| group.len() == 1)
    }

    /// What tells a result from others of its workload.
    pub fn label(&self, item: &Item) -> String {
        let mut parts = Vec::new();
        if self.has_several_runs() {
            parts.push(item.run_label);
        }
        if self.several_runtimes {
            parts.push(&item.result.runtime.name);
        }
        parts.join(" · ")
    }

    /// Workload and [`Self::label`].
    pub fn full_label(&self, item: &Item) -> String {
        match self.label(item) {
            label if label.is_empty() => item.result.workload.clone(),
            label => format!("{} · {label}", item.result.workload),
        }
    }

    /// Whether any figure comes from a model of the hardware.
    pub fn has_modelled(&self) -> bool {
        self.items.iter().any(|item| {
            METRICS
                .iter()
                .filter_map(|metric| item.reading(metric))
                .any(|reading| reading.is_modelled())
        })
    }

    /// Whether any result has a figure for `metric`.
    pub fn have(&self, metric: &Metric) -> bool {
        self.items.iter().any(|item| item.reading(metric).is_some())
    }
}

impl Item<'_> {
    /// The figure of `metric`, if there is one.
    pub fn reading(&self, metric: &Metric) -> Option<Reading> {
        metric.read(&self.record.board, self.result)
    }

    /// The figure of `metric` with its unit, and marked if it is modelled.
    pub fn shown(&self, metric: &Metric) -> Option<String> {
        let reading = self.reading(metric)?;
        Some(format!(
            "{}{}",
            mark(reading.fidelity),
            metric.unit_in(self.result).show(reading.value)
        ))
    }
}

/// What stands before a number of this fidelity.
pub fn mark(fidelity: Option<Fidelity>) -> &'static str {
    match fidelity {
        Some(Fidelity::Modelled) => MODELLED,
        _ => "",
    }
}

/// The metric with this slug, which the program itself names.
pub fn metric(slug: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.slug == slug)
}
