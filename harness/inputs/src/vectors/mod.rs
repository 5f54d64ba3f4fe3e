//! The user's own vectors: inputs and reference outputs of a model `NAME.tflite`, in the files of a
//! folder. In place of SIDE stands `inputs` or `outputs`, in place of TYPE the tensor's type (`i8`,
//! `u8`, `i16`, `i32`, `u32`, `i64`, `u64`, `f32`), in place of N a tensor's position, from 0:
//!
//! - `NAME.SIDE.npz`: NumPy arrays, called as the model's tensors or `arr_N`;
//! - `NAME.SIDE.npy`: a NumPy array, for a model with one tensor on this side;
//! - `NAME.SIDE.N.npy`: an array for each tensor;
//! - `NAME.SIDE.TYPE`: bare elements, little-endian; a vector after the other, and in a vector a
//!   tensor after the other, all of one type;
//! - `NAME.SIDE.N.TYPE`: the same for each tensor.
//!
//! `NAME.device-outputs` in place of `NAME.outputs` counts where it is: what a device answers where a
//! host answers something else.
//!
//! An array has the model's type. Its shape is that of the tensor behind one dimension for the
//! vectors, or behind two for sequences and their steps; it may lack a first dimension of 1.

mod error;
pub mod labels;
pub mod npy;
pub mod npz;

pub use error::VectorsError;

use std::fmt;
use std::path::{Path, PathBuf};

use tinybench_interpreter::ElementType;
use tinybench_support::files;
use tinybench_support::printable::{printable, printable_path};

use crate::runtimes::TensorFacts;
use crate::workload::MAX_DATA_BYTES;
use error::joined;
use npy::{Array, Dtype, shape_text};
use npz::Archive;

/// What a file has for each vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the model is given.
    Inputs,
    /// What it must answer.
    Outputs,
    /// What it answers on a device, where that isn't what it answers on a host.
    DeviceOutputs,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
            Self::DeviceOutputs => "device-outputs",
        })
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The file, or the first of several.
    pub path: PathBuf,
    /// All vectors, one after the other; in a vector all tensors, one after the other.
    pub bytes: Vec<u8>,
}

/// One way in which the vectors can be there.
enum Form {
    /// Arrays in one archive.
    Archive(String),
    /// An array for each tensor.
    Arrays(Vec<String>),
    /// Bare elements of all tensors.
    Whole(String),
    /// Bare elements of each tensor.
    Parts(Vec<String>),
}

impl Form {
    /// All that there can be for a model, with the names of their files.
    fn all(stem: &str, side: Side, tensors: &[TensorFacts]) -> Vec<Self> {
        let mut forms = vec![Self::Archive(format!("{stem}.{side}.npz"))];
        let first = tensors.first().map(|it| it.element_type);
        if let [_] = tensors {
            forms.push(Self::Arrays(vec![format!("{stem}.{side}.npy")]));
        }
        if let Some(first) = first
            && tensors.iter().all(|it| it.element_type == first)
        {
            forms.push(Self::Whole(format!("{stem}.{side}.{}", ending(first))));
        }
        let each = |ending: &dyn Fn(&TensorFacts) -> &'static str| {
            let names = tensors.iter().enumerate();
            names
                .map(|(position, it)| format!("{stem}.{side}.{position}.{}", ending(it)))
                .collect()
        };
        forms.push(Self::Arrays(each(&|_| "npy")));
        forms.push(Self::Parts(each(&|it| ending(it.element_type))));
        forms
    }

    /// The name of its file, or of the first.
    fn first(&self) -> &str {
        match self {
            Self::Archive(name) | Self::Whole(name) => name,
            Self::Arrays(names) | Self::Parts(names) => names.first().map_or("", String::as_str),
        }
    }
}

/// Whether there is a file for this side.
pub fn are_there(folder: &Path, stem: &str, side: Side, tensors: &[TensorFacts]) -> bool {
    let forms = Form::all(stem, side, tensors);
    forms.iter().any(|it| folder.join(it.first()).exists())
}

