//! A fetched model with its benchmark's own data set in place of vectors from a seed.

use std::path::{Path, PathBuf};

use tinybench_interpreter::ElementType;
use tinybench_pipeline::Quantisation;
use tinybench_record::InputSource;
use tinybench_support::files;
use tinybench_support::progress::Progress;

use super::{Checked, Judgement, Metric, Samples, Subject, SubjectError, VectorCount, Vectors};
use crate::board::Board;
use crate::dataset::{self, Dataset, Sample, Task};
use crate::runtimes::{HostRuntime, ModelFacts};
use crate::suite::FetchedModel;
use crate::vectors::labels::Labels;
use crate::workload::MAX_DATA_BYTES;
use tinybench_support::float;

/// What is run of a data set.
#[derive(Clone, Copy, Debug)]
pub struct OfDataset<'a> {
    /// Where it is, or where the data sets of all benchmarks are, each in its own folder.
    pub folder: &'a Path,
    /// How many samples, spread evenly; all of them by default.
    pub vectors: VectorCount,
}

impl Subject {
    /// A model of a suite that was fetched to `path`, with samples of its benchmark's data set. Inputs are converted
    /// as the benchmark's reference firmware does; outputs are computed by the runtime's portable
    /// kernels on the host.
    ///
    /// # Errors
    /// If the model can't be used, isn't of a benchmark, or is not int8; if the data set can't be
    /// read.
    pub fn from_dataset(
        model: &FetchedModel,
        path: &Path,
        set: OfDataset,
        runtime: &dyn HostRuntime,
        board: &Board,
        progress: &mut Progress,
    ) -> Result<Self, SubjectError> {
        let checked = Checked::new(path, files::read(path, MAX_DATA_BYTES)?, runtime, board)?;
        let other = |problem: String| SubjectError::DatasetOfAnother {
            path: PathBuf::from(path),
            problem,
        };
        let name = model.published.as_deref().unwrap_or(&model.name);
        let task = Task::of_model(name)
            .ok_or_else(|| other(format!("`{name}` is no benchmark of MLPerf Tiny")))?;
        let facts = &checked.facts;
        let values = task.input_bytes() / conversion(task).bytes();
        if facts.input_type != ElementType::Int8 || facts.inputs() != values {
            return Err(other(format!(
                "{} has inputs of {values} values for int8; the model has {} of {}",
                task.name(),
                facts.inputs(),
                facts.input_type
            )));
        }
        let data = Dataset::open(set.folder, task)?;
        let available = data.samples.len();
        let chosen = match set.vectors {
            VectorCount::Default => available,
            other => other.of(available),
        };
        let chosen: Vec<&Sample> = (0..chosen)
            .map(|index| &data.samples[index * available / chosen])
            .collect();
        progress.begin("reading the data set", Some(chosen.len() as u64));
        let read = Read::new(&chosen, task, facts, |inputs| {
            progress.advance(1);
            runtime
                .infer(&checked.model, inputs)
                .map_err(|source| SubjectError::Model {
                    path: PathBuf::from(path),
                    source,
                })
        })?;
        let metric = match task.metric() {
            dataset::Metric::Top1 => Metric::Top1,
            dataset::Metric::Auc => Metric::AucMse,
        };
        let labels = Labels {
            values: chosen.iter().map(|sample| sample.class as f64).collect(),
            width: 1,
        };
        let judgement = Judgement::new(metric, labels, facts, chosen.len());
        let mut judgement = judgement.map_err(|problem| SubjectError::Judgement {
            path: data.folder.join(dataset::LABELS),
            problem,
        })?;
        judgement.real_inputs = read.reals;
        let vectors = Vectors {
            source: InputSource::Dataset,
            seed: None,
            inputs: read.inputs,
            outputs: read.outputs,
            reference: runtime.reference(&checked.model),
            steps: 1,
        };
        Ok(Self {
            available,
            samples: Samples::Windows(read.ends),
            judgement: Some(judgement),
            ..checked.subject(model.name.clone(), vectors)
        })
    }
}

/// The samples of a data set, as the model takes them.
struct Read {
    inputs: Vec<u8>,
    outputs: Vec<u8>,
    /// The inputs before they became int8, where answers are judged by them.
    reals: Option<Vec<f32>>,
    /// Where the windows of each sample end.
    ends: Vec<usize>,
}

impl Read {
    fn new(
        samples: &[&Sample],
        task: Task,
        facts: &ModelFacts,
        mut infer: impl FnMut(&[u8]) -> Result<Vec<u8>, SubjectError>,
    ) -> Result<Self, SubjectError> {
        let conversion = conversion(task);
        let mut read = Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            reals: (conversion == Conversion::Reals).then(Vec::new),
            ends: Vec::new(),
        };
        for sample in samples {
            let begin = read.inputs.len();
            for window in sample.inputs()? {
                read.inputs.extend(conversion.int8(&window, facts.input));
                if let Some(reals) = &mut read.reals {
                    reals.extend(float::values(&window));
                }
            }
            read.outputs.extend(infer(&read.inputs[begin..])?);
            read.ends.push(read.inputs.len() / facts.input_bytes);
        }
        Ok(read)
    }
}

/// How the bytes of a data set become int8, as the reference firmware does it (mlcommons/tiny,
/// `benchmark/reference_submissions/*/submitter_implemented.cpp`, `th_load_tensor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    /// They are.
    None,
    /// Pixels from 0 to 255.
    Pixels,
    /// Real values.
    Reals,
}

fn conversion(task: Task) -> Conversion {
    match task {
        Task::Kws | Task::Sww => Conversion::None,
        Task::Vww | Task::Ic => Conversion::Pixels,
        Task::Ad => Conversion::Reals,
    }
}

impl Conversion {
    /// Bytes of one value in a file.
    fn bytes(self) -> usize {
        match self {
            Self::None | Self::Pixels => 1,
            Self::Reals => 4,
        }
    }

    fn int8(self, bytes: &[u8], quantisation: Quantisation) -> Vec<u8> {
        match self {
            Self::None => bytes.to_vec(),
            Self::Pixels => bytes.iter().map(|pixel| pixel.wrapping_sub(128)).collect(),
            Self::Reals => {
                let steps = |value: f32| {
                    let steps = f64::from((value / quantisation.scale).round())
                        + f64::from(quantisation.zero_point);
                    steps.clamp(f64::from(i8::MIN), f64::from(i8::MAX)) as i8
                };
                let values = float::values(bytes);
                values.map(|value| steps(value).cast_unsigned()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_become_int8_as_in_the_reference_firmware() {
        let quantisation = Quantisation {
            scale: 0.5,
            zero_point: 3,
        };
        let int8 = |conversion: Conversion, bytes: &[u8]| -> Vec<i8> {
            let bytes = conversion.int8(bytes, quantisation);
            bytes.iter().map(|it| it.cast_signed()).collect()
        };
        assert_eq!(int8(Conversion::None, &[0, 255]), [0, -1]);
        assert_eq!(
            int8(Conversion::Pixels, &[0, 127, 128, 255]),
            [-128, -1, 0, 127]
        );
        // Halves are rounded away from zero, and what is out of range goes to its end.
        let values: Vec<u8> = [0.25_f32, -0.25, 1000.0, -1000.0, 1.0]
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect();
        assert_eq!(int8(Conversion::Reals, &values), [4, 2, 127, -128, 5]);
    }
}
