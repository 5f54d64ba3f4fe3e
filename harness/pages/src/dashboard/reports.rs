//! The report on the two sides of a step.

use crate::page::Document;
use crate::report::{self, Extras, PublishedError, Run};
use tinybench_record::{RunRecord, RunResult};

/// What was run before a step and at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// Index of the commit of the step.
    pub commit: usize,
    /// Index of the commit before.
    pub previous: usize,
    /// The records of both, the earlier first, each with the one result that is of the series.
    pub records: [RunRecord; 2],
}

impl Sides {
    /// Of the step at `commit`, whose `previous` is the last before it.
    pub fn new(
        (previous, before): (usize, (&RunRecord, &RunResult)),
        (commit, after): (usize, (&RunRecord, &RunResult)),
    ) -> Self {
        let alone = |(record, result): (&RunRecord, &RunResult)| RunRecord {
            schema: record.schema.clone(),
            tinybench: record.tinybench.clone(),
            asked: record.asked.clone(),
            started_at: record.started_at.clone(),
            commit: record.commit.clone(),
            board: record.board.clone(),
            execution: record.execution.clone(),
            toolchain: record.toolchain.clone(),
            shard: record.shard.clone(),
            results: vec![result.clone()],
            failures: Vec::new(),
            left_out: Vec::new(),
            other: record.other.clone(),
        };
        Self {
            commit,
            previous,
            records: [alone(before), alone(after)],
        }
    }

    /// The report on both, called by the names of their commits.
    ///
    /// # Errors
    /// If the table of published results is damaged.
    pub fn document(&self, title: String, names: [String; 2]) -> Result<Document, PublishedError> {
        let runs = names.into_iter().zip(self.records.clone());
        let runs: Vec<_> = runs.map(|(label, record)| Run { label, record }).collect();
        let extras = Extras {
            title: Some(title),
            ..Extras::default()
        };
        report::document(&runs, extras)
    }
}
