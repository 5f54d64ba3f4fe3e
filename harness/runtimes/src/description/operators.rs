//! The operators of a model.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use tinybench_interpreter::schema::{builtin, tensor_type_name};
use tinybench_interpreter::{ElementType, Model, RawTensor};

use super::arena::Arena;
use super::options;
use crate::obstacles::{Obstacles, operator_name};

/// An operator.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Operator {
    /// Index among the operators of all subgraphs.
    pub index: u32,
    /// Index of the subgraph; 0 is the one that is run.
    pub subgraph: u32,
    /// Name, as the schema of TensorFlow Lite spells it; that of a custom operator in backquotes.
    pub name: String,
    /// Version of the operator.
    pub version: i32,
    /// Options that matter, such as `3x3`, `stride 2`, `same`, `relu6`.
    pub options: Vec<String>,
    /// Inputs, those that are left out among them.
    pub inputs: Vec<Option<OperatorTensor>>,
    /// Outputs.
    pub outputs: Vec<OperatorTensor>,
    /// Multiply-accumulate operations, padding included; none where the shapes don't tell.
    pub macs: Option<u64>,
    /// Bytes of its constants in the file.
    pub weight_bytes: u64,
    /// Output channels whose weights all stand for 0.0, of an operator with int8 weights that has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zero_channels: Option<u64>,
    /// Whether it can run.
    pub runs: bool,
    /// The arena's high-water mark while it runs: the end of the highest buffer that is needed then,
    /// bytes. For operators of the subgraph that is run, of a model that can run.
    pub high_water_bytes: Option<u64>,
    /// Bytes of tensors and scratch that are needed while it runs.
    pub live_bytes: Option<u64>,
}

/// A tensor of an operator.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OperatorTensor {
    /// Index in the subgraph.
    pub index: u32,
    /// Name in the file, may be empty.
    pub name: String,
    /// Type of the elements.
    #[serde(rename = "type")]
    pub element_type: String,
    /// Dimensions, outermost first.
    pub shape: Vec<u64>,
    /// Whether its content lies in the file.
    pub constant: bool,
}

impl OperatorTensor {
    fn of(tensor: &RawTensor) -> Self {
        Self {
            index: tensor.index,
            name: tensor.name().to_owned(),
            element_type: type_name(tensor),
            shape: shape(tensor),
            constant: tensor.is_constant(),
        }
    }
}

/// The type of a tensor's elements, as NumPy spells it.
pub(super) fn type_name(tensor: &RawTensor) -> String {
    tensor_type_name(tensor.type_number()).to_lowercase()
}

/// The dimensions of a tensor.
pub(super) fn shape(tensor: &RawTensor) -> Vec<u64> {
    tensor.shape().iter().map(|it| it as u64).collect()
}

/// All operators of a model.
pub(super) fn all(model: &Model, obstacles: &Obstacles, arena: Option<&Arena>) -> Vec<Operator> {
    let refused: BTreeSet<u32> = obstacles
        .list
        .iter()
        .filter_map(|it| Some(it.operator.as_ref()?.index))
        .collect();
    let mut found = Vec::new();
    for graph in model.graphs() {
        for (time, operator) in graph.operators().enumerate() {
            let runs = !refused.contains(&operator.index);
            let at_work = arena
                .filter(|_| graph.number == 0)
                .and_then(|arena| arena.at(time));
            let tensor = |index| OperatorTensor::of(&graph.tensor(index));
            let constants = operator.inputs().flatten().map(|it| graph.tensor(it));
            found.push(Operator {
                index: operator.index,
                subgraph: graph.number,
                name: operator_name(model, &operator),
                version: model.code(&operator).version,
                options: options::of(model, &operator),
                inputs: operator.inputs().map(|input| input.map(tensor)).collect(),
                outputs: operator.outputs().map(tensor).collect(),
                macs: match model.needs(&operator) {
                    Ok((_, needs)) if runs => Some(needs.macs()),
                    _ => macs_of_shapes(model.code(&operator).builtin, &operator),
                },
                zero_channels: match model.is_compressed() {
                    true => None,
                    false => zero_channels(model.code(&operator).builtin, &operator),
                },
                weight_bytes: constants.map(|it| it.data().len() as u64).sum(),
                runs,
                high_water_bytes: at_work.map(|(high_water, _)| high_water),
                live_bytes: at_work.map(|(_, live)| live),
            });
        }
    }
    found
}

