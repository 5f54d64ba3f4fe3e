//! A variant of a workload as what is measured.

use std::path::{Path, PathBuf};

use tinybench_interpreter::ElementType;
use tinybench_pipeline::Quantisation;

use super::{Checked, Judgement, Subject, SubjectError, Vectors};
use crate::board::Board;
use crate::compress;
use crate::runtimes::HostRuntime;
use crate::suite::variants::{Variant, Variants};
use crate::workload::Workload;
use tinybench_record::{self as record, InputSource, Other};
use tinybench_support::files;
use tinybench_support::float;

/// Whether a variant fits the board.
#[derive(Debug)]
pub enum Placed {
    /// It does.
    Fits(Box<Subject>),
    /// It doesn't.
    TooBig {
        /// What the record says about it.
        left_out: Box<record::LeftOut>,
        /// The same as an error.
        error: SubjectError,
    },
}

impl Subject {
    /// A variant of `workload`. A model whose weights are to be coded is written to the folder
    /// `compressed`, from where firmware is built with it.
    ///
    /// A float32 model gets the real values of the workload's int8 inputs, so that all variants
    /// are asked the same.
    pub fn from_variant(
        variants: &Variants,
        variant: &Variant,
        workload: Workload,
        compressed: &Path,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Placed, SubjectError> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |source| SubjectError::Model { path, source }
        };
        let file = |name: &Option<String>, sha256: &Option<String>, own: Vec<u8>| match name
            .as_deref()
            .zip(sha256.as_deref())
        {
            Some((name, sha256)) => variants.read(name, sha256),
            None => Ok(own),
        };
        let original = runtime
            .inspect(&workload.model)
            .map_err(refused(&workload.model_path))?;
        let mut path = match &variant.model {
            Some(name) => variants.folder.join(name),
            None => workload.model_path.clone(),
        };
        let mut model = file(&variant.model, &variant.model_sha256, workload.model)?;
        if variant.huffman {
            let coded = compress::compress(&model).map_err(|source| SubjectError::Compress {
                path: path.clone(),
                source,
            })?;
            (path, model) = (keep(&coded.file, compressed, &variant.name)?, coded.file);
        }
        let model_bytes = model.len() as u64;
        let element_type = runtime.inspect(&model).map_err(refused(&path))?.input_type;
        let checked = match Checked::new(&path, model, runtime, board) {
            Ok(checked) => checked,
            Err(error) if error.is_too_big() => {
                let left_out = record::LeftOut {
                    workload: variant.name.clone(),
                    reason: error.to_string(),
                    model_bytes,
                    compression: compression(variant, element_type),
                    other: Other::new(),
                };
                let left_out = Box::new(left_out);
                return Ok(Placed::TooBig { left_out, error });
            }
            Err(error) => return Err(error),
        };
        let mut inputs = file(&variant.inputs, &variant.inputs_sha256, workload.inputs)?;
        if checked.facts.input_type == ElementType::Float32 {
            inputs = real_values(&inputs, original.input);
        }
        let outputs = file(&variant.outputs, &variant.outputs_sha256, workload.outputs)?;
        let name_of = |own: &Option<String>, workload: &str| match own {
            Some(name) => variants.folder.join(name),
            None => Path::new(workload).to_owned(),
        };
        let card = workload.card;
        let inputs_path = name_of(&variant.inputs, &card.vectors.inputs);
        let count = checked.count(&inputs_path, inputs.len())?;
        let expected = card.vectors.count;
        if count != expected {
            return Err(SubjectError::Size {
                path: inputs_path,
                bytes: inputs.len(),
                expected: format!("the {expected} vectors of `{}`", card.name),
            });
        }
        let outputs_path = name_of(&variant.outputs, &card.vectors.outputs);
        checked.check_outputs(&outputs_path, outputs.len(), count)?;
        checked
            .check_card(&card)
            .map_err(|problem| SubjectError::Card { path, problem })?;
        let compression = compression(variant, checked.facts.input_type);
        let reference = match variant.outputs {
            Some(_) => variants.reference.clone(),
            None => card.vectors.reference,
        };
        let vectors = Vectors {
            source: InputSource::Workload,
            seed: None,
            inputs,
            outputs,
            reference,
            steps: 1,
        };
        Ok(Placed::Fits(Box::new(Self {
            judgement: (card.task.as_ref().zip(workload.labels))
                .map(|(task, labels)| Judgement::of_card(task.kind, &labels)),
            task: card.task.map(|task| task.kind),
            tolerance: variant.tolerance.unwrap_or(float::TOLERANCE),
            compression: Some(compression),
            ..checked.subject(variant.name.clone(), vectors)
        })))
    }
}

