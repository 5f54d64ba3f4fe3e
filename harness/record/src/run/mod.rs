//! One run, what it ran on, and its results.

mod asked;
mod baseline;
mod failure;
mod places;

pub use asked::Asked;
pub use baseline::{BaselineName, InvalidBaselineName};
pub use failure::{Failure, FailureKind};
pub use places::Places;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinybench_support::exits_with;

use crate::latency::Fidelity;
use crate::result::{Compression, RunResult};
use crate::schema;
use crate::values::Other;

/// The `schema` field of the records this version writes.
pub const SCHEMA: &str = "tinybench.run/1";

/// What comes before the major version in the `schema` field.
const SCHEMA_PREFIX: &str = "tinybench.run/";

/// Longest name of a board, workload, model, runtime or commit, bytes.
pub const MAX_NAME: usize = 200;

/// A time as records have it. Runs follow each other in less than a second: it has milliseconds.
pub fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The major version this tinybench reads and writes.
const SCHEMA_MAJOR: u32 = 1;

/// One run of `tinybench run`: one board, one or more workloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// `tinybench.run/` and the major version of the format.
    #[schemars(regex(pattern = r"^tinybench\.run/1$"))]
    pub schema: String,
    /// The harness that made the record.
    pub tinybench: Tinybench,
    /// The commands that make this record, in their order; empty where that isn't known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub asked: Vec<Asked>,
    /// When the run began, UTC, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The commit of the user's project that was measured, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<Commit>,
    /// The board that was measured, as its board file describes it.
    pub board: Board,
    /// What the image ran on.
    pub execution: Execution,
    /// What the firmware was compiled with; absent where others built it, or where none was built.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub toolchain: Option<Toolchain>,
    /// Which part of a run this is, if the run was split over several jobs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<Shard>,
    /// One entry a workload and runtime that was measured.
    pub results: Vec<RunResult>,
    /// One entry a workload and runtime that gave no result.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failures: Vec<Failure>,
    /// Variants of a workload that don't fit the board.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<LeftOut>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tinybench {
    /// Version of the harness.
    pub version: String,
    /// Commit of the project the firmware was built from, `-dirty` appended if files differed from
    /// it; null outside git.
    pub commit: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A commit of the user's project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its id, `-dirty` appended if files differed from it.
    pub id: String,
    /// When it was committed, UTC, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(extend("format" = "date-time"))]
    pub time: Option<String>,
    /// Where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// The release that it is: a tag on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub release: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// Short name.
    pub name: String,
    /// Chip, as probe-rs spells it.
    pub chip: String,
    /// Processor core.
    pub core: String,
    /// Clock of the core, Hz.
    pub clock_hz: u64,
    /// Whether the instruction cache was on; null if the chip has no such setting, or if it is the
    /// business of firmware that isn't tinybench's.
    pub instruction_cache: Option<bool>,
    /// Whether the cache of data in flash was on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data_cache: Option<bool>,
    /// Whether the flash was read ahead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prefetch: Option<bool>,
    /// Wait states of the flash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wait_states: Option<u8>,
    /// Whether the flash was two banks, or one that is read at twice the width.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dual_bank: Option<bool>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What the image ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    /// Real or virtual.
    pub kind: ExecutionKind,
    /// The probe's name, and its serial number if it has one.
    pub probe: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Whether the target was a real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionKind {
    /// A real board behind a debug probe.
    Probe,
    /// A virtual board.
    Virtual,
}

impl ExecutionKind {
    /// What times on such a target are.
    pub fn fidelity(self) -> Fidelity {
        match self {
            Self::Probe => Fidelity::Measured,
            Self::Virtual => Fidelity::Modelled,
        }
    }
}

/// The compiler and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Toolchain {
    /// Version of rustc.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Optimisation level of the kernels, and of the whole runtime for classical models.
    pub opt_level: String,
    /// Further flags that change the code.
    pub flags: Vec<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Number of the part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// What all parts together run, in the order of a run that isn't split.
    pub subjects: Vec<ShardSubject>,
}

/// Something that is run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ShardSubject {
    /// Name of the workload.
    pub workload: String,
    /// Name of the runtime.
    pub runtime: String,
}

/// A variant of a workload that wasn't run, as it doesn't fit the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Name of the variant.
    pub workload: String,
    /// Why it doesn't fit.
    pub reason: String,
    /// Size of its model file.
    pub model_bytes: u64,
    /// How its weights are held.
    pub compression: Compression,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}
/// A record can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It isn't JSON, or lacks a field.
    #[error("not a run record: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The `schema` field is missing or of another kind of file.
    #[error("not a run record: its `schema` is {0}, not `{SCHEMA}`")]
    NotARunRecord(String),
    /// It was made by a newer, incompatible version.
    #[error(
        "the record has format `{found}`, and this version of tinybench reads up to `{SCHEMA}`: \
         use a newer tinybench"
    )]
    Newer {
        /// The record's `schema` field.
        found: String,
    },
}

