//! Operators with a state, subgraphs and the signal library against TensorFlow Lite Micro: sequences
//! made by `fixtures/streaming.py`. Integers have to be equal byte for byte, float32 to some units in
//! the last place.

use std::fs;

use tinybench_interpreter::{ElementType, Interpreter, Model, PrepareError, arena_needed};

mod common;

/// Differences that are allowed, relative to the largest element: transcendental functions of C
/// libraries differ by a unit in the last place, and states add that up.
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

/// Feeds a sequence and compares all outputs.
fn run_sequence(name: &str, interpreter: &mut Interpreter, model: &Model, steps: &[&[u8]; 2]) {
    let [mut inputs, mut outputs] = *steps;
    let mut count = 0;
    while !outputs.is_empty() {
        for position in 0..model.inputs().count() {
            let input = interpreter.input_at_mut(position);
            let (values, rest) = inputs.split_at(input.len());
            input.copy_from_slice(values);
            inputs = rest;
        }
        interpreter.invoke().unwrap();
        let mut expected = Vec::new();
        for tensor in model.outputs() {
            let (values, rest) = outputs.split_at(tensor.bytes);
            expected.push((tensor.element_type, values));
            outputs = rest;
        }
        // An output that is said not to be valid yet holds anything.
        let valid = expected.last() != Some(&(ElementType::Bool, &[0]));
        for (position, (element_type, expected)) in expected.into_iter().enumerate() {
            if valid || element_type == ElementType::Bool {
                let found = interpreter.output_at(position);
                compare(name, element_type, found, expected);
            }
        }
        count += 1;
    }
    assert!(inputs.is_empty() && count >= 4, "{name}: {count} steps");
}

#[test]
fn sequences_are_those_of_the_reference_after_a_reset_too() {
    let folder = common::fixtures().join("streaming");
    let models = common::models(&folder);
    assert!(models.len() >= 45);
    for (name, file) in models {
        let [inputs, outputs] = ["inputs", "outputs"]
            .map(|end| fs::read(folder.join(format!("{name}.{end}"))).unwrap());
        let model = Model::parse(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let arena = bytemuck::cast_slice_mut(&mut arena);
        let mut interpreter = Interpreter::new(&model, arena).unwrap();
        for _ in 0..3 {
            run_sequence(&name, &mut interpreter, &model, &[&inputs, &outputs]);
            interpreter.reset();
        }
    }
}

#[test]
fn an_arena_of_the_least_size_is_enough_and_no_less() {
    for (name, file) in common::models(&common::fixtures().join("streaming")) {
        let model = Model::parse(&file).unwrap();
        let needed = arena_needed(&model).unwrap();
        let mut arena = common::arena(needed);
        let arena: &mut [u8] = bytemuck::cast_slice_mut(&mut arena);
        let refused = Interpreter::new(&model, &mut arena[..needed - 1]).map(|_| ());
        let expected = PrepareError::ArenaTooSmall {
            needed,
            given: needed - 1,
        };
        assert_eq!(refused, Err(expected), "{name}");
        Interpreter::new(&model, &mut arena[..needed]).unwrap();
    }
}

#[test]
fn each_fault_is_named() {
    let shape = |operator: u32, tensor: &str| {
        format!(
            "operator {operator}: the shape of {tensor} doesn't match the other tensors and the options"
        )
    };
    let option = |operator: u32, option: &str| format!("operator {operator}: unsupported {option}");
    let expected = [
        ("call_each_other", option(0, "subgraph, which runs itself")),
        ("call_missing", option(0, "subgraph")),
        (
            "circular_buffer_output",
            option(0, "output that is not a variable"),
        ),
        ("framer_prefill", option(0, "prefill")),
        ("if_other_output", shape(0, "a tensor of the subgraph")),
        ("no_options", option(0, "delay")),
        ("overlap_add_step", option(0, "frame step")),
        ("read_other_size", shape(2, "output")),
        ("read_unassigned", shape(1, "output")),
        ("rfft_output", shape(0, "output")),
        (
            "rfft_seven",
            option(0, "length: half of it has to be a product of 2, 3 and 5"),
        ),
        ("rfft_type", option(0, "type")),
        ("stacker_step", option(0, "step")),
        ("svdf_rank", option(0, "rank")),
        (
            "while_condition",
            "tensor 1: type FLOAT32 is not supported here, BOOL is".to_owned(),
        ),
    ];
    let models = common::models(&common::fixtures().join("streaming/refused"));
    assert_eq!(models.len(), expected.len());
    for ((name, file), (expected_name, expected)) in models.iter().zip(expected) {
        let error = Model::parse(file).unwrap_err().to_string();
        assert_eq!((name.as_str(), error), (expected_name, expected));
    }
}

/// Runs a damaged model, if it is still one that runs.
fn run_damaged(name: &str, file: &[u8]) {
    let Ok(model) = Model::parse(file) else {
        return;
    };
    let needed = arena_needed(&model).unwrap_or(usize::MAX);
    if needed >= 1 << 16 || model.macs() >= 1 << 20 {
        return;
    }
    let mut arena = common::arena(needed);
    let arena = bytemuck::cast_slice_mut(&mut arena);
    if let Ok(mut interpreter) = Interpreter::new(&model, arena) {
        for _ in 0..2 {
            for position in 0..model.inputs().count() {
                interpreter.input_at_mut(position).fill(3);
            }
            // Boxes without an area are refused when they are seen.
            let found = interpreter.invoke();
            assert!(found.is_ok() || name.starts_with("detection"), "{name}");
        }
    }
}

#[test]
fn a_loop_without_an_end_in_sight_fails_on_a_host() {
    let file = fs::read(common::fixtures().join("streaming/while.tflite")).unwrap();
    let model = Model::parse(&file).unwrap();
    let mut arena = common::arena(arena_needed(&model).unwrap());
    let mut interpreter = Interpreter::new(&model, bytemuck::cast_slice_mut(&mut arena)).unwrap();
    // It counts from its second input up.
    for (first, ends) in [(-1000_i32, true), (i32::MIN, false)] {
        interpreter
            .input_at_mut(1)
            .copy_from_slice(&first.to_le_bytes());
        assert_eq!(interpreter.invoke().is_ok(), ends, "{first}");
    }
}

#[test]
fn damaged_models_never_panic() {
    for (name, file) in common::models(&common::fixtures().join("streaming")) {
        // A damaged loop may go on for as long as a host lets it.
        if name == "while" {
            continue;
        }
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