/// How the weights of a variant are held.
fn compression(variant: &Variant, weights: ElementType) -> record::Compression {
    let test_set = variant
        .quality
        .as_ref()
        .map(|it| record::Quality::new(it.metric.as_str(), it.value, it.samples));
    record::Compression {
        workload: variant.workload.clone(),
        weights: weights.to_string(),
        sparsity: variant.sparsity,
        coding: if variant.huffman { "huffman" } else { "none" }.to_owned(),
        test_set,
        other: Other::new(),
    }
}

/// Writes a compressed model, unless it is there already.
fn keep(file: &[u8], folder: &Path, name: &str) -> Result<PathBuf, SubjectError> {
    let path = folder.join(name).with_extension(compress::EXTENSION);
    if !std::fs::read(&path).is_ok_and(|found| found == file) {
        std::fs::create_dir_all(folder).map_err(|source| SubjectError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        files::write(&path, file)?;
    }
    Ok(path)
}

/// What int8 values stand for, as float32, little-endian.
fn real_values(stored: &[u8], quantisation: Quantisation) -> Vec<u8> {
    let real = |value: &u8| {
        let steps = i32::from(value.cast_signed()) - quantisation.zero_point;
        // Rounded once, as by whoever made the reference outputs.
        (f64::from(quantisation.scale) * f64::from(steps)) as f32
    };
    stored
        .iter()
        .flat_map(|it| real(it).to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Boards;
    use crate::runtimes::Interpreter;
    use crate::suite::{Contents, Suite};
    use crate::workload::Workloads;

    /// What the tolerance allows is far more than what differs between the host and TensorFlow Lite
    /// Micro.
    #[test]
    fn float32_outputs_on_the_host_are_well_within_the_tolerance() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let suite = Suite::load(&root.join("workloads/suites"), "compression").unwrap();
        let Contents::Variants(variants) = &suite.contents else {
            panic!("{} has no variants", suite.name);
        };
        let workloads = Workloads::open(&[root.join("workloads/models")]).unwrap();
        let boards = Boards::open(&[root.join("targets/boards")]).unwrap();
        let board = boards.load("nucleo-l4r5zi").unwrap().board;
        for name in ["ad-float32", "kws-float32"] {
            let variant = variants.variants.iter().find(|it| it.name == name).unwrap();
            let workload = workloads.load(&variant.workload).unwrap();
            let folder = Path::new("not written to");
            let placed =
                Subject::from_variant(variants, variant, workload, folder, &Interpreter, &board);
            let Placed::Fits(subject) = placed.unwrap() else {
                panic!("{name} is too big");
            };
            let inputs = &subject.inputs[..24 * subject.facts.input_bytes];
            let outputs = Interpreter.infer(&subject.model, inputs).unwrap();
            let largest =
                float::values(&subject.outputs).fold(0.0_f32, |most, it| most.max(it.abs()));
            let differences = float::values(&outputs).zip(float::values(&subject.outputs));
            let most =
                differences.fold(0.0_f32, |most, (one, other)| most.max((one - other).abs()));
            let relative = f64::from(most / largest);
            println!("{name}: {most:e}, {relative:e} of {largest}");
            assert!(relative <= subject.tolerance / 10.0, "{name}: {relative:e}");
        }
    }

    #[test]
    fn a_float_model_gets_what_the_int8_inputs_stand_for() {
        let quantisation = Quantisation {
            scale: 0.25,
            zero_point: -2,
        };
        let real = real_values(&[0, 0xFE, 0x80, 127], quantisation);
        let values: Vec<f32> = float::values(&real).collect();
        assert_eq!(values, [0.5, 0.0, -31.5, 32.25]);
    }
}
