//! ZIP archives: what is in them says what they are.

use super::{Found, KERAS, Kind, UNPACK};

/// Most entries that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// Longest comment at the end of an archive, and the bytes in front of it.
const LONGEST_END: usize = 65_535 + 22;

/// The names of the entries, from the central directory at the end of the file. None where there is
/// no such directory.
fn names(bytes: &[u8]) -> Vec<&str> {
    let tail = bytes.len().saturating_sub(LONGEST_END);
    let mut windows = bytes[tail..].windows(4);
    let Some(end) = windows
        .rposition(|signature| signature == b"PK\x05\x06")
        .map(|at| tail + at)
    else {
        return Vec::new();
    };
    let mut at = number(bytes, end + 16, 4);
    let mut names = Vec::new();
    while let Some(entry) = at.and_then(|at| bytes.get(at..)) {
        if !entry.starts_with(b"PK\x01\x02") || names.len() == MOST_ENTRIES {
            break;
        }
        let [Some(name), Some(extra), Some(comment)] =
            [28, 30, 32].map(|field| number(entry, field, 2))
        else {
            break;
        };
        let text = entry.get(46..46 + name);
        names.extend(text.and_then(|it| std::str::from_utf8(it).ok()));
        at = at.map(|at| at + 46 + name + extra + comment);
    }
    names
}

/// The number of `size` bytes at `at`, the lowest first.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(size)?)?;
    let value = digits
        .iter()
        .rev()
        .fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
    usize::try_from(value).ok()
}

/// What an archive is.
pub(super) fn kind(bytes: &[u8]) -> Found {
    let names = names(bytes);
    let file = |wanted: &str| {
        let is = |name: &&str| name.rsplit('/').next() == Some(wanted);
        names.iter().any(is)
    };
    if file("model.weights.h5") && file("config.json") {
        return (Kind::Keras, "a Keras model (.keras)".to_owned(), KERAS);
    }
    if file("data.pkl") {
        let what = match file("constants.pkl") {
            true => "a TorchScript model of PyTorch's",
            false => "what PyTorch's torch.save wrote (.pt, .pth)",
        };
        let advice = "export the network to ONNX and convert that with onnx2tf, or use litert-torch, with \
                      a representative_dataset for int8 (docs/inspect.md has the lines)";
        return (Kind::PyTorch, what.to_owned(), advice);
    }
    if file("saved_model.pb") {
        let what = "a zip archive with a TensorFlow SavedModel in it".to_owned();
        return (Kind::SavedModel, what, super::SAVED_MODEL);
    }
    let all_arrays = names.iter().all(|name| name.ends_with(".npy"));
    if all_arrays && !names.is_empty() {
        let advice = "arrays can be what --reference compares with, but they are no model";
        return (Kind::NumPy, "NumPy arrays (.npz)".to_owned(), advice);
    }
    let model = names.iter().find(|name| name.ends_with(".tflite"));
    match model {
        Some(name) => {
            let what = format!("a zip archive with `{name}` in it");
            (Kind::Zip, what, UNPACK)
        }
        None => (Kind::Zip, "a zip archive".to_owned(), UNPACK),
    }
}
