use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use tinybench_interpreter::flatbuffer::Table;
use tinybench_interpreter::{Damage, arena_needed};

use super::*;
use crate::runtimes::{HostRuntime, Interpreter};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workloads/models")
}

fn model(name: &str) -> Vec<u8> {
    fs::read(models().join(name).join(format!("{name}.tflite"))).unwrap()
}

#[test]
fn a_compressed_model_gives_the_same_outputs_and_is_smaller() {
    for name in ["kws", "ad", "ic"] {
        let plain = model(name);
        let compressed = compress(&plain).unwrap();
        let coded: usize = compressed.layers.iter().map(|layer| layer.coded).sum();
        let weights: usize = compressed.layers.iter().map(|layer| layer.weights).sum();
        assert!(coded < weights, "{name}");
        let inputs = fs::read(models().join(name).join("vectors.inputs.i8")).unwrap();
        let facts = Interpreter.inspect(&plain).unwrap();
        let inputs = &inputs[..4 * facts.input_bytes];
        assert_eq!(
            Interpreter.infer(&compressed.file, inputs).unwrap(),
            Interpreter.infer(&plain, inputs).unwrap(),
            "{name}"
        );
        let coded = Interpreter.inspect(&compressed.file).unwrap();
        assert_eq!(
            (coded.macs, coded.parameters, coded.input, coded.output),
            (facts.macs, facts.parameters, facts.input, facts.output)
        );
    }
}

#[test]
fn a_dense_layer_is_decoded_a_few_rows_at_a_time() {
    let plain = model("ad");
    let needed = |file: &[u8]| arena_needed(&Model::parse(file).unwrap()).unwrap();
    let more = needed(&compress(&plain).unwrap().file) - needed(&plain);
    // The largest layer has 81,920 weights: a table of 2 KiB, and 32 rows of 128 or 8 of 640.
    assert_eq!(more, 2048 + 5120);
    // Of the file a part is left.
    assert!(compress(&plain).unwrap().file.len() < plain.len() * 9 / 10);
}

#[test]
fn what_cannot_be_compressed_says_why() {
    let compressed = compress(&model("kws")).unwrap();
    assert_eq!(compress(&compressed.file), Err(CompressError::Already));
    assert_eq!(
        compress(b"nonsense"),
        Err(CompressError::Model(ModelError::NotAModel))
    );
}

/// Where the coded weights of the first coded buffer begin in a compressed model.
fn first_coded(file: &[u8]) -> usize {
    let root = Table::root(file).unwrap();
    let buffers = root.tables(schema::model::BUFFERS).unwrap();
    let buffer = (0..buffers.len())
        .map(|index| buffers.get(index).unwrap().unwrap())
        .find(|buffer| buffer.scalar(schema::buffer::CODING, 0_u8) == Ok(schema::buffer::HUFFMAN));
    let data = buffer.unwrap().vector::<u8>(schema::buffer::DATA).unwrap();
    data.raw().as_ptr() as usize - file.as_ptr() as usize
}

#[test]
fn a_corrupt_huffman_table_is_refused_before_anything_runs() {
    let file = compress(&model("kws")).unwrap().file;
    let mut corrupt = file.clone();
    corrupt[first_coded(&file) + 3] ^= 0x11;
    let ModelError::Coding { damage, .. } = Model::parse(&corrupt).unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(damage, Damage::Checksum);
    let mut newer = file;
    newer[7] = b'2';
    assert_eq!(
        Model::parse(&newer).unwrap_err(),
        ModelError::CompressedVersion { found: b'2' }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_compressed_models_never_panic(
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        static FILE: LazyLock<Vec<u8>> =
            LazyLock::new(|| compress(&model("kws")).unwrap().file);
        let mut file = FILE.clone();
        // The tables are in the first part of the file; a change there finds more.
        let at = at.index(6000.min(file.len()));
        file[at] = value;
        let run = |file: &[u8]| {
            if let Ok(facts) = Interpreter.inspect(file)
                && facts.input_bytes < 10_000
                && facts.arena_bytes < 1 << 20
            {
                let _ = Interpreter.infer(file, &vec![0; facts.input_bytes]);
            }
        };
        run(&file);
        file.truncate(cut.index(file.len()));
        run(&file);
    }
}