exits_with!(RecordError => Input);

impl RunRecord {
    /// Reads a record from JSON text.
    pub fn parse(text: &[u8]) -> Result<Self, RecordError> {
        let value: Value = serde_json::from_slice(text)?;
        let schema = value.get("schema");
        let Some(found) = schema.and_then(Value::as_str) else {
            return Err(RecordError::NotARunRecord(
                schema.map_or("missing".to_owned(), Value::to_string),
            ));
        };
        match found
            .strip_prefix(SCHEMA_PREFIX)
            .and_then(|major| major.parse::<u32>().ok())
        {
            Some(SCHEMA_MAJOR) => Ok(serde_json::from_value(value)?),
            Some(newer) if newer > SCHEMA_MAJOR => Err(RecordError::Newer {
                found: found.to_owned(),
            }),
            _ => Err(RecordError::NotARunRecord(format!("`{found}`"))),
        }
    }

    /// The record as JSON text, indented, with a newline at the end. Fails if a number isn't
    /// finite.
    pub fn to_json(&self) -> Result<String, RecordError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// The JSON Schema of a record, as JSON text.
    pub fn json_schema() -> String {
        schema::text::<Self>("tinybench run record")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::example::{example, with_failures};

    fn value(record: &RunRecord) -> Value {
        serde_json::from_str(&record.to_json().unwrap()).unwrap()
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        for record in [example(), with_failures()] {
            assert_eq!(
                RunRecord::parse(record.to_json().unwrap().as_bytes()).unwrap(),
                record
            );
        }
        assert!(value(&example()).get("failures").is_none());
    }

    #[test]
    fn unknown_fields_are_kept_at_every_level() {
        let mut text = value(&with_failures());
        text["weather"] = json!("fine");
        text["failures"][0]["kind"] = json!("struck-by-lightning");
        text["failures"][0]["strikes"] = json!(2);
        text["board"]["colour"] = json!({ "solder_mask": "blue" });
        text["results"][0]["latency"]["percentiles"] = json!([1, 2.5]);
        text["results"][0]["outputs"]["cosine"] = json!(u64::MAX);
        let record = RunRecord::parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(value(&record), text);
    }

    #[test]
    fn a_newer_major_version_is_refused() {
        let mut text = value(&example());
        text["schema"] = json!("tinybench.run/2");
        let error = RunRecord::parse(text.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the record has format `tinybench.run/2`, and this version of tinybench reads up to \
             `tinybench.run/1`: use a newer tinybench"
        );
    }

    #[test]
    fn other_files_are_refused() {
        for (text, expected) in [
            (
                "[]",
                "not a run record: its `schema` is missing, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": 1}"#,
                "not a run record: its `schema` is 1, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": "tinybench.run/x"}"#,
                "not a run record: its `schema` is `tinybench.run/x`, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": "tinybench.run/1"}"#,
                "not a run record: missing field `tinybench`",
            ),
            (
                "{",
                "not a run record: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            assert_eq!(
                RunRecord::parse(text.as_bytes()).unwrap_err().to_string(),
                expected
            );
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_not_written() {
        let mut record = example();
        record.results[0].latency.median_us = f64::INFINITY;
        let error = record.to_json().unwrap_err().to_string();
        assert!(error.contains("inf is not a finite number"), "{error}");
    }

    #[test]
    fn the_schema_file_is_up_to_date() {
        schema::assert_published("run-record.schema.json", &RunRecord::json_schema());
    }

    #[test]
    fn records_validate_against_the_schema_and_damaged_ones_do_not() {
        let schema = serde_json::from_str(&RunRecord::json_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = value(&with_failures());
        assert!(validator.is_valid(&good));
        assert!(validator.is_valid(&value(&example())));
        let mut extended = good.clone();
        extended["results"][0]["memory"]["heap_bytes"] = json!(0);
        extended["failures"][0]["kind"] = json!("struck-by-lightning");
        assert!(validator.is_valid(&extended));
        for (pointer, bad) in [
            ("/schema", json!("tinybench.run/2")),
            ("/board/clock_hz", json!("64 MHz")),
            ("/execution/kind", json!("imagined")),
            ("/results/0/latency/cycles/0", json!(-1)),
            ("/results/0/latency/fidelity", json!("guessed")),
            ("/results/0/model/sha256", json!("abc")),
            ("/results/0/flash", json!("84 KB")),
            ("/failures/0/kind", json!(3)),
            ("/failures/0/exit_code", json!(0)),
        ] {
            let mut damaged = good.clone();
            *damaged.pointer_mut(pointer).unwrap() = bad;
            assert!(!validator.is_valid(&damaged), "{pointer}");
        }
    }
}
