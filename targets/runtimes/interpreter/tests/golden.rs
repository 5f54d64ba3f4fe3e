//! The golden vectors of TensorFlow Lite Micro: every byte of every output has to be equal.

use std::path::PathBuf;

use tinybench_interpreter::kernels::{Compact, Dsp, Kernels, Portable};

mod common;

fn shared() -> PathBuf {
    std::env::var_os("TINYBENCH_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    )
}

/// Runs the golden vectors of one published model.
fn golden<K: Kernels>(folder: &str, name: &str) {
    let folder = shared().join(folder);
    if folder.is_dir() {
        common::golden::<K>(
            &folder.join(format!("{name}.tflite")),
            &folder.join("golden"),
        );
    } else {
        println!("skipped: {} is absent", folder.display());
    }
}

/// Runs the fixtures: small models that cover each operator's options.
fn fixtures<K: Kernels>() {
    let folder = common::fixtures();
    let models = common::models(&folder);
    assert!(models.len() >= 30);
    for (name, _) in models {
        common::golden::<K>(&folder.join(format!("{name}.tflite")), &folder);
    }
}

#[test]
fn fixtures_with_portable_kernels() {
    fixtures::<Portable>();
}

#[test]
fn fixtures_with_dsp_kernels() {
    fixtures::<Dsp>();
}

#[test]
fn fixtures_with_compact_kernels() {
    fixtures::<Compact>();
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

        mod compact {
            $(#[test]
            fn $test() {
                super::golden::<super::Compact>($folder, $name);
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
