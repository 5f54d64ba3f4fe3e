//! The golden vectors of TensorFlow Lite Micro: every byte of every output has to be equal.

use std::path::PathBuf;

use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
use tinybench_interpreter::{Interpreter, Model, arena_needed};

fn shared() -> PathBuf {
    std::env::var_os("TINYBENCH_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    )
}

/// Runs all golden vectors of `name` in `folder`.
fn golden<K: Kernels>(folder: &str, name: &str) {
    let folder = shared().join(folder);
    if !folder.is_dir() {
        println!("skipped: {} is absent", folder.display());
        return;
    }
    let file = std::fs::read(folder.join(format!("{name}.tflite"))).unwrap();
    let inputs = std::fs::read(folder.join(format!("golden/{name}.inputs.i8"))).unwrap();
    let outputs = std::fs::read(folder.join(format!("golden/{name}.outputs.i8"))).unwrap();
    let model = Model::parse(&file).unwrap();
    let mut arena = vec![0_u64; arena_needed(&model).unwrap().div_ceil(8)];
    let arena = bytemuck::cast_slice_mut(&mut arena);
    let mut interpreter = Interpreter::<K>::new(&model, arena).unwrap();
    let vectors = inputs
        .chunks_exact(model.input().bytes)
        .zip(outputs.chunks_exact(model.output().bytes));
    let count = inputs.len() / model.input().bytes;
    assert_eq!(outputs.len(), count * model.output().bytes);
    assert!(count >= 8);
    for (vector, (input, expected)) in vectors.enumerate() {
        interpreter
            .input_mut()
            .copy_from_slice(bytemuck::cast_slice(input));
        interpreter.invoke().unwrap();
        assert_eq!(
            interpreter.output(),
            bytemuck::cast_slice::<u8, i8>(expected),
            "vector {vector}"
        );
    }
}

macro_rules! golden {
    ($($test:ident: $folder:literal, $name:literal;)*) => {
        mod portable {
            $(#[test]
            fn $test() {
                super::golden::<super::Portable>($folder, $name);
            })*
        }

        mod dsp {
            $(#[test]
            fn $test() {
                super::golden::<super::Dsp>($folder, $name);
            })*
        }
    };
}

golden! {
    keyword_spotting: "mlperf-tiny", "kws_ref_model";
    visual_wake_words: "mlperf-tiny", "vww_96_int8";
    image_classification: "mlperf-tiny", "pretrainedResnet_quant";
    anomaly_detection: "mlperf-tiny", "ad01_int8";
    streaming_wake_word: "mlperf-tiny", "str_ww_ref_model";
    person_detection: "microflow", "person_detect";
    speech: "microflow", "speech";
    sine: "microflow", "sine";
}
