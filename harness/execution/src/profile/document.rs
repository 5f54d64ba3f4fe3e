//! A profile as a document of its own: `results/profile.schema.json`.

use schemars::JsonSchema;
use serde::Serialize;
use tinybench_inputs::board::Board;
use tinybench_record::{Profile, RunResult, schema};

/// Name and major version of the format.
pub const SCHEMA: &str = "tinybench.profile/1";

/// Where the cycles of an inference went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// Name of the workload, or the stem of the model's file.
    pub workload: String,
    /// Name of the board.
    pub board: String,
    /// Clock of its core, Hz.
    pub clock_hz: u64,
    /// Name of the inference engine.
    pub runtime: String,
    /// As in a run record.
    pub profile: Profile,
}

impl Document {
    /// Of a result and its profile.
    pub fn of(board: &Board, result: &RunResult, profile: &Profile) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            workload: result.workload.clone(),
            board: board.name.clone(),
            clock_hz: board.clock_hz,
            runtime: result.runtime.name.clone(),
            profile: profile.clone(),
        }
    }

    /// The JSON Schema of the format.
    pub fn json_schema() -> String {
        schema::text::<Self>("tinybench profile")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_is_up_to_date() {
        schema::assert_published("profile.schema.json", &Document::json_schema());
    }
}