/// Reads one side of the vectors of a model whose file has the stem `stem`. A sequence has so many
/// `steps`; 1 where there are none.
///
/// # Errors
/// If there is no such file, or several that say the same; if one can't be read, or isn't what the
/// model's tensors need. The size of a file of bare elements of all tensors isn't looked at.
pub fn read(
    folder: &Path,
    stem: &str,
    side: Side,
    tensors: &[TensorFacts],
    steps: usize,
) -> Result<Values, VectorsError> {
    let forms = Form::all(stem, side, tensors);
    let mut found = forms.iter().filter(|it| folder.join(it.first()).exists());
    let Some(form) = found.next() else {
        return Err(VectorsError::Missing {
            folder: folder.to_owned(),
            names: joined(forms.iter().map(Form::first), "or"),
            hint: hint(folder, stem, side, tensors),
        });
    };
    if let Some(other) = found.next() {
        return Err(VectorsError::Ambiguous {
            folder: folder.to_owned(),
            first: form.first().to_owned(),
            second: other.first().to_owned(),
        });
    }
    let path = folder.join(form.first());
    let parts = match form {
        Form::Whole(_) => {
            let bytes = files::read(&path, MAX_DATA_BYTES)?;
            return Ok(Values { path, bytes });
        }
        Form::Archive(_) => of_archive(&path, side, tensors, steps)?,
        Form::Arrays(names) => {
            let each = names.iter().zip(tensors).map(|(name, tensor)| {
                let path = folder.join(name);
                let file = files::read(&path, MAX_DATA_BYTES)?;
                let array = Array::parse(&file);
                let array = array.map_err(|problem| VectorsError::Array {
                    path: path.clone(),
                    problem,
                })?;
                part(printable_path(&path), array, side, tensor, steps)
            });
            each.collect::<Result<_, _>>()?
        }
        Form::Parts(names) => {
            let each = names.iter().zip(tensors).map(|(name, tensor)| {
                let path = folder.join(name);
                let bytes = files::read(&path, MAX_DATA_BYTES)?;
                if bytes.is_empty() || !bytes.len().is_multiple_of(tensor.bytes) {
                    return Err(VectorsError::Size {
                        path,
                        bytes: bytes.len(),
                        tensor: described(tensor),
                        each: tensor.bytes,
                    });
                }
                Ok(Part {
                    place: printable_path(&path),
                    count: bytes.len() / tensor.bytes,
                    bytes,
                })
            });
            each.collect::<Result<_, _>>()?
        }
    };
    let bytes = interleaved(&parts, tensors)?;
    Ok(Values { path, bytes })
}

/// All vectors of one tensor.
struct Part {
    /// Where they are from, for messages.
    place: String,
    count: usize,
    bytes: Vec<u8>,
}

/// The arrays of an archive, in the order of the tensors.
fn of_archive(
    path: &Path,
    side: Side,
    tensors: &[TensorFacts],
    steps: usize,
) -> Result<Vec<Part>, VectorsError> {
    let refused = |problem| VectorsError::Archive {
        path: path.to_owned(),
        problem,
    };
    let file = files::read(path, MAX_DATA_BYTES)?;
    let mut archive = Archive::open(&file, MAX_DATA_BYTES).map_err(refused)?;
    let names = archive.names();
    let mut parts = Vec::new();
    for (position, tensor) in tensors.iter().enumerate() {
        let wanted = [tensor.name.clone(), format!("arr_{position}")];
        let name = match (wanted.iter().find(|it| names.contains(it)), &*names) {
            (Some(name), _) => name,
            (None, [only]) if tensors.len() == 1 => only,
            _ => {
                return Err(VectorsError::NoArray {
                    path: path.to_owned(),
                    wanted: joined(wanted.iter().map(|it| printable(it)), "or"),
                    found: match names.is_empty() {
                        true => "none".to_owned(),
                        false => joined(names.iter().map(|it| printable(it)), "and"),
                    },
                });
            }
        };
        let array = archive.array(name).map_err(refused)?;
        let place = format!("{}, array `{}`", printable_path(path), printable(name));
        parts.push(part(place, array, side, tensor, steps)?);
    }
    Ok(parts)
}

/// The vectors of an array, whose type and shape have to be those of the tensor.
fn part(
    place: String,
    array: Array,
    side: Side,
    tensor: &TensorFacts,
    steps: usize,
) -> Result<Part, VectorsError> {
    let mismatch = |hint: String| VectorsError::Tensor {
        place: place.clone(),
        found: array.described(),
        side,
        tensor: described(tensor),
        hint,
    };
    let Some(dtype) = dtype(tensor.element_type) else {
        return Err(mismatch(String::new()));
    };
    let Some(leading) = leading(&array.shape, &tensor.shape) else {
        return Err(mismatch(format!(
            "; its shape has to be that of the tensor behind the number of vectors, such as {}",
            shape_text(&[&[10][..], behind_batch(&tensor.shape)].concat())
        )));
    };
    if array.dtype != dtype {
        return Err(mismatch(match tensor.element_type {
            ElementType::Float32 => "; `.astype(numpy.float32)` converts it".to_owned(),
            _ if array.dtype == Dtype::Float32 || array.dtype == Dtype::Float64 => format!(
                "; real values become such elements by dividing by {} and adding {}",
                tensor.quantisation.scale, tensor.quantisation.zero_point
            ),
            _ => format!("; `.astype(numpy.{})` converts it", dtype.name()),
        }));
    }
    let count = match *leading {
        [] => 1,
        [count] => count,
        [sequences, length] if length == steps => sequences * length,
        [sequences, length] => {
            return Err(VectorsError::Steps {
                place,
                sequences,
                length,
                steps,
            });
        }
        _ => return Err(mismatch(String::new())),
    };
    if count == 0 {
        return Err(mismatch("; it is empty".to_owned()));
    }
    Ok(Part {
        place,
        count,
        bytes: array.data,
    })
}

