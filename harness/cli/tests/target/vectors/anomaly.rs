//! An anomaly from raw audio, in a project of its own: log-mel features and the score are computed
//! on the virtual board.

use std::fs;

use crate::support::{Ended, Tinybench, project_root};
use tinybench_inputs::runtimes;
use tinybench_pipeline::parameters::{Kind, Parameters};
use tinybench_pipeline::tables::Tables;
use tinybench_record::{FailureKind, RunRecord};
use tinybench_support::hash::sha256_hex;

const VECTORS: usize = 4;

/// Features for a model of 5 x 5 x 4 inputs and as many outputs.
const PARAMETERS: Parameters = Parameters {
    kind: Kind::LogMel,
    sample_rate: 16_000,
    frames: 5,
    window_samples: 1000,
    hop_samples: 512,
    fft_samples: 1024,
    mel_bands: 20,
    low_hz: 20.0,
    high_hz: 8000.0,
    log_floor: 1e-5,
    coefficients: 0,
};

const FEATURES: &str = r#"
[features]
kind = "log-mel"
sample_rate = 16000
full_scale = 32768
frames = 5
window_samples = 1000
window = "hann-periodic"
hop_samples = 512
fft_samples = 1024
spectrum = "power"
mel_scale = "htk"
mel_bands = 20
low_hz = 20.0
high_hz = 8000.0
logarithm = "natural"
log_floor = 1e-05
"#;

/// Noise, louder from vector to vector.
fn audio() -> Vec<i16> {
    let mut state = 1_u32;
    (0..VECTORS * PARAMETERS.samples())
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let loudness = 4 - i / PARAMETERS.samples();
            (state >> 16) as i16 >> (2 * loudness)
        })
        .collect()
}

/// A model's vectors: features of the audio as the host computes them, and what the host's
/// portable kernels make of them.
fn vectors(model: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let runtime = runtimes::engine_for(model);
    let facts = runtime.inspect(model).unwrap();
    assert_eq!(
        (facts.input_bytes, facts.output_bytes),
        (PARAMETERS.features(), PARAMETERS.features())
    );
    let tables = Tables::new(PARAMETERS).unwrap();
    let front_end = tables.front_end();
    let mut work = vec![0.0; front_end.work_words()];
    let mut inputs = Vec::new();
    for audio in audio().chunks_exact(PARAMETERS.samples()) {
        let mut features = vec![0; PARAMETERS.features()];
        front_end
            .compute(audio, facts.input, &mut work, &mut features)
            .unwrap();
        inputs.extend(features.iter().map(|feature| feature.cast_unsigned()));
    }
    let outputs = runtime.infer(model, &inputs).unwrap();
    (inputs, outputs)
}

/// A project with the workload `anomaly`, whose reference inputs `change` has changed.
pub fn project(tinybench: &Tinybench, change: impl Fn(&mut [u8])) {
    let fixture = "targets/runtimes/interpreter/tests/fixtures/add.tflite";
    let model = fs::read(project_root().join(fixture)).unwrap();
    let (mut inputs, outputs) = vectors(&model);
    change(&mut inputs);
    let audio: Vec<u8> = audio()
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let labels = [0, 1, 0, 1];
    let facts = runtimes::engine_for(&model).inspect(&model).unwrap();
    let card = format!(
        r#"
name = "anomaly"
title = "Anomaly"
description = "For tests."
[model]
file = "anomaly.tflite"
sha256 = "{}"
bytes = {}
architecture = "one addition"
macs = {}
parameters = {}
[vectors]
count = {VECTORS}
inputs = "vectors.inputs.i8"
inputs_sha256 = "{}"
outputs = "vectors.outputs.i8"
outputs_sha256 = "{}"
labels = "vectors.labels.u8"
labels_sha256 = "{}"
reference = "the host"
[task]
kind = "anomaly"
classes = ["normal", "anomalous"]
[audio]
count = {VECTORS}
file = "vectors.audio.i16"
sha256 = "{}"
samples = {}
{FEATURES}"#,
        sha256_hex(&model),
        model.len(),
        facts.macs,
        facts.parameters,
        sha256_hex(&inputs),
        sha256_hex(&outputs),
        sha256_hex(&labels),
        sha256_hex(&audio),
        PARAMETERS.samples(),
    );
    for (name, bytes) in [
        ("anomaly.tflite", model.as_slice()),
        ("vectors.inputs.i8", &inputs),
        ("vectors.outputs.i8", &outputs),
        ("vectors.labels.u8", &labels),
        ("vectors.audio.i16", &audio),
        ("card.toml", card.as_bytes()),
    ] {
        tinybench.file(&format!("project/workloads/models/anomaly/{name}"), bytes);
    }
    for part in [
        "target",
        "targets",
        "workloads/pipeline",
        "workloads/learning",
    ] {
        let link = tinybench.path("project").join(part);
        std::os::unix::fs::symlink(project_root().join(part), link).unwrap();
    }
}

fn run(tinybench: &Tinybench) -> Ended {
    tinybench.run_virtual(&[
        "--project",
        "project",
        "--workload",
        "anomaly-audio",
        "--runs",
        "2",
        "--format",
        "json",
    ])
}

#[test]
fn log_mel_features_and_the_score_are_computed_on_the_target() {
    let tinybench = Tinybench::new();
    project(&tinybench, |_| ());
    let ended = run(&tinybench);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    let result = &record.results[0];
    assert_eq!(result.outputs.as_ref().unwrap().vectors, VECTORS as u64);
    let features = result.features.as_ref().unwrap();
    assert_eq!(features.values_compared, 400);
    // The same code with the same arithmetic.
    assert_eq!(features.differing, 0);
    let quality = result.quality.as_ref().unwrap();
    assert_eq!((quality.metric.as_str(), quality.samples), ("auc", 4));
    assert!([0.0, 0.25, 0.5, 0.75, 1.0].contains(&quality.value));
    let stages = result.latency.stages.as_ref().unwrap();
    // One hundred differences take longer than nothing and less than the features.
    let postprocess = stages.postprocess.median_cycles;
    assert!(postprocess > 500.0 && postprocess < stages.preprocess.median_cycles / 10.0);
}

#[test]
fn a_feature_that_differs_by_one_step_is_within_the_tolerance() {
    let tinybench = Tinybench::new();
    project(&tinybench, |inputs| {
        inputs[107] = inputs[107].wrapping_add(1)
    });
    let ended = run(&tinybench);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    let result = &record.results[0];
    let features = result.features.as_ref().unwrap();
    assert_eq!((features.differing, features.max_abs_diff), (1, 1));
    assert!(result.outputs.as_ref().unwrap().verified);
    let expected = "the host; where features differ, portable kernels of interpreter 0.2.0 on the \
                    host";
    assert_eq!(result.outputs.as_ref().unwrap().reference, expected);
}

#[test]
fn a_feature_that_differs_by_more_ends_the_run() {
    let tinybench = Tinybench::new();
    project(&tinybench, |inputs| {
        inputs[107] = inputs[107].wrapping_add(2)
    });
    let ended = run(&tinybench);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let expected = "anomaly-audio: the features differ from the reference: vector 1, index 7";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    let [failure] = record.failures.as_slice() else {
        panic!("{record:?}");
    };
    assert_eq!((record.results.len(), failure.exit_code), (0, 3));
    assert_eq!(failure.kind, FailureKind::Mismatch);
    assert!(failure.message.starts_with(expected), "{}", failure.message);
}
