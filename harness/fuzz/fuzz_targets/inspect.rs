//! Inspects any bytes as a model, and as an array in C. What is no model is called what it is.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tinybench_inputs::inspect::{Inspection, inspect};
use tinybench_inputs::runtimes::foreign::c_array;

fuzz_target!(|file: &[u8]| {
    if let Some(array) = c_array(file) {
        assert!(array.len() < file.len());
    }
    match inspect(Path::new("model"), file, &[]) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(inspected) => {
            let runs = inspected.runtimes.iter().any(|runtime| runtime.runs);
            assert!(!runs || inspected.description.arena.is_some());
            Inspection::of(vec![inspected]).to_json().unwrap();
        }
    }
});
