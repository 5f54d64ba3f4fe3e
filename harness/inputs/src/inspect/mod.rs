//! Models as the harness sees them, with what could run them: what `tinybench inspect` shows.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::board::Board;
use crate::runtimes::description::Description;
use crate::runtimes::obstacles::Obstacle as Found;
use crate::runtimes::{self, ENGINES, HostRuntime, RuntimeError};
use crate::subject::SubjectError;
use crate::subject::room::{Footprint, MemoryKind};
use tinybench_record::schema;
use tinybench_support::hash::sha256_hex;

/// Name and major version of the format.
pub const SCHEMA: &str = "tinybench.inspection/1";

/// Models as the harness sees them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Inspection {
    /// [`SCHEMA`].
    pub schema: String,
    /// The models, in the order in which they were asked for.
    pub models: Vec<Inspected>,
}

/// A model and what could run it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Inspected {
    /// The file, as it was asked for.
    pub file: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// SHA-256 of its contents.
    pub sha256: String,
    /// What is in it.
    #[serde(flatten)]
    pub description: Description,
    /// All runtimes.
    pub runtimes: Vec<Runtime>,
    /// All boards.
    pub boards: Vec<OnBoard>,
}

/// Whether a runtime can run a model.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Runtime {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it can.
    pub runs: bool,
    /// Why not, for people; several lines.
    pub reason: Option<String>,
    /// Everything that is in the way, if it reads such files.
    pub obstacles: Vec<Obstacle>,
}

/// Something that keeps a model from running.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Obstacle {
    /// Index of the operator; none if it is the model as a whole.
    pub operator: Option<u32>,
    /// Name of the operator.
    pub name: Option<String>,
    /// Index of the tensor in the operator's subgraph.
    pub tensor: Option<u32>,
    /// Name of the tensor.
    pub tensor_name: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What would help.
    pub help: String,
}

/// Whether a model fits a board, as far as that can be told before firmware is built.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OnBoard {
    /// The board's name.
    pub name: String,
    /// Bytes of flash.
    pub flash_bytes: u64,
    /// Bytes of RAM.
    pub ram_bytes: u64,
    /// Whether the model fits; none if no runtime can run it and its file would fit.
    pub fits: Option<bool>,
    /// Bytes of flash that are left for firmware; negative if the model doesn't fit.
    pub flash_left_bytes: i64,
    /// Bytes of RAM that are left for firmware's own data beside arena, stack and necessary buffers;
    /// negative if they don't fit; none if no runtime can run the model.
    pub ram_left_bytes: Option<i64>,
}

impl Inspection {
    /// Of these models.
    pub fn of(models: Vec<Inspected>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            models,
        }
    }

    /// The inspection as JSON text.
    ///
    /// # Errors
    /// None that are known.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// The JSON Schema of the format.
    pub fn json_schema() -> String {
        schema::text::<Self>("tinybench inspection")
    }
}

/// Inspects a model. `path` names it.
///
/// # Errors
/// The file isn't a model, or so damaged that nothing can be told of it.
pub fn inspect(path: &Path, model: &[u8], boards: &[Board]) -> Result<Inspected, SubjectError> {
    let refused = |source| SubjectError::Model {
        path: path.to_owned(),
        source,
    };
    let description = runtimes::engine_for(model)
        .describe(model)
        .map_err(refused)?;
    let inspected = ENGINES.map(|runtime| (runtime, runtime.inspect(model)));
    let footprints = inspected
        .iter()
        .filter_map(|(_, facts)| Some(Footprint::of(model.len(), facts.as_ref().ok()?)));
    let footprint = footprints.min_by_key(|footprint| footprint.ram);
    Ok(Inspected {
        file: path.display().to_string(),
        bytes: model.len() as u64,
        sha256: sha256_hex(model),
        description,
        runtimes: inspected
            .map(|(runtime, facts)| on_runtime(runtime, facts.err()))
            .into(),
        boards: boards
            .iter()
            .map(|board| on_board(board, model.len(), footprint))
            .collect(),
    })
}

fn on_runtime(runtime: &dyn HostRuntime, refusal: Option<RuntimeError>) -> Runtime {
    let obstacles = match &refusal {
        Some(RuntimeError::Obstacles(it)) => it.list.iter().map(Obstacle::of).collect(),
        _ => Vec::new(),
    };
    Runtime {
        name: runtime.name().to_owned(),
        version: runtime.version().to_owned(),
        runs: refusal.is_none(),
        reason: refusal.map(|it| it.to_string()),
        obstacles,
    }
}

impl Obstacle {
    fn of(found: &Found) -> Self {
        let (tensor, tensor_name) = found.tensor.clone().unzip();
        Self {
            operator: found.operator.as_ref().map(|it| it.index),
            name: found.operator.as_ref().map(|it| it.name.clone()),
            tensor,
            tensor_name,
            problem: found.problem.clone(),
            help: found.help.clone(),
        }
    }
}

fn on_board(board: &Board, model_bytes: usize, footprint: Option<Footprint>) -> OnBoard {
    let left = |available: u32, needed: u64| i64::from(available) - needed as i64;
    let flash_left_bytes = left(board.memory.flash.length, model_bytes as u64);
    OnBoard {
        name: board.name.clone(),
        flash_bytes: board.memory.flash.length.into(),
        ram_bytes: board.memory.all_ram().length.into(),
        fits: match footprint {
            Some(footprint) => Some(footprint.shortage(board).is_none()),
            None => (flash_left_bytes < 0).then_some(false),
        },
        flash_left_bytes,
        ram_left_bytes: footprint.map(|it| left(board.memory.all_ram().length, it.ram)),
    }
}

/// Which memory an [`OnBoard`] lacks, and by how many bytes.
pub fn lacking(board: &OnBoard) -> Option<(MemoryKind, u64)> {
    let ram = board.ram_left_bytes.unwrap_or(0);
    [
        (MemoryKind::Flash, board.flash_left_bytes),
        (MemoryKind::Ram, ram),
    ]
    .into_iter()
    .find(|(_, left)| *left < 0)
    .map(|(memory, left)| (memory, left.unsigned_abs()))
}

#[cfg(test)]
mod tests;
