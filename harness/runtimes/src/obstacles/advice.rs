//! What would help with an obstacle.

use tinybench_interpreter::schema::{builtin, builtin_name, tensor_type, tensor_type_name};
use tinybench_interpreter::{Model, ModelError, Operator};

/// For what no converter writes.
pub(crate) const CONVERT_AGAIN: &str = "the file is damaged or was edited: copy it again, or convert the \
     model again";

const TO_INT8: &str =
    "convert with optimizations = [tf.lite.Optimize.DEFAULT] and a representative_dataset";

/// What would help with `error` of an operator.
pub(super) fn advice(model: &Model, operator: &Operator, error: &ModelError) -> String {
    match error {
        ModelError::UnsupportedOperator { builtin, .. } if *builtin == builtin::CUSTOM => {
            custom(&String::from_utf8_lossy(model.code(operator).custom))
        }
        ModelError::UnsupportedOperator { builtin, .. } => missing(*builtin),
        ModelError::OperatorVersion { .. } => {
            "convert with an older TensorFlow, or without the option that needs the new version".to_owned()
        }
        ModelError::TensorType { .. } => types(operator).unwrap_or_else(|| {
            format!(
                "give it tensors of the types that it runs with, mostly int8 throughout: {TO_INT8}, and \
                 target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
            )
        }),
        ModelError::Arity { .. } => types(operator).unwrap_or(CONVERT_AGAIN.to_owned()),
        ModelError::Shape { .. } | ModelError::UnsupportedOption { .. } => {
            "use a layer with other sizes or options: the runtime's README has what each operator takes \
             (targets/runtimes/interpreter/README.md)"
                .to_owned()
        }
        ModelError::Constant { constant: true, .. } => {
            "let the converter fold what is computed from constants alone, or make it an input".to_owned()
        }
        ModelError::Constant { .. } => {
            "make it a constant of the model: it is computed while the model runs".to_owned()
        }
        ModelError::TensorQuantisation { .. } | ModelError::OperatorQuantisation { .. } => format!(
            "the tensor has to be quantised as the converter does it: {TO_INT8}"
        ),
        ModelError::Multiplier { .. } => {
            "take a representative_dataset with inputs as they will be: a range in the model is far too \
             small or too large"
                .to_owned()
        }
        ModelError::TensorKind { .. } => {
            "convert without EXPERIMENTAL_SPARSITY: sparse weights are smaller in the file only; \
             `tinybench compress` makes pruned ones small"
                .to_owned()
        }
        ModelError::TensorShape { .. } => {
            "fix all dimensions before converting, the batch to 1: an input of unknown size has none"
                .to_owned()
        }
        ModelError::Coding { .. } | ModelError::CompressedVersion { .. } => {
            "compress the model again with `tinybench compress`".to_owned()
        }
        _ => CONVERT_AGAIN.to_owned(),
    }
}

/// For a custom operator that the runtime hasn't got.
fn custom(name: &str) -> String {
    let compiled = |by: &str, what: &str| {
        format!(
            "{by} compiled the model for {what}, on which alone it runs: give the .tflite from before that"
        )
    };
    match name {
        "edgetpu-custom-op" => compiled("edgetpu_compiler", "a Coral Edge TPU"),
        "ethos-u" => compiled("Vela", "an Arm Ethos-U"),
        "NeutronGraph" => compiled("NXP's Neutron converter", "an eIQ Neutron NPU"),
        flex if flex.starts_with("Flex") => format!(
            "it is TensorFlow's own {}, which no microcontroller has: convert without SELECT_TF_OPS, and \
             replace the layer that needs it",
            &flex[4..]
        ),
        "AudioSpectrogram" | "Mfcc" => {
            "compute the features in front of the model, which then begins behind them".to_owned()
        }
        _ => "replace the layer by builtin operators, or end the model before it and do the rest in the \
              program around it"
            .to_owned(),
    }
}

