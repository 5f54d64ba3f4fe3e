//! What a device must hold, in its parts: flash and RAM of each result, which add up exactly.

use super::{Grid, NONE, grouped};
use tinybench_record::RunResult;

/// The parts of flash and RAM of all results that tell them; `None` if none does.
pub(super) fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<[Row; 2]> = results.iter().filter_map(rows).collect();
    let pipeline = rows.iter().flatten().any(|row| row.pipeline.is_some());
    let mut headings = vec![
        "workload",
        "bytes",
        "system",
        "runtime",
        "model",
        "intermediate",
    ];
    if pipeline {
        headings.push("pipeline");
    }
    let learning = rows.iter().flatten().any(|row| row.learning.is_some());
    if learning {
        headings.push("learning");
    }
    headings.extend(["harness", "total"]);
    let cells = |row: &Row| {
        let number = |value: u32| grouped(value.into());
        let mut cells = vec![row.workload.clone(), row.memory.to_owned()];
        cells.extend([row.system, row.runtime, row.model, row.intermediate].map(number));
        if pipeline {
            cells.push(row.pipeline.map_or(NONE.to_owned(), number));
        }
        if learning {
            cells.push(row.learning.map_or(NONE.to_owned(), number));
        }
        cells.extend([row.harness, row.total].map(number));
        cells
    };
    (!rows.is_empty()).then(|| Grid {
        headings: headings.into_iter().map(str::to_owned).collect(),
        rows: rows.iter().flatten().map(cells).collect(),
        left: 2,
    })
}

struct Row {
    workload: String,
    memory: &'static str,
    system: u32,
    runtime: u32,
    model: u32,
    intermediate: u32,
    pipeline: Option<u32>,
    learning: Option<u32>,
    harness: u32,
    total: u32,
}

/// Flash and RAM of a result, if it has the parts of both.
fn rows(result: &RunResult) -> Option<[Row; 2]> {
    let (flash, memory) = (result.flash.as_ref()?, result.memory.as_ref()?);
    Some([
        Row {
            workload: result.workload.clone(),
            memory: "flash",
            system: flash.system_bytes,
            runtime: flash.runtime_bytes,
            model: flash.model_bytes,
            intermediate: 0,
            pipeline: flash.pipeline_bytes,
            learning: flash.learning_bytes,
            harness: flash.harness_bytes,
            total: flash.total_bytes,
        },
        Row {
            workload: String::new(),
            memory: "RAM",
            system: memory.system_bytes?,
            runtime: memory.runtime_bytes?,
            model: memory.model_bytes?,
            intermediate: memory.intermediate_bytes?,
            pipeline: memory.pipeline_bytes,
            learning: memory.learning_bytes,
            harness: memory.harness_bytes,
            total: memory.ram_total_bytes,
        },
    ])
}