/// The dimensions of an array before those of a tensor, of which a first one of 1 may be missing.
fn leading<'a>(array: &'a [usize], tensor: &[usize]) -> Option<&'a [usize]> {
    [tensor, behind_batch(tensor)]
        .into_iter()
        .find_map(|it| array.strip_suffix(it))
        .filter(|it| it.len() <= 2)
}

/// A tensor's dimensions without a first one of 1.
fn behind_batch(tensor: &[usize]) -> &[usize] {
    tensor.strip_prefix(&[1]).unwrap_or(tensor)
}

/// A vector after the other, and in a vector a tensor after the other.
fn interleaved(parts: &[Part], tensors: &[TensorFacts]) -> Result<Vec<u8>, VectorsError> {
    let Some(first) = parts.first() else {
        return Ok(Vec::new());
    };
    if let Some(other) = parts.iter().find(|it| it.count != first.count) {
        return Err(VectorsError::Counts {
            first: first.place.clone(),
            first_count: first.count,
            second: other.place.clone(),
            second_count: other.count,
        });
    }
    let mut bytes = Vec::with_capacity(parts.iter().map(|it| it.bytes.len()).sum());
    for vector in 0..first.count {
        for (part, tensor) in parts.iter().zip(tensors) {
            bytes.extend_from_slice(&part.bytes[vector * tensor.bytes..][..tensor.bytes]);
        }
    }
    Ok(bytes)
}

/// A tensor as messages show it: `` `x`, int8 (1, 40) ``.
fn described(tensor: &TensorFacts) -> String {
    let name = printable(&tensor.name);
    let shape = shape_text(&tensor.shape);
    format!("`{name}`, {} {shape}", tensor.element_type)
}

/// What else a folder has that may be meant.
fn hint(folder: &Path, stem: &str, side: Side, tensors: &[TensorFacts]) -> String {
    let several = format!("{stem}.{side}.npy");
    if tensors.len() > 1 && folder.join(&several).exists() {
        return format!(
            "; {several} can't be all of the model's {} {side}",
            tensors.len()
        );
    }
    let types = joined(tensors.iter().map(|it| it.element_type.to_string()), "and");
    let others = ENDINGS
        .iter()
        .map(|ending| format!("{stem}.{side}.{ending}"));
    let other = others.into_iter().find(|it| folder.join(it).exists());
    other.map_or_else(String::new, |other| {
        format!("; there is {other}, but the model's {side} are {types}")
    })
}

/// Every ending of a file of bare elements.
const ENDINGS: [&str; 8] = ["i8", "u8", "i16", "i32", "u32", "i64", "u64", "f32"];

/// What the name of a file ends in that holds tensors of a type: `i8`, `f32`.
fn ending(element_type: ElementType) -> &'static str {
    match element_type {
        ElementType::Float32 => "f32",
        ElementType::UInt8 | ElementType::Bool => "u8",
        ElementType::Int16 => "i16",
        ElementType::Int32 => "i32",
        ElementType::UInt32 => "u32",
        ElementType::Int64 => "i64",
        ElementType::UInt64 => "u64",
        _ => "i8",
    }
}

/// The type of an array of such elements.
fn dtype(element_type: ElementType) -> Option<Dtype> {
    Some(match element_type {
        ElementType::Int8 => Dtype::Int8,
        ElementType::UInt8 => Dtype::UInt8,
        ElementType::Int16 => Dtype::Int16,
        ElementType::Int32 => Dtype::Int32,
        ElementType::UInt32 => Dtype::UInt32,
        ElementType::Int64 => Dtype::Int64,
        ElementType::UInt64 => Dtype::UInt64,
        ElementType::Bool => Dtype::Bool,
        ElementType::Float32 => Dtype::Float32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
