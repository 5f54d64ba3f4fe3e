//! Reads any bytes as what a user gives with a model: a NumPy array, an archive of arrays, and labels.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tinybench_inputs::vectors::labels::Labels;
use tinybench_inputs::vectors::npy::Array;
use tinybench_inputs::vectors::npz::Archive;
use tinybench_support::printable::is_hazard;

/// Most bytes of an array of an archive.
const LIMIT: u64 = 1 << 16;

fn check(array: &Array) {
    let elements: usize = array.shape.iter().product();
    assert_eq!(array.data.len(), elements * array.dtype.bytes());
    assert_eq!(array.values().len(), elements);
}

fuzz_target!(|bytes: &[u8]| {
    match Array::parse(bytes) {
        Ok(array) => check(&array),
        Err(problem) => assert!(!problem.to_string().contains(is_hazard), "{problem:?}"),
    }
    if let Ok(mut archive) = Archive::open(bytes, LIMIT) {
        for name in archive.names() {
            match archive.array(&name) {
                Ok(array) => check(&array),
                Err(problem) => assert!(!problem.to_string().contains(is_hazard), "{problem:?}"),
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(labels) = Labels::parse(text, Path::new("labels.csv"))
    {
        assert_eq!(labels.values.len(), labels.count() * labels.width);
    }
});