/// For a builtin operator that the runtime hasn't got.
fn missing(number: i32) -> String {
    // TensorFlow Lite Micro has none of them either.
    let instead = match number {
        builtin::RNN | builtin::UNIDIRECTIONAL_SEQUENCE_RNN | builtin::LSTM => {
            "UNIDIRECTIONAL_SEQUENCE_LSTM runs, to which TensorFlow converts keras.layers.LSTM"
        }
        builtin::BIDIRECTIONAL_SEQUENCE_LSTM | builtin::BIDIRECTIONAL_SEQUENCE_RNN => {
            "two UNIDIRECTIONAL_SEQUENCE_LSTM run, one of them behind a REVERSE_V2"
        }
        builtin::GELU => "a GELU of LOGISTIC and MUL runs, x·sigmoid(1.702x)",
        builtin::POW => "a power that is a whole number runs as MUL, a root as SQRT or RSQRT",
        builtin::CONV_3D | builtin::CONV_3D_TRANSPOSE => "convolutions over two dimensions run",
        builtin::LOCAL_RESPONSE_NORMALIZATION => {
            "batch normalisation runs, folded into a convolution"
        }
        builtin::TOPK_V2 => "ARG_MAX runs, which gives the best one",
        builtin::SELECT => "SELECT_V2 runs: tf.where of TensorFlow 2 converts to it",
        other if builtin_name(other).starts_with("STABLEHLO") => {
            return "convert without StableHLO, to the builtin operators of TensorFlow Lite"
                .to_owned();
        }
        _ => {
            return "TensorFlow Lite Micro hasn't got it either: replace the layer that it comes from, or \
                    do that part in the program around the model"
                .to_owned();
        }
    };
    format!("replace the layer that it comes from: {instead}")
}

/// For an operator that runs with tensors of other types.
fn types(operator: &Operator) -> Option<String> {
    let inputs: Vec<_> = operator
        .inputs()
        .flatten()
        .map(|input| operator.graph.tensor(input))
        .collect();
    let outputs = operator
        .outputs()
        .map(|output| operator.graph.tensor(output));
    let all: Vec<_> = inputs.iter().copied().chain(outputs).collect();
    let any = |wanted: u8| all.iter().any(|tensor| tensor.type_number() == wanted);
    let first = inputs.first().map(|tensor| tensor.type_number());
    let constant = |wanted: u8| {
        let mut weights = inputs.iter().skip(1);
        weights.any(|it| it.is_constant() && it.type_number() == wanted)
    };
    let integers = [tensor_type::INT8, tensor_type::INT16];
    let computes_in_float = first == Some(tensor_type::FLOAT32)
        && operator
            .outputs()
            .all(|it| !integers.contains(&operator.graph.tensor(it).type_number()));
    if computes_in_float && constant(tensor_type::INT8) {
        return Some(format!(
            "it is a dynamic-range model, of int8 weights and float32 activations, which TensorFlow Lite \
             Micro doesn't run either: {TO_INT8} for int8, or without optimizations for float32"
        ));
    }
    if any(FLOAT16) {
        return Some(format!(
            "its weights are float16, which microcontrollers don't compute with: {TO_INT8}, and without \
             supported_types = [tf.float16]"
        ));
    }
    if any(INT4) {
        return Some(format!("its weights have 4 bits: {TO_INT8}, for 8 bits"));
    }
    if any(tensor_type::UINT8) {
        return Some(format!(
            "it was quantised to uint8, as TensorFlow 1 did: {TO_INT8} with TensorFlow 2; uint8 at the \
             border of a model runs, by QUANTIZE"
        ));
    }
    let other = [
        tensor_type::FLOAT32,
        tensor_type::INT8,
        tensor_type::INT16,
        tensor_type::INT32,
    ];
    let strange = all.iter().find(|it| !other.contains(&it.type_number()))?;
    Some(format!(
        "elements of type {} run in few operators: cast to int32 or float32 in front of it",
        tensor_type_name(strange.type_number())
    ))
}

/// Values of `TensorType` that the interpreter has no tensors of.
const FLOAT16: u8 = 1;
const INT4: u8 = 17;
