//! Reductions, pools, and sums of products of all types against TensorFlow Lite Micro: integers
//! byte for byte, float32 to some units in the last place.

use std::fs;

use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
use tinybench_interpreter::operators::With;
use tinybench_interpreter::{ElementType, Interpreter, Model, arena_needed};

mod common;

/// Differences that are allowed, relative to the largest element: a sum of a few dozen products,
/// each rounded, may be compiled in another order.
const TOLERANCE: f32 = 1e-6;

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (chunks, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    chunks.iter().map(|raw| f32::from_le_bytes(*raw)).collect()
}

fn compare(name: &str, element_type: ElementType, found: &[u8], expected: &[u8]) {
    if element_type != ElementType::Float32 {
        assert_eq!(found, expected, "{name}");
        return;
    }
    let (found, expected) = (floats(found), floats(expected));
    let largest = expected.iter().fold(0.0_f32, |max, it| max.max(it.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        let difference = (found - expected).abs();
        assert!(
            difference <= TOLERANCE * largest,
            "{name}: {found}, expected {expected}"
        );
    }
}

fn golden<K: Kernels>() {
    let folder = common::fixtures().join("products");
    let models = common::models(&folder);
    assert!(models.len() >= 15);
    for (name, file) in models {
        let read = |end| fs::read(folder.join(format!("{name}.{end}"))).unwrap();
        let (inputs, outputs) = (read("inputs"), read("outputs"));
        let model =
            Model::with(&file, With::<K>::ALL).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let arena = bytemuck::cast_slice_mut(&mut arena);
        let mut interpreter = Interpreter::new(&model, arena).unwrap();
        let bytes = model.output().bytes;
        let vectors = outputs.len() / bytes;
        assert!(vectors >= 4 && outputs.len() == vectors * bytes, "{name}");
        let mut inputs = inputs.as_slice();
        for expected in outputs.chunks_exact(bytes) {
            for position in 0..model.inputs().count() {
                let input = interpreter.input_at_mut(position);
                let (values, rest) = inputs.split_at(input.len());
                input.copy_from_slice(values);
                inputs = rest;
            }
            interpreter.invoke().unwrap();
            let element_type = model.output().element_type;
            compare(&name, element_type, interpreter.output_bytes(), expected);
        }
        assert!(inputs.is_empty(), "{name}");
    }
}

#[test]
fn fixtures_with_portable_kernels() {
    golden::<Portable>();
}

#[test]
fn fixtures_with_dsp_kernels() {
    golden::<Dsp>();
}

/// Runs a damaged model, if it is still one that runs.
fn run_damaged(name: &str, file: &[u8]) {
    let Ok(model) = Model::with(file, With::<Dsp>::ALL) else {
        return;
    };
    let needed = arena_needed(&model).unwrap_or(usize::MAX);
    if needed >= 1 << 16 || model.macs() >= 1 << 20 {
        return;
    }
    let mut arena = common::arena(needed);
    let arena = bytemuck::cast_slice_mut(&mut arena);
    if let Ok(mut interpreter) = Interpreter::new(&model, arena) {
        for position in 0..model.inputs().count() {
            interpreter.input_at_mut(position).fill(3);
        }
        assert_eq!(interpreter.invoke(), Ok(()), "{name}");
    }
}

#[test]
fn damaged_models_never_panic() {
    for (name, file) in common::models(&common::fixtures().join("products")) {
        let mut damaged = file.clone();
        for (at, &byte) in file.iter().enumerate() {
            for value in [0, 2, 0x7f, 0x80, 0xff, byte ^ 1, byte ^ 0x10] {
                damaged[at] = value;
                run_damaged(&name, &damaged);
            }
            damaged[at] = byte;
        }
    }
}
