//! Models that are refused, each with its error.

use tinybench_interpreter::{Interpreter, Model, PrepareError};

mod common;

/// The text of the error that the fixture gives, at parsing or at preparation.
fn refusal(name: &str) -> String {
    let path = common::fixtures().join(format!("refused/{name}.tflite"));
    let file = std::fs::read(path).unwrap();
    let mut memory = common::arena(1 << 16);
    let memory = bytemuck::cast_slice_mut(&mut memory);
    let refused = Model::parse(&file)
        .map_err(PrepareError::from)
        .and_then(|model| Interpreter::new(&model, memory).map(|_| ()));
    refused.expect_err(name).to_string()
}

#[test]
fn each_fault_is_named() {
    let expected = [
        (
            "schema_version",
            "schema version 2 is not supported, only 3 is",
        ),
        (
            "float_input",
            "tensor 1: type INT8 is not supported here, FLOAT32 is",
        ),
        (
            "int16_weights",
            "tensor 1: type INT16 is not supported here, INT8 is",
        ),
        (
            "unsupported_operator",
            "operator 0: RNN (builtin 24) is not supported",
        ),
        (
            "operator_version",
            "operator 0: version 99 of FULLY_CONNECTED is not supported",
        ),
        (
            "no_quantisation",
            "tensor 0: quantisation parameters are missing or unusable",
        ),
        (
            "negative_scale",
            "tensor 0: quantisation parameters are missing or unusable",
        ),
        (
            "short_weights",
            "tensor 1: its buffer holds 63 bytes, its shape needs 64",
        ),
        (
            "variable_weights",
            "operator 0: tensor 1 is read but not written by an earlier operator",
        ),
        ("missing_buffer", "tensor 1: its buffer doesn't exist"),
        ("missing_tensor", "tensor 55 doesn't exist"),
        (
            "read_before_write",
            "operator 0: tensor 3 is read but not written by an earlier operator",
        ),
        (
            "overwritten_input",
            "operator 0: tensor 0 must not be written",
        ),
        (
            "scalar",
            "operator 0: the shape of input doesn't match the other tensors and the options",
        ),
        (
            "huge",
            "tensor 0: unsupported shape: no dimension may be negative, and below 2^31 bytes in all are needed",
        ),
        (
            "scales_too_far",
            "operator 0: the scales of its tensors are too far apart",
        ),
        ("activation", "operator 0: unsupported fused activation"),
        ("zero_stride", "operator 0: unsupported stride"),
        (
            "output_shape",
            "operator 0: the shape of output doesn't match the other tensors and the options",
        ),
        (
            "quantised_dimension",
            "tensor 1: quantisation parameters are missing or unusable",
        ),
        ("arity", "operator 0: wrong number of inputs or outputs"),
        (
            "endless_weights",
            "operator 0: unsupported extent of image or window",
        ),
        (
            "transpose_conv_biases",
            "tensor 3: type INT32 is not supported here, INT64 is",
        ),
    ];
    for (name, text) in expected {
        assert_eq!(refusal(name), text, "{name}");
    }
    let count = common::models(&common::fixtures().join("refused")).len();
    assert_eq!(count, expected.len());
}

#[test]
fn what_is_no_model_is_refused() {
    let refused = |bytes: &[u8]| Model::parse(bytes).unwrap_err().to_string();
    let missing = "not a TensorFlow Lite model: the identifier TFL3 is missing";
    assert_eq!(refused(b""), missing);
    assert_eq!(refused(b"\x7fELF\x01\x01\x01\0\0\0\0\0"), missing);
}

#[test]
fn every_truncation_is_refused() {
    for (name, file) in common::models(&common::fixtures()) {
        // The last bytes of a file may be padding that nothing refers to.
        for length in 0..file.len() - 8 {
            assert!(
                Model::parse(&file[..length]).is_err(),
                "{name} cut to {length}"
            );
        }
    }
}
