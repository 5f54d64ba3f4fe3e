//! Element-wise operators against what TensorFlow Lite Micro gives: every byte of integers, and
//! float32 within a few units in the last place of the largest number.

use std::fs;

use tinybench_interpreter::{ElementType, Interpreter, Model, arena_needed};

mod common;

/// Largest difference of a float32 output, relative to its largest number: the transcendental
/// functions of C libraries differ by that much.
const TOLERANCE: f32 = 3e-7;

fn floats(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.as_chunks::<4>().0.iter();
    words.map(|word| f32::from_le_bytes(*word)).collect()
}

/// The first element that is wrong.
fn wrong(element_type: ElementType, found: &[u8], expected: &[u8]) -> Option<usize> {
    if element_type != ElementType::Float32 {
        let mut pairs = found.iter().zip(expected);
        return pairs
            .position(|(found, expected)| found != expected)
            .map(|byte| byte / element_type.bytes());
    }
    let (found, expected) = (floats(found), floats(expected));
    let finite = expected.iter().filter(|value| value.is_finite());
    let largest = finite.fold(0.0_f32, |largest, value| largest.max(value.abs()));
    found.iter().zip(&expected).position(|(&found, &expected)| {
        let same = found == expected || found.is_nan() && expected.is_nan();
        let near = (found - expected).abs() <= TOLERANCE * largest;
        !(same || near)
    })
}

#[test]
fn outputs_are_those_of_the_reference() {
    let folder = common::fixtures().join("elementwise");
    let models = common::models(&folder);
    assert!(models.len() >= 20);
    let mut failures = Vec::new();
    for (name, file) in models {
        let read = |kind: &str| fs::read(folder.join(format!("{name}.{kind}"))).unwrap();
        let (inputs, outputs) = (read("inputs"), read("outputs"));
        let model = match Model::parse(&file) {
            Ok(model) => model,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let mut interpreter =
            Interpreter::new(&model, bytemuck::cast_slice_mut(&mut arena)).unwrap();
        let (mut fed, mut given) = (&inputs[..], &outputs[..]);
        let mut vector = 0;
        while !fed.is_empty() {
            for (position, input) in model.inputs().enumerate() {
                let (values, rest) = fed.split_at(input.bytes);
                interpreter.input_at_mut(position).copy_from_slice(values);
                fed = rest;
            }
            interpreter.invoke().unwrap();
            for (position, output) in model.outputs().enumerate() {
                let (expected, rest) = given.split_at(output.bytes);
                let found = interpreter.output_at(position);
                if let Some(element) = wrong(output.element_type, found, expected) {
                    let size = output.element_type.bytes();
                    let at = element * size..(element + 1) * size;
                    failures.push(format!(
                        "{name}, vector {vector}, output {position} ({}), element {element}: {:?}, \
                         expected {:?}",
                        output.element_type,
                        &found[at.clone()],
                        &expected[at],
                    ));
                }
                given = rest;
            }
            vector += 1;
        }
        assert!(vector >= 4 && given.is_empty(), "{name}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Of as many elements as these have the results are looked up; they are those of the function, up to
/// rounding.
#[test]
fn what_is_looked_up_is_the_function() {
    type Function = fn(f64) -> f64;
    let functions: [(&str, Function, f64, f64); 4] = [
        ("logistic", |x| 1.0 / (1.0 + (-x).exp()), 256.0, -128.0),
        ("tanh", f64::tanh, 128.0, 0.0),
        (
            "hard_swish",
            |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            1.0 / 0.03,
            -110.0,
        ),
        (
            "leaky_relu",
            |x| if x < 0.0 { 0.1 * x } else { x },
            25.0,
            -90.0,
        ),
    ];
    for (name, function, steps, zero_point) in functions {
        let path = common::fixtures().join(format!("shapes/{name}.tflite"));
        let file = fs::read(path).unwrap();
        let model = Model::parse(&file).unwrap();
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let mut interpreter =
            Interpreter::new(&model, bytemuck::cast_slice_mut(&mut arena)).unwrap();
        let every_value = |index: usize| (index % 256) as u8;
        let input = interpreter.input_at_mut(0);
        assert!(input.len() > 256, "{name}");
        for (index, value) in input.iter_mut().enumerate() {
            *value = every_value(index);
        }
        interpreter.invoke().unwrap();
        for (index, found) in interpreter.output_at(0).iter().enumerate() {
            let value = every_value(index).cast_signed();
            let real = 0.05 * (f64::from(value) + 3.0);
            let expected = (function(real) * steps + zero_point).clamp(-128.0, 127.0);
            let distance = (f64::from(found.cast_signed()) - expected).abs();
            assert!(distance <= 1.0, "{name} of {value}: {found}, {expected}");
        }
    }
}

#[test]
fn faults_are_named() {
    let folder = common::fixtures().join("elementwise/refused");
    let expected = [
        ("activation", "operator 0: unsupported fused activation"),
        (
            "add_n_scales",
            "operator 0: unsupported quantisation of input",
        ),
        ("arity", "operator 0: wrong number of inputs or outputs"),
        (
            "broadcast",
            "operator 0: the shape of second input doesn't match the other tensors and the options",
        ),
        (
            "broadcast_output",
            "operator 0: the shape of output doesn't match the other tensors and the options",
        ),
        (
            "cast",
            "tensor 1: type BOOL is not supported here, FLOAT32 is",
        ),
        (
            "elements",
            "operator 0: the shape of output doesn't match the other tensors and the options",
        ),
        (
            "int16_zero_point",
            "operator 0: unsupported quantisation of input",
        ),
        (
            "log_softmax_scale",
            "operator 0: unsupported quantisation of output",
        ),
        (
            "logistic_zero_point",
            "operator 0: unsupported quantisation of output",
        ),
        (
            "no_quantisation",
            "tensor 1: quantisation parameters are missing or unusable",
        ),
        ("options", "operator 0: unsupported options table"),
        (
            "quantised_int32",
            "operator 0: unsupported quantisation of first input",
        ),
        (
            "scales_too_far",
            "operator 0: the scales of its tensors are too far apart",
        ),
        (
            "select",
            "operator 0: the shape of output doesn't match the other tensors and the options",
        ),
        (
            "tanh_scale",
            "operator 0: unsupported quantisation of output",
        ),
        (
            "type",
            "tensor 0: type UINT8 is not supported here, FLOAT32 is",
        ),
    ];
    let models = common::models(&folder);
    assert_eq!(models.len(), expected.len());
    for ((name, file), (expected_name, fault)) in models.iter().zip(expected) {
        assert_eq!(name, expected_name);
        let error = match Model::parse(file) {
            Ok(model) => {
                // Scales are found out when the model is prepared.
                let mut arena = common::arena(1024);
                let arena = bytemuck::cast_slice_mut(&mut arena);
                Interpreter::new(&model, arena).err().unwrap().to_string()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(error, fault, "{name}");
    }
}
