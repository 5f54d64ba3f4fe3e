//! A suite of variants: workloads of the project with other models in their place, which are the
//! same networks with their weights held in another way.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::SuiteError;
use crate::workload::MAX_DATA_BYTES;
use tinybench_support::files;
use tinybench_support::hash::sha256_hex;
use tinybench_support::suggest;

/// Variants of workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    /// The suite's name.
    pub suite: String,
    /// What made the reference outputs of models that the suite brings.
    pub reference: String,
    /// The variants, in the order in which they run.
    pub variants: Vec<Variant>,
    /// The folder with their files.
    pub folder: PathBuf,
}

/// A variant of a workload. Files it doesn't name are the workload's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Name as a workload.
    pub name: String,
    /// Name in words.
    pub title: String,
    /// The workload it is a variant of.
    pub workload: String,
    /// Share of the weights that pruning set to 0, 0 to 1.
    pub sparsity: f64,
    /// Whether the weights are put into a Huffman code before the model is measured.
    pub huffman: bool,
    /// Quality on the whole test set, as it was when the model was made.
    pub quality: Option<VariantQuality>,
    /// File of the model.
    pub model: Option<String>,
    /// SHA-256 of that file.
    pub model_sha256: Option<String>,
    /// File of inputs, int8, one vector after the other.
    pub inputs: Option<String>,
    /// SHA-256 of that file.
    pub inputs_sha256: Option<String>,
    /// File of reference outputs, of the type of the model's output.
    pub outputs: Option<String>,
    /// SHA-256 of that file.
    pub outputs_sha256: Option<String>,
    /// By how much float32 outputs may differ from the reference, relative to the largest of them.
    pub tolerance: Option<f64>,
}

/// Quality on a whole test set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantQuality {
    /// Name of the metric.
    pub metric: String,
    /// Its value, 0 to 1.
    pub value: f64,
    /// Size of the test set.
    pub samples: u64,
}

impl Variants {
    /// Checks what the suite's file says. The error says what is wrong.
    pub(super) fn check(&self) -> Result<(), String> {
        for variant in &self.variants {
            let problem = |text: &str| Err(format!("variant `{}`: {text}", variant.name));
            let files = [
                (&variant.model, &variant.model_sha256, "model"),
                (&variant.inputs, &variant.inputs_sha256, "inputs"),
                (&variant.outputs, &variant.outputs_sha256, "outputs"),
            ];
            for (file, sha256, what) in files {
                if file.is_some() != sha256.is_some() {
                    return problem(&format!("{what} and {what}_sha256 go together"));
                }
                let is_name = |name: &str| Path::new(name).file_name().is_some_and(|it| it == name);
                if file.as_deref().is_some_and(|file| !is_name(file)) {
                    return problem(&format!("{what} must be the name of a file"));
                }
            }
            if variant.model.is_some() != variant.outputs.is_some() {
                return problem("a model of its own needs outputs of its own");
            }
            let shares = [Some(variant.sparsity), self.value(variant)];
            if shares
                .into_iter()
                .flatten()
                .any(|it| !(0.0..=1.0).contains(&it))
            {
                return problem("sparsity and quality.value must be 0 to 1");
            }
            if variant
                .tolerance
                .is_some_and(|it| !it.is_finite() || it < 0.0)
            {
                return problem("tolerance must be a number from 0 on");
            }
            let same = self
                .variants
                .iter()
                .filter(|other| other.name == variant.name);
            if same.count() > 1 {
                return problem("there are two of this name");
            }
        }
        Ok(())
    }

    fn value(&self, variant: &Variant) -> Option<f64> {
        variant.quality.as_ref().map(|quality| quality.value)
    }

    /// The variants that are called `names`; all if there are no names.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Variant>, SuiteError> {
        if names.is_empty() {
            return Ok(self.variants.iter().collect());
        }
        let find = |name: &String| {
            let found = self.variants.iter().find(|variant| variant.name == *name);
            found.ok_or_else(|| SuiteError::NoSuchModel {
                suite: self.suite.clone(),
                name: name.clone(),
                hint: suggest::hint(
                    name,
                    &self
                        .variants
                        .iter()
                        .map(|it| it.name.clone())
                        .collect::<Vec<_>>(),
                ),
            })
        };
        names.iter().map(find).collect()
    }

    /// Reads a file of the suite and compares it with its hash.
    pub fn read(&self, file: &str, sha256: &str) -> Result<Vec<u8>, SuiteError> {
        let path = self.folder.join(file);
        let bytes = files::read(&path, MAX_DATA_BYTES)?;
        let actual = sha256_hex(&bytes);
        if actual != sha256 {
            return Err(SuiteError::File {
                path,
                problem: format!(
                    "it has SHA-256 {actual}, the suite says {sha256}: the file was changed or is \
                     incomplete"
                ),
            });
        }
        Ok(bytes)
    }
}
