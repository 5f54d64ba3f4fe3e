//! A model as the harness sees it, for people and their programs.

mod arena;
mod operators;
mod options;

use schemars::JsonSchema;
use serde::Serialize;
use tinybench_interpreter::{Graph, Model, RawTensor};

use super::obstacles::Obstacles;

pub use arena::{Arena, Buffer, Content, Parts};
pub use operators::{Operator, OperatorTensor};

/// A model as the harness sees it, whether it can run or not.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Description {
    /// What kind of model the file is: `tensorflow-lite`, `compressed` (with coded weights) or
    /// `classical`.
    pub format: String,
    /// The model's inputs.
    pub inputs: Vec<Tensor>,
    /// The model's outputs.
    pub outputs: Vec<Tensor>,
    /// What keeps its value from one inference to the next.
    pub state: Vec<Tensor>,
    /// The operators of all subgraphs, in the order of the file; none for a model that isn't a
    /// network.
    pub operators: Vec<Operator>,
    /// Multiply-accumulate operations of one inference, padding included; those of operators that
    /// can't run as far as their shapes tell.
    pub macs: u64,
    /// Weights and biases of the operators that have any, each tensor once.
    pub parameters: u64,
    /// Bytes of all constants in the file, each tensor once.
    pub weight_bytes: u64,
    /// The arena; none for a model that can't run.
    pub arena: Option<Arena>,
}

/// An input, output or variable of a model.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Tensor {
    /// Index in its subgraph.
    pub index: u32,
    /// Name in the file, may be empty.
    pub name: String,
    /// Type of the elements.
    #[serde(rename = "type")]
    pub element_type: String,
    /// Dimensions, outermost first.
    pub shape: Vec<u64>,
    /// Bytes.
    pub bytes: u64,
    /// Real value of one step, if the tensor is quantised.
    pub scale: Option<f32>,
    /// The element that stands for 0.0, if the tensor is quantised.
    pub zero_point: Option<i32>,
}

impl Tensor {
    pub(super) fn of(tensor: &RawTensor) -> Self {
        let quantised = !tensor.quantisations().0.is_empty();
        let quantisation = tensor.quantisation();
        Self {
            index: tensor.index,
            name: tensor.name().to_owned(),
            element_type: operators::type_name(tensor),
            shape: operators::shape(tensor),
            bytes: tensor.bytes() as u64,
            scale: quantised.then_some(quantisation.scale),
            zero_point: quantised.then_some(quantisation.zero_point),
        }
    }
}

/// Describes a model of TensorFlow Lite whose file could be read. `obstacles` are all of its own.
pub(super) fn of_network(model: &Model, obstacles: &Obstacles) -> Description {
    let graphs: Vec<Graph> = model.graphs().collect();
    let main = graphs.first();
    let tensors = |indices: &mut dyn Iterator<Item = u32>| -> Vec<Tensor> {
        let tensor = |index| Some(Tensor::of(&main?.tensor(index)));
        indices.filter_map(tensor).collect()
    };
    let runs = obstacles.list.is_empty();
    let arena = if runs { arena::of(model) } else { None };
    let operators = operators::all(model, obstacles, arena.as_ref());
    let (parameters, weight_bytes) = operators::constants(model);
    Description {
        format: match model.is_compressed() {
            true => "compressed",
            false => "tensorflow-lite",
        }
        .to_owned(),
        inputs: main.map_or(Vec::new(), |graph| tensors(&mut graph.inputs())),
        outputs: main.map_or(Vec::new(), |graph| tensors(&mut graph.outputs())),
        state: variables(&graphs),
        macs: operators
            .iter()
            .filter_map(|it| it.macs)
            .fold(0, u64::saturating_add),
        parameters: if runs { model.parameters() } else { parameters },
        weight_bytes,
        operators,
        arena,
    }
}

fn variables(graphs: &[Graph]) -> Vec<Tensor> {
    let mut found = Vec::new();
    for graph in graphs {
        for index in 0..graph.tensor_count() as u32 {
            let tensor = graph.tensor(index);
            if tensor.is_variable() {
                found.push(Tensor::of(&tensor));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tinybench_interpreter::kernels::Portable;
    use tinybench_interpreter::operators::{Resolver, With};

    use super::*;
    use crate::obstacles;

    #[test]
    fn what_shapes_tell_is_what_the_kernels_count() {
        for name in ["kws", "vww", "ic", "ad", "sww"] {
            let path = format!("../../workloads/models/{name}/{name}.tflite");
            let file = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
            let described = |resolver: Resolver| {
                let model = Model::open(&file, resolver).unwrap();
                let obstacles = obstacles::of(&model, resolver, "test");
                of_network(&model, &obstacles)
            };
            let (runs, refused) = (described(With::<Portable>::ALL), described(&[]));
            assert!(refused.operators.iter().all(|it| !it.runs), "{name}");
            assert_eq!(refused.arena, None, "{name}");
            assert_eq!(
                (refused.macs, refused.parameters),
                (runs.macs, runs.parameters),
                "{name}"
            );
            let bytes =
                |it: &Description| it.operators.iter().map(|it| it.weight_bytes).sum::<u64>();
            assert_eq!(bytes(&refused), runs.weight_bytes, "{name}");
        }
    }
}
