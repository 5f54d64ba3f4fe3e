//! Operators that move elements, against TensorFlow Lite Micro: one model each, made by
//! `fixtures/movement.py`, with several inputs and outputs of all types.

use std::fs;

use tinybench_interpreter::{ElementType, Interpreter, Model, arena_needed};

mod common;

/// What the outputs of float32 interpolation may differ by, relative to the largest: the reference
/// may be compiled with fused multiplications.
const TOLERANCE: f32 = 1e-6;

fn assert_output(name: &str, kind: ElementType, found: &[u8], expected: &[u8]) {
    if kind != ElementType::Float32 || !name.starts_with("resize_bilinear") {
        assert_eq!(found, expected, "{name}");
        return;
    }
    let numbers = |bytes: &[u8]| -> Vec<f32> {
        let chunks = bytes.chunks_exact(4);
        chunks
            .map(|it| f32::from_le_bytes(it.try_into().unwrap()))
            .collect()
    };
    let (found, expected) = (numbers(found), numbers(expected));
    let largest = expected.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        let difference = (found - expected).abs();
        assert!(
            difference <= TOLERANCE * largest,
            "{name}: {found} is not {expected}"
        );
    }
}

#[test]
fn elements_are_where_tensorflow_lite_micro_puts_them() {
    let folder = common::fixtures().join("movement");
    let models = common::models(&folder);
    assert!(models.len() >= 150);
    for (name, file) in models {
        let model = Model::parse(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inputs = fs::read(folder.join(format!("{name}.inputs.bin"))).unwrap();
        let outputs = fs::read(folder.join(format!("{name}.outputs.bin"))).unwrap();
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let arena = bytemuck::cast_slice_mut(&mut arena);
        let mut interpreter = Interpreter::new(&model, arena).unwrap();
        let bytes = model.inputs().map(|tensor| tensor.bytes).sum::<usize>();
        let (mut sent, mut received) = (&*inputs, &*outputs);
        assert!(sent.len() >= 2 * bytes);
        while !received.is_empty() {
            for (position, tensor) in model.inputs().enumerate() {
                let (input, rest) = sent.split_at(tensor.bytes);
                interpreter.input_at_mut(position).copy_from_slice(input);
                sent = rest;
            }
            interpreter.invoke().unwrap();
            for (position, tensor) in model.outputs().enumerate() {
                let (output, rest) = received.split_at(tensor.bytes);
                let found = interpreter.output_at(position);
                assert_output(&name, tensor.element_type, found, output);
                received = rest;
            }
        }
        assert!(sent.is_empty(), "{name}");
    }
}
