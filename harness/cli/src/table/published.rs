//! A user's own results beside those that others have published.

use super::{Grid, NONE, decimal, mark, wrap};
use tinybench_record::RunRecord;
use tinybench_record::published::{Row, is_of_core};

/// Width of a column of text, where its words allow it.
const TEXT_WIDTH: usize = 32;

/// Published results, and the workloads that they are comparable with.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The file they are from, as the project names it.
    pub file: String,
    /// For each latency of a row the name of the workload, and what it is called there.
    pub columns: Vec<(String, String)>,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Published {
    /// The published rows of cores like the board's below one of the record's own, in the order
    /// of the file. `None` if the record has no such result.
    pub(super) fn grid(&self, record: &RunRecord) -> Option<Grid> {
        let columns: Vec<usize> = (0..self.columns.len())
            .filter(|&index| self.own(record, index).is_some())
            .collect();
        if columns.is_empty() {
            return None;
        }
        let mut headings = vec![
            "round".to_owned(),
            "system".to_owned(),
            "conditions".to_owned(),
        ];
        headings.extend(
            columns
                .iter()
                .map(|&it| format!("{} ms", self.columns[it].1)),
        );
        let board = &record.board;
        let mut own = vec![
            "this run".to_owned(),
            board.name.clone(),
            format!("{} at {} MHz", board.core, board.clock_hz as f64 / 1e6),
        ];
        own.extend(columns.iter().filter_map(|&index| self.own(record, index)));
        let published = self
            .rows
            .iter()
            .filter(|row| is_of_core(&row.conditions, &board.core))
            .filter(|row| columns.iter().any(|&index| row.latency_ms[index].is_some()))
            .map(|row| {
                let mut cells = vec![
                    row.round.clone(),
                    wrap(&row.system, TEXT_WIDTH),
                    wrap(&row.conditions, TEXT_WIDTH),
                ];
                let latency = |&index: &usize| row.latency_ms[index];
                cells.extend(
                    columns
                        .iter()
                        .map(|index| latency(index).map_or(NONE.to_owned(), decimal)),
                );
                cells
            });
        Some(Grid {
            headings,
            rows: [own].into_iter().chain(published).collect(),
            left: 3,
        })
    }

    /// The record's latency of a workload.
    fn own(&self, record: &RunRecord, index: usize) -> Option<String> {
        let (name, _) = &self.columns[index];
        let result = record.results.iter().find(|it| it.workload == *name)?;
        let latency = &result.latency;
        let ms = decimal(latency.median_us / 1_000.0);
        Some(mark(latency.fidelity, &ms))
    }

    /// Where the rows are from, and how many are not shown.
    pub(super) fn legend(&self, record: &RunRecord) -> String {
        let core = &record.board.core;
        let others = self
            .rows
            .iter()
            .filter(|row| !is_of_core(&row.conditions, core))
            .count();
        format!(
            "Published by others for these models, on cores like this board's. {} has {others} \
             more, of other cores.",
            self.file
        )
    }
}
