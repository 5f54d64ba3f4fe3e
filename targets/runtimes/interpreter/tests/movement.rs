//! Operators that move elements, against TensorFlow Lite Micro: one model each, made by
//! `fixtures/movement.py`, with several inputs and outputs of all types.

use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;
use tinybench_interpreter::{ElementType, Interpreter, Model, PrepareError, arena_needed};

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

/// The text of the error that a model gives, at parsing or at preparation.
fn refusal(file: &[u8]) -> Option<String> {
    let mut memory = common::arena(1 << 12);
    let memory = bytemuck::cast_slice_mut(&mut memory);
    let refused = Model::parse(file)
        .map_err(PrepareError::from)
        .and_then(|model| Interpreter::new(&model, memory).map(|_| ()));
    refused.err().map(|error| error.to_string())
}

#[test]
fn each_fault_is_named() {
    let shape = |tensor: &str| {
        format!("operator 0: the shape of {tensor} doesn't match the other tensors and the options")
    };
    let option = |option: &str| format!("operator 0: unsupported {option}");
    let kind = |tensor: usize, found: &str, expected: &str| {
        format!("tensor {tensor}: type {found} is not supported here, {expected} is")
    };
    let expected = [
        ("reshape_elements", shape("output")),
        ("reshape_type", kind(2, "UINT8", "INT8")),
        ("squeeze_dimension", option("squeezed dimension")),
        ("strided_slice_zero", option("begin or stride")),
        ("strided_slice_output", shape("output")),
        ("strided_slice_outside", option("begin or stride")),
        ("strided_slice_short", shape("begin, end or strides")),
        ("concatenation_scale", option("quantisation of an input")),
        ("concatenation_activation", option("fused activation")),
        ("concatenation_axis", option("axis")),
        ("concatenation_type", kind(1, "UINT8", "INT8")),
        ("pad_negative", option("padding: it is negative")),
        ("pad_computed", "tensor 1: it has to be a constant".into()),
        (
            "mirror_pad_far",
            option("padding: more than there is to mirror"),
        ),
        ("shape_rank", shape("output")),
        ("pack_count", option("number of values")),
        ("split_sizes", shape("an output")),
        ("transpose_axis", option("permutation")),
        ("slice_outside", option("begin or size")),
        ("gather_outside", option("position: it is out of range")),
        (
            "reverse_v2_apart",
            option("axes: they have to lie next to each other"),
        ),
        (
            "resize_bilinear_centres",
            option("corners: aligned and with half-pixel centres"),
        ),
        ("space_to_depth_block", option("block size")),
        (
            "cumsum_scales",
            "operator 0: the scales of its tensors are too far apart".into(),
        ),
    ];
    let models = common::models(&common::fixtures().join("movement/refused"));
    assert_eq!(models.len(), expected.len());
    for (name, file) in models {
        let text = expected.iter().find(|(expected, _)| *expected == name);
        assert_eq!(refusal(&file), text.map(|(_, text)| text.clone()), "{name}");
    }
}

#[test]
fn positions_that_are_computed_and_out_of_range_end_the_inference() {
    for name in ["gather_int8", "gather_nd_float32", "embedding_lookup_int8"] {
        let path = common::fixtures().join(format!("movement/{name}.tflite"));
        let file = fs::read(path).unwrap();
        let model = Model::parse(&file).unwrap();
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let arena = bytemuck::cast_slice_mut(&mut arena);
        let mut interpreter = Interpreter::new(&model, arena).unwrap();
        let positions = model.inputs().count() - 1;
        for (number, runs) in [(0_i32, true), (2, true), (100, false), (-1, false)] {
            let input = interpreter.input_at_mut(positions);
            let (numbers, _) = input.as_chunks_mut();
            numbers.fill(number.to_le_bytes());
            assert_eq!(interpreter.invoke().is_ok(), runs, "{name}: {number}");
        }
    }
}

/// All models, read once.
static MODELS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn damaged_files_never_panic(
        model in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let models = MODELS.get_or_init(|| common::models(&common::fixtures().join("movement")));
        let (_, mut file) = models[model.index(models.len())].clone();
        for (at, value) in edits {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Ok(model) = Model::parse(&file) {
            let needed = arena_needed(&model).unwrap_or(usize::MAX);
            if needed < 1 << 20 {
                let mut arena = common::arena(needed);
                let arena = bytemuck::cast_slice_mut(&mut arena);
                if let Ok(mut interpreter) = Interpreter::new(&model, arena) {
                    for position in 0..model.inputs().count() {
                        interpreter.input_at_mut(position).fill(0);
                    }
                    // What is computed may be out of range.
                    let _ = interpreter.invoke();
                }
            }
        }
    }
}
