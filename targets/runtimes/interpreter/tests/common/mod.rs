//! What the integration tests share.

use std::fs;
use std::path::{Path, PathBuf};

use tinybench_interpreter::kernels::Kernels;
use tinybench_interpreter::operators::With;
use tinybench_interpreter::{DIGEST_WORDS, Interpreter, Model, arena_needed, room_needed};

/// The folder of models that come with their inputs and outputs.
#[allow(dead_code, reason = "not every test file reads fixtures")]
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The `.tflite` files of a folder, by name.
#[allow(dead_code, reason = "not every test file lists models")]
pub fn models(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut models: Vec<_> = entries
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "tflite")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    models.sort();
    models
}

/// Memory for an arena, aligned to 8 bytes.
pub fn arena(bytes: usize) -> Vec<u64> {
    vec![0xa5a5_a5a5_a5a5_a5a5; bytes.div_ceil(8)]
}

/// Runs all vectors of `NAME.inputs.i8`, with room for what the file says of all operators, of half, of one and of
/// none, and compares with `NAME.outputs.i8`, or, where a device gives other bytes than the package `tflite-micro`,
/// with `NAME.device-outputs.i8`.
#[allow(dead_code, reason = "not every test file runs vectors")]
pub fn golden<K: Kernels>(model: &Path, vectors: &Path) {
    let name = model.file_stem().unwrap().to_str().unwrap();
    let file = fs::read(model).unwrap();
    let inputs = fs::read(vectors.join(format!("{name}.inputs.i8"))).unwrap();
    let outputs = fs::read(vectors.join(format!("{name}.device-outputs.i8")))
        .or_else(|_| fs::read(vectors.join(format!("{name}.outputs.i8"))))
        .unwrap();
    let model =
        Model::with(&file, With::<K>::ALL).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(room_needed(&file), model.operator_count() * DIGEST_WORDS);
    let all = room_needed(&file);
    for words in [0, DIGEST_WORDS + 1, all / 2, all] {
        run_golden(name, &model, &mut vec![!0; words], &inputs, &outputs);
    }
}

fn run_golden(name: &str, model: &Model, room: &mut [u32], inputs: &[u8], outputs: &[u8]) {
    let mut arena = arena(arena_needed(model).unwrap());
    let arena = bytemuck::cast_slice_mut(&mut arena);
    let mut interpreter = Interpreter::with_room(model, arena, room).unwrap();
    let count = inputs.len() / model.input().bytes;
    assert!(
        count >= 4 && outputs.len() == count * model.output().bytes,
        "{name}"
    );
    let vectors = inputs
        .chunks_exact(model.input().bytes)
        .zip(outputs.chunks_exact(model.output().bytes));
    for (vector, (input, expected)) in vectors.enumerate() {
        interpreter
            .input_mut()
            .copy_from_slice(bytemuck::cast_slice(input));
        interpreter.invoke().unwrap();
        let expected: &[i8] = bytemuck::cast_slice(expected);
        assert_eq!(interpreter.output(), expected, "{name}, vector {vector}");
    }
}
