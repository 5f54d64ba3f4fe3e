//! The user's own model, with the vectors and labels that are given for it.

use std::path::Path;

use tinybench_interpreter::ElementType;
use tinybench_record::InputSource;

use super::seeded::{seeded_bytes, seeded_values};
use super::{
    Checked, Judgement, Metric, SEED, SEEDED_VECTORS, Subject, SubjectError, VectorCount, Vectors,
    error, name_of, plain, portable_kernels, stem,
};
use crate::board::Board;
use crate::runtimes::{HostRuntime, TensorFacts};
use crate::vectors::labels::Labels;
use crate::vectors::{self, Side, Values, VectorsError};

/// Where the vectors of a model are from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source<'a> {
    /// Inputs are made from [`SEED`], outputs computed by the runtime's portable kernels on the host.
    #[default]
    Seed,
    /// Inputs are in this folder, outputs computed.
    Inputs(&'a Path),
    /// Inputs and outputs are in this folder.
    Reference(&'a Path),
}

/// What the user gives with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// Where its vectors are from.
    pub source: Source<'a>,
    /// Steps of each vector, which is a sequence if that is more than one.
    pub steps: usize,
    /// A file of labels, and how answers are judged by them.
    pub labels: Option<(&'a Path, Metric)>,
    /// How many vectors are made where they are made from the seed.
    pub vectors: VectorCount,
}

impl Subject {
    /// The user's own model. See [`vectors`] for the files that it may come with.
    ///
    /// # Errors
    /// If the runtime refuses the model or it doesn't fit the board; if a file of vectors or labels
    /// can't be read or doesn't belong to the model.
    pub fn from_model(
        path: &Path,
        model: Vec<u8>,
        given: &Given,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Self, SubjectError> {
        let checked = Checked::new(path, model, runtime, board)?;
        let steps = given.steps.max(1);
        let vectors = match given.source {
            Source::Reference(folder) => checked.read_reference(folder, &stem(path), steps)?,
            Source::Inputs(folder) => {
                let inputs = checked.read_inputs(folder, &stem(path), steps)?.bytes;
                checked.computed(inputs, steps, InputSource::Reference, runtime)?
            }
            Source::Seed => {
                let count = match given.vectors {
                    VectorCount::Count(count) => count,
                    VectorCount::All | VectorCount::Default => SEEDED_VECTORS,
                };
                let each = checked.facts.input_bytes.saturating_mul(steps);
                let length = count
                    .checked_mul(each)
                    .filter(|it| *it <= error::MAX_SEEDED_BYTES);
                let length = length.ok_or(SubjectError::TooManyVectors { count, each })?;
                let inputs = seeded(length, &checked.facts.input_tensors);
                let made = checked.computed(inputs, steps, InputSource::Seeded, runtime)?;
                Vectors {
                    seed: Some(SEED),
                    ..made
                }
            }
        };
        let mut subject = checked.subject(name_of(path), vectors);
        if let Some((path, metric)) = given.labels {
            let labels = Labels::load(path)?;
            let judgement = Judgement::new(metric, labels, &subject.facts, subject.samples.count());
            let judgement = judgement.map_err(|problem| SubjectError::Judgement {
                path: path.to_owned(),
                problem,
            })?;
            subject.judgement = Some(judgement);
        }
        Ok(subject)
    }
}

impl Checked {
    /// Reads inputs and outputs in `folder` of a model whose file has the stem `stem`.
    pub(super) fn read_reference(
        &self,
        folder: &Path,
        stem: &str,
        steps: usize,
    ) -> Result<Vectors, SubjectError> {
        let inputs = self.read_inputs(folder, stem, steps)?;
        let tensors = &self.facts.output_tensors;
        let side = match vectors::are_there(folder, stem, Side::DeviceOutputs, tensors) {
            true => Side::DeviceOutputs,
            false => Side::Outputs,
        };
        let outputs = vectors::read(folder, stem, side, tensors, steps)?;
        let count = inputs.bytes.len() / self.facts.input_bytes;
        let each = self.facts.output_bytes;
        if outputs.bytes.len().is_multiple_of(each) && outputs.bytes.len() != count * each {
            return Err(VectorsError::Counts {
                first: inputs.path.display().to_string(),
                first_count: count,
                second: outputs.path.display().to_string(),
                second_count: outputs.bytes.len() / each,
            }
            .into());
        }
        self.check_outputs(&outputs.path, outputs.bytes.len(), count)?;
        let name = outputs.path.file_name().unwrap_or_default();
        Ok(Vectors {
            source: InputSource::Reference,
            seed: None,
            inputs: inputs.bytes,
            outputs: outputs.bytes,
            reference: plain(&name.to_string_lossy()),
            steps,
        })
    }

    /// Reads the inputs alone, which have to be whole sequences.
    fn read_inputs(&self, folder: &Path, stem: &str, steps: usize) -> Result<Values, SubjectError> {
        let tensors = &self.facts.input_tensors;
        let inputs = vectors::read(folder, stem, Side::Inputs, tensors, steps)?;
        let count = self.count(&inputs.path, inputs.bytes.len())?;
        match count.is_multiple_of(steps) {
            true => Ok(inputs),
            false => Err(SubjectError::NoSequences {
                path: inputs.path,
                inputs: count,
                steps,
            }),
        }
    }

    /// Vectors whose outputs the host computes.
    pub(super) fn computed(
        &self,
        inputs: Vec<u8>,
        steps: usize,
        source: InputSource,
        runtime: &dyn HostRuntime,
    ) -> Result<Vectors, SubjectError> {
        let outputs = runtime
            .infer_sequences(&self.model, &inputs, steps)
            .map_err(|source| SubjectError::Model {
                path: self.path.clone(),
                source,
            })?;
        Ok(Vectors {
            source,
            seed: None,
            inputs,
            outputs,
            reference: portable_kernels(runtime),
            steps,
        })
    }
}

/// `length` bytes of inputs from [`SEED`]: real values from -1 to 1, booleans, and elements of any
/// other type as the bytes fall.
fn seeded(length: usize, tensors: &[TensorFacts]) -> Vec<u8> {
    let mut bytes = seeded_bytes(SEED, length);
    let mut rest = &mut bytes[..];
    while !rest.is_empty() {
        for tensor in tensors {
            let (part, after) = rest.split_at_mut(tensor.bytes.min(rest.len()));
            match tensor.element_type {
                ElementType::Float32 => part.copy_from_slice(&seeded_values(part)),
                ElementType::Bool => part.iter_mut().for_each(|it| *it &= 1),
                _ => {}
            }
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use tinybench_pipeline::Quantisation;

    use super::*;

    #[test]
    fn each_tensor_gets_values_of_its_type() {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let tensor = |bytes, element_type| TensorFacts::flat(bytes, element_type, one);
        let tensors = [
            tensor(3, ElementType::Bool),
            tensor(8, ElementType::Float32),
            tensor(2, ElementType::Int8),
        ];
        let bytes = seeded(26, &tensors);
        let raw = seeded_bytes(SEED, 26);
        for vector in [0, 13] {
            assert!(bytes[vector..vector + 3].iter().all(|it| *it <= 1));
            assert_eq!(
                bytes[vector + 3..vector + 11],
                seeded_values(&raw[vector + 3..vector + 11])
            );
            assert_eq!(
                bytes[vector + 11..vector + 13],
                raw[vector + 11..vector + 13]
            );
        }
    }
}