/// How many output channels have weights that all stand for 0.0; none if no channel has.
fn zero_channels(builtin: i32, operator: &tinybench_interpreter::Operator) -> Option<u64> {
    let weights = operator.optional_input(1)?;
    if weights.element_type() != Some(ElementType::Int8) {
        return None;
    }
    let shape = shape(&weights);
    let data = weights.data();
    let zero = weights.quantisation().zero_point as u8;
    let channels = match builtin {
        builtin::CONV_2D | builtin::FULLY_CONNECTED => usize::try_from(*shape.first()?).ok()?,
        builtin::DEPTHWISE_CONV_2D => usize::try_from(*shape.last()?).ok()?,
        _ => return None,
    };
    let each = data.len().checked_div(channels).filter(|&it| it > 0)?;
    let is_zero = |channel: usize| match builtin {
        builtin::DEPTHWISE_CONV_2D => data
            .iter()
            .skip(channel)
            .step_by(channels)
            .all(|&it| it == zero),
        _ => data
            .iter()
            .skip(channel * each)
            .take(each)
            .all(|&it| it == zero),
    };
    let count = (0..channels).filter(|&channel| is_zero(channel)).count() as u64;
    (count > 0).then_some(count)
}

/// Elements of weights and biases, and bytes of all constants, each tensor once.
pub(super) fn constants(model: &Model) -> (u64, u64) {
    let (mut seen, mut parameters, mut bytes) = (BTreeSet::new(), 0_u64, 0_u64);
    for graph in model.graphs() {
        for operator in graph.operators() {
            let weighted = has_weights(model.code(&operator).builtin);
            for index in operator.inputs().flatten() {
                let tensor = graph.tensor(index);
                if tensor.data().is_empty() || !seen.insert((graph.number, index)) {
                    continue;
                }
                bytes += tensor.data().len() as u64;
                if weighted {
                    parameters = parameters.saturating_add(elements(&tensor).unwrap_or(0));
                }
            }
        }
    }
    (parameters, bytes)
}

fn has_weights(builtin: i32) -> bool {
    matches!(
        builtin,
        builtin::CONV_2D
            | builtin::DEPTHWISE_CONV_2D
            | builtin::FULLY_CONNECTED
            | builtin::TRANSPOSE_CONV
            | builtin::BATCH_MATMUL
    )
}

fn elements(tensor: &RawTensor) -> Option<u64> {
    let mut shape = tensor.shape().iter();
    shape.try_fold(1_u64, |product, it| product.checked_mul(it as u64))
}

/// Multiply-accumulate operations of an operator that can't run, as its shapes tell them.
fn macs_of_shapes(builtin: i32, operator: &tinybench_interpreter::Operator) -> Option<u64> {
    let (input, weights) = (operator.optional_input(0)?, operator.optional_input(1)?);
    let output = (operator.output_count() > 0).then(|| operator.output(0))?;
    let last = |tensor: &RawTensor| Some(tensor.shape().last() as u64).filter(|&it| it > 0);
    match builtin {
        // Each output is a sum over a filter, of which there are as many as channels.
        builtin::CONV_2D => {
            let positions = elements(&output)? / last(&output)?;
            positions.checked_mul(elements(&weights)?)
        }
        builtin::DEPTHWISE_CONV_2D => {
            let positions = elements(&output)? / last(&output)?;
            positions.checked_mul(elements(&weights)?)
        }
        builtin::FULLY_CONNECTED => {
            let batches = elements(&input)? / last(&weights)?;
            batches.checked_mul(elements(&weights)?)
        }
        // Each input is multiplied with all filters.
        builtin::TRANSPOSE_CONV => {
            let input = operator.optional_input(2)?;
            let positions = elements(&input)? / last(&input)?;
            positions.checked_mul(elements(&weights)?)
        }
        // Nothing is multiplied with weights.
        _ => None,
    }
}
