//! What a file is that isn't a model of any runtime, and what to do with it.
//!
//! Only enough of each format is read to call it by its name. Sources of the signatures: the
//! specifications of Git LFS, HDF5, ZIP (APPNOTE), gzip (RFC 1952), NumPy's .npy and Python's pickle;
//! `onnx.proto`, TensorFlow's `graph.proto` and `saved_model.proto`, Core ML's `Model.proto`.

mod c_array;
mod protobuf;
mod text;
mod zip;

use std::fmt;

pub use c_array::c_array;

/// A file that no runtime reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is.
    pub kind: Kind,
    /// What it is, in a few words.
    what: String,
    /// What to do.
    advice: &'static str,
}

/// The kinds of files that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, and `slug` spells them")]
pub enum Kind {
    Empty,
    GitLfsPointer,
    CArray,
    CSource,
    Html,
    TensorFlowJs,
    Json,
    Text,
    Onnx,
    OnnxRuntime,
    SavedModel,
    FrozenGraph,
    CoreMl,
    Hdf5,
    Keras,
    PyTorch,
    Pickle,
    NumPy,
    Zip,
    Gzip,
    Archive,
    ExecuTorch,
    TinyMaix,
    Program,
    Unknown,
}

/// How any network becomes a model that runs, which each advice begins its own way.
macro_rules! quantised {
    ($first:literal) => {
        concat!(
            $first,
            ", with a representative_dataset for int8 (docs/inspect.md has the lines)"
        )
    };
}

const KERAS: &str = quantised!(
    "convert it: tf.lite.TFLiteConverter.from_keras_model(tf.keras.models.load_model(FILE))"
);
const SAVED_MODEL: &str =
    quantised!("convert its folder: tf.lite.TFLiteConverter.from_saved_model(FOLDER)");
const DAMAGED: &str = "copy or download it again, or convert the model again";
const UNPACK: &str = "unpack it, and give the model that is in it";

impl Foreign {
    /// What a file is that no runtime reads, by its bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let (kind, what, advice) =
            known(bytes)
                .or_else(|| text::kind(bytes))
                .unwrap_or_else(|| {
                    let what =
                        "unknown contents, without the identifier TFL3 of a TensorFlow Lite model";
                    (Kind::Unknown, what.to_owned(), DAMAGED)
                });
        Self { kind, what, advice }
    }

    /// The folder of a SavedModel.
    pub fn saved_model_folder() -> Self {
        Self {
            kind: Kind::SavedModel,
            what: "the folder of a TensorFlow SavedModel".to_owned(),
            advice: SAVED_MODEL,
        }
    }

    /// What to do with it.
    pub fn advice(&self) -> &'static str {
        self.advice
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, advice, .. } = self;
        write!(
            f,
            "not a model that a runtime reads: {what}\n  help: {advice}"
        )
    }
}

impl Kind {
    /// The kind as JSON has it.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::GitLfsPointer => "git-lfs-pointer",
            Self::CArray => "c-array",
            Self::CSource => "c-source",
            Self::Html => "html",
            Self::TensorFlowJs => "tensorflow-js",
            Self::Json => "json",
            Self::Text => "text",
            Self::Onnx => "onnx",
            Self::OnnxRuntime => "onnx-runtime",
            Self::SavedModel => "saved-model",
            Self::FrozenGraph => "frozen-graph",
            Self::CoreMl => "core-ml",
            Self::Hdf5 => "hdf5",
            Self::Keras => "keras",
            Self::PyTorch => "pytorch",
            Self::Pickle => "pickle",
            Self::NumPy => "numpy",
            Self::Zip => "zip",
            Self::Gzip => "gzip",
            Self::Archive => "archive",
            Self::ExecuTorch => "executorch",
            Self::TinyMaix => "tinymaix",
            Self::Program => "program",
            Self::Unknown => "unknown",
        }
    }
}

/// Kind, what it is, and what to do.
type Found = (Kind, String, &'static str);

/// A file with a signature.
fn known(bytes: &[u8]) -> Option<Found> {
    if bytes.is_empty() {
        return Some((Kind::Empty, "an empty file".to_owned(), DAMAGED));
    }
    let at = |offset: usize, signature: &[u8]| {
        let rest = bytes.get(offset..);
        rest.is_some_and(|rest| rest.starts_with(signature))
    };
    // The superblock of HDF5 is at 0, or behind a user block of 512 bytes or a power of two more.
    let mut blocks = std::iter::once(0).chain((9..20).map(|power| 1 << power));
    let found = |kind, what: &str, advice| Some((kind, what.to_owned(), advice));
    if blocks.any(|offset| at(offset, b"\x89HDF\r\n\x1a\n")) {
        return found(Kind::Hdf5, "an HDF5 file, as Keras writes (.h5)", KERAS);
    }
    if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        return Some(zip::kind(bytes));
    }
    if at(0, b"\x1f\x8b") {
        let advice =
            "unpack it with `gunzip` (a .tar.gz with `tar xzf`), and give the model that is in it";
        return found(Kind::Gzip, "a gzip file", advice);
    }
    for (offset, signature, name) in [
        (257, &b"ustar"[..], "a tar archive"),
        (0, b"BZh", "a bzip2 file"),
        (0, b"\xfd7zXZ\0", "an xz file"),
        (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (0, b"Rar!\x1a\x07", "a RAR archive"),
    ] {
        if at(offset, signature) {
            return found(Kind::Archive, name, UNPACK);
        }
    }
    if at(0, b"\x93NUMPY") {
        let advice = "an array can be what --reference compares with, but it is no model";
        return found(Kind::NumPy, "a NumPy array (.npy)", advice);
    }
    if at(4, b"ORTM") {
        let advice = quantised!("take the .onnx that it was made from and convert it with onnx2tf");
        return found(Kind::OnnxRuntime, "a model of ONNX Runtime (.ort)", advice);
    }
    if at(4, b"ET1") {
        let advice = quantised!("convert the PyTorch model with litert-torch");
        return found(Kind::ExecuTorch, "a program of ExecuTorch (.pte)", advice);
    }
    if at(0, b"MAIX") {
        let advice = "give the .tflite that it was converted from";
        return found(Kind::TinyMaix, "a model of TinyMaix (.tmdl)", advice);
    }
    if at(0, b"\x7fELF") {
        let advice = "give the model itself; `tinybench mlperf --firmware` measures images that speak \
                      the MLPerf Tiny protocol";
        return found(Kind::Program, "a program (ELF)", advice);
    }
    if is_pickle(bytes) {
        let advice = quantised!(
            "a forest of scikit-learn becomes a .tbcm (targets/runtimes/classical/README.md); export a \
             network to ONNX and convert that with onnx2tf, or use litert-torch"
        );
        let what = "a Python pickle, as torch.save wrote until 2020, or scikit-learn";
        return found(Kind::Pickle, what, advice);
    }
    protobuf::kind(bytes)
}

/// Whether the bytes are a pickle of protocol 2 to 5: its opcode, the version, and the opcode that
/// ends it.
fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 2..=5, opcode, ..] if bytes.contains(&b'.') && PICKLE_OPCODES.contains(opcode))
}

/// Opcodes that a pickle's first object begins with: a frame, a container, a number, a string, a
/// global.
const PICKLE_OPCODES: &[u8] = b"\x95})](\x8aJKMX\x8cc\x8fG";

#[cfg(test)]
mod tests;
