//! The user's own model, with the vectors and labels that are given for it.

use std::path::Path;

use tinybench_interpreter::ElementType;
use tinybench_record::InputSource;

use super::seeded::{seeded_bytes, seeded_values};
use super::{
    Checked, Judgement, Metric, SEED, SEEDED_VECTORS, Subject, SubjectError, VectorCount, Vectors,
    error, name_of, plain, stem,
};
use crate::board::Board;
use crate::runtimes::{HostRuntime, RuntimeError, TensorFacts};
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
                let made = checked.seeded(length, steps, runtime)?;
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

    /// Vectors of `length` bytes from [`SEED`], with the first [`Integers`] that the model can run with.
    fn seeded(
        &self,
        length: usize,
        steps: usize,
        runtime: &dyn HostRuntime,
    ) -> Result<Vectors, SubjectError> {
        let made = |integers| {
            let inputs = seeded(length, &self.facts.input_tensors, integers);
            self.computed(inputs, steps, InputSource::Seeded, runtime)
        };
        let refused = |made: &Result<Vectors, SubjectError>| {
            matches!(
                made,
                Err(SubjectError::Model {
                    source: RuntimeError::Inputs { .. },
                    ..
                })
            )
        };
        let first = made(Integers::Small);
        let mut tensors = self.facts.input_tensors.iter();
        if !refused(&first) || !tensors.any(|it| integer_bytes(it.element_type).is_some()) {
            return first;
        }
        let mut others = [
            Integers::Few,
            Integers::ZeroOrOne,
            Integers::One,
            Integers::Zero,
        ]
        .into_iter()
        .map(made);
        others.find(|it| !refused(it)).unwrap_or(first)
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
            reference: runtime.reference(&self.model),
            steps,
        })
    }
}

/// What integers of 32 and 64 bits may be in inputs that are made up: a model may take them for positions in
/// a table, sizes, or what a loop counts from.
#[derive(Clone, Copy, Debug)]
enum Integers {
    /// From -128 to 127.
    Small,
    /// From 0 to 127.
    Few,
    /// 0 or 1.
    ZeroOrOne,
    /// 1.
    One,
    /// 0.
    Zero,
}

impl Integers {
    /// Makes such of little-endian elements of `size` bytes, by their lowest bytes.
    fn restrict(self, part: &mut [u8], size: usize) {
        for element in part.chunks_mut(size) {
            let low = match self {
                Self::Small => element[0],
                Self::Few => element[0] & 0x7f,
                Self::ZeroOrOne => element[0] & 1,
                Self::One => 1,
                Self::Zero => 0,
            };
            let is_negative = low & 0x80 != 0;
            element.fill(if is_negative { 0xff } else { 0 });
            element[0] = low;
        }
    }
}

/// Bytes of a signed integer that may be a position or a size.
fn integer_bytes(element_type: ElementType) -> Option<usize> {
    match element_type {
        ElementType::Int32 => Some(4),
        ElementType::Int64 => Some(8),
        _ => None,
    }
}

/// `length` bytes of inputs from [`SEED`]: real values from -1 to 1, booleans, `integers`, and elements of
/// any other type as the bytes fall.
fn seeded(length: usize, tensors: &[TensorFacts], integers: Integers) -> Vec<u8> {
    let mut bytes = seeded_bytes(SEED, length);
    let mut rest = &mut bytes[..];
    while !rest.is_empty() {
        for tensor in tensors {
            let (part, after) = rest.split_at_mut(tensor.bytes.min(rest.len()));
            match tensor.element_type {
                ElementType::Float32 => part.copy_from_slice(&seeded_values(part)),
                ElementType::Bool => part.iter_mut().for_each(|it| *it &= 1),
                other => {
                    if let Some(bytes) = integer_bytes(other) {
                        integers.restrict(part, bytes);
                    }
                }
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
        let bytes = seeded(26, &tensors, Integers::Zero);
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
    #[test]
    fn integers_are_small_or_few() {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let tensors = [
            TensorFacts::flat(64, ElementType::Int32, one),
            TensorFacts::flat(64, ElementType::Int64, one),
        ];
        let made = |integers| seeded(128, &tensors, integers);
        let ends = |integers| {
            let bytes = made(integers);
            let (words, _) = bytes[..64].as_chunks::<4>();
            let values: Vec<i32> = words.iter().map(|it| i32::from_le_bytes(*it)).collect();
            let (longs, _) = bytes[64..].as_chunks::<8>();
            let all = longs.iter().map(|it| i64::from_le_bytes(*it));
            let all: Vec<i64> = all.chain(values.into_iter().map(i64::from)).collect();
            [*all.iter().min().unwrap(), *all.iter().max().unwrap()]
        };
        let [least, most] = ends(Integers::Small);
        assert!(
            (-128..-64).contains(&least) && (64..128).contains(&most),
            "{least} {most}"
        );
        let [least, most] = ends(Integers::Few);
        assert!(
            (0..64).contains(&least) && (64..128).contains(&most),
            "{least} {most}"
        );
        let few = made(Integers::ZeroOrOne);
        let elements = few[..64].chunks(4).chain(few[64..].chunks(8));
        let (zeros, ones): (Vec<_>, Vec<_>) = elements.partition(|it| it[0] == 0);
        assert!(zeros.len() > 4 && ones.len() > 4, "{few:?}");
        assert_eq!(
            few.iter().map(|it| usize::from(*it)).sum::<usize>(),
            ones.len()
        );
        let each = |integers| made(integers).iter().filter(|it| **it == 1).count();
        assert_eq!([each(Integers::One), each(Integers::Zero)], [24, 0]);
    }
}
