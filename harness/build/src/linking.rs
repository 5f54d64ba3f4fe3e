//! From objects to an image for one board and one model.

use std::fs;

use tinybench_inputs::board::target;
use tinybench_inputs::subject::room::STACK_BYTES;
use tinybench_link::{Memory, Objects, Parts, Place, link as link_objects};
use tinybench_pipeline::tables::Tables;

use super::{BuildError, Job};

/// Links the objects of a job with its model, for its board.
pub(super) fn link(job: &Job, objects: Objects) -> Result<Vec<u8>, BuildError> {
    let model = match job.model {
        Some(model) => fs::read(model).map_err(BuildError::io(model))?,
        None => Vec::new(),
    };
    let runtime: Vec<&str> = job.runtime.iter().map(String::as_str).collect();
    let front_end = job.front_end.map(Tables::new).transpose()?;
    let parts = Parts {
        model: &model,
        operators: Some(job.operators).filter(|it| !it.is_empty()),
        room_words: job.room_words,
        front_end: front_end.as_ref(),
    };
    let place = Place {
        flash: memory(job.target.flash),
        ram: memory(job.target.ram),
        stack_bytes: STACK_BYTES as u32,
        runtime: &runtime,
        code_offset: job.code_offset,
    };
    Ok(link_objects(objects, &parts, &place)?)
}

fn memory(memory: target::Memory) -> Memory {
    Memory {
        origin: memory.origin,
        length: memory.length,
    }
}
