//! Gives MicroFlow's macro the path of the model, and the engine the sizes of its tensors.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Fields of schema.fbs.
const MODEL_SUBGRAPHS: usize = 2;
const SUBGRAPH_TENSORS: usize = 0;
const SUBGRAPH_INPUTS: usize = 1;
const SUBGRAPH_OUTPUTS: usize = 2;
const TENSOR_SHAPE: usize = 0;
const TENSOR_QUANTISATION: usize = 4;
const QUANTISATION_SCALE: usize = 2;
const QUANTISATION_ZERO_POINT: usize = 3;

/// A place in a FlatBuffer.
#[derive(Clone, Copy)]
struct At<'a>(&'a [u8], usize);

impl<'a> At<'a> {
    fn word(self) -> usize {
        u32::from_le_bytes(self.0[self.1..][..4].try_into().unwrap()) as usize
    }

    fn follow(self) -> Self {
        Self(self.0, self.1 + self.word())
    }

    /// What a field of the table here refers to.
    fn field(self, field: usize) -> Self {
        let fields = self.1.wrapping_sub(self.word() as u32 as i32 as usize);
        let entry = fields + 4 + 2 * field;
        let offset = u16::from_le_bytes(self.0[entry..][..2].try_into().unwrap());
        assert_ne!(offset, 0, "the model lacks a field that MicroFlow needs");
        Self(self.0, self.1 + usize::from(offset)).follow()
    }

    fn table(self, index: usize) -> Self {
        self.element(index, 4).follow()
    }

    fn element(self, index: usize, bytes: usize) -> Self {
        Self(self.0, self.1 + 4 + index * bytes)
    }
}

/// The first tensor among the subgraph's inputs or outputs.
fn tensor(model: &[u8], list: usize) -> At<'_> {
    let graph = At(model, 0).follow().field(MODEL_SUBGRAPHS).table(0);
    let index = graph.field(list).element(0, 4).word();
    graph.field(SUBGRAPH_TENSORS).table(index)
}

/// How many values it has, which have to lie in a row.
fn length(tensor: At) -> usize {
    let shape = tensor.field(TENSOR_SHAPE);
    let rank = shape.word();
    let sizes = (0..rank).map(|index| shape.element(index, 4).word());
    let sizes: Vec<usize> = sizes.collect();
    match sizes[..] {
        [length] | [1, length] => length,
        _ => panic!("a tensor of shape {sizes:?}: this glue is for inputs and outputs of one row"),
    }
}

fn main() {
    println!("cargo:rerun-if-env-changed=TINYBENCH_MODEL");
    let path = env::var_os("TINYBENCH_MODEL").map(PathBuf::from);
    let path = path.expect("TINYBENCH_MODEL names the model; tinybench sets it");
    println!("cargo:rerun-if-changed={}", path.display());
    let model = fs::read(&path).expect("the model can be read");
    let (input, output) = (
        tensor(&model, SUBGRAPH_INPUTS),
        tensor(&model, SUBGRAPH_OUTPUTS),
    );
    let quantisation = output.field(TENSOR_QUANTISATION);
    let scale = quantisation.field(QUANTISATION_SCALE).element(0, 4).word();
    let zero_point = quantisation
        .field(QUANTISATION_ZERO_POINT)
        .element(0, 8)
        .word() as u32;
    let code = format!(
        "#[microflow::model({path:?})]\nstruct Model;\nconst INPUTS: usize = {};\n\
         const OUTPUTS: usize = {};\nconst SCALE: f32 = f32::from_bits({scale});\n\
         const ZERO_POINT: f32 = {}.0;\n",
        length(input),
        length(output),
        zero_point.cast_signed(),
    );
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("model.rs"), code).expect("OUT_DIR can be written");
}
