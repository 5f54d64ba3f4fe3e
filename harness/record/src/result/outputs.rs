//! How outputs compare with their reference.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quality::Areas;
use crate::values::{Other, finite};

/// How the outputs compare with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// What made the reference outputs.
    pub reference: String,
    /// How many input vectors were run.
    pub vectors: u64,
    /// How many output bytes were compared.
    pub bytes_compared: u64,
    /// How many of them differ.
    pub mismatches: u64,
    /// The largest difference of two int8 values.
    pub max_abs_diff: u32,
    /// Whether all are equal, within the tolerance of float32 ones, or as `agreement` says.
    pub verified: bool,
    /// Where they differ most; absent where they don't.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub largest_difference: Option<Difference>,
    /// How they were compared where they needn't be equal, and what was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<Agreement>,
    /// How float32 outputs compare, which are equal within a tolerance. A mismatch is then a byte
    /// of a value outside of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub float: Option<FloatOutputs>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A value that isn't the reference's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Index of the vector in the reference.
    pub vector: u64,
    /// Which of the inferences that the vector is made of, if it is of several: `step` or `window`, and
    /// its index.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<String>,
    /// Name of the output, if there are several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<String>,
    /// Index of the element in that output.
    pub index: u64,
    /// The reference.
    #[serde(serialize_with = "finite")]
    pub reference: f64,
    /// What the target computed.
    #[serde(serialize_with = "finite")]
    pub found: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// How outputs were compared that needn't be equal to the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// What was asked for.
    pub kind: AgreementKind,
    /// The largest difference that is allowed, in steps of the output's scale.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub steps: Option<u32>,
    /// How many answers were compared, where these have to agree.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answers: Option<u64>,
    /// What was compared where anomalies have to be told as well as by the reference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auc: Option<Areas>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What outputs have in common with the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgreementKind {
    /// Each value is within so many steps of the output's scale.
    Steps,
    /// The largest value of the first output is at the same place.
    Answer,
    /// Anomalies are told as well: the areas under the receiver operating characteristic are close.
    Auc,
}

/// How float32 outputs compare with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FloatOutputs {
    /// How many values were compared.
    pub values_compared: u64,
    /// The largest difference.
    #[serde(serialize_with = "finite")]
    pub max_abs_diff: f64,
    /// The largest that was allowed, in records where it was absolute.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tolerance: Option<f64>,
    /// The largest difference, relative to the largest value of the reference for that output.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_relative_diff: Option<f64>,
    /// The largest of these that is allowed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relative_tolerance: Option<f64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl FloatOutputs {
    /// Whether the largest difference is one that is allowed.
    pub fn within_tolerance(&self) -> bool {
        let absolute = self.tolerance.is_none_or(|most| self.max_abs_diff <= most);
        let relative = self.max_relative_diff.zip(self.relative_tolerance);
        let relative = relative.is_none_or(|(found, most)| found >= 0.0 && found <= most);
        self.max_abs_diff >= 0.0 && absolute && relative
    }
}
