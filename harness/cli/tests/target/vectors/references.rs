//! Vectors, sequences and labels of the user's own, through the whole command on the virtual board.
//! Skipped, saying so, where firmware can't be built.

use std::fs;

use crate::support::{Tinybench, project_root, shared, toolchain_is_there};
use tinybench_inputs::runtimes::{HostRuntime, Interpreter};
use tinybench_record::{RunRecord, RunResult};

/// A file of the interpreter's fixtures.
fn fixture(name: &str) -> Vec<u8> {
    let folder = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    fs::read(folder.join(name)).unwrap()
}

/// A `.npy` file as NumPy writes it, of int8.
fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|i1', 'fortran_order': False, 'shape': ({shape}), }}");
    let header = format!("{header:<117}\n");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(header.bytes());
    file.extend(data);
    file
}

/// The result of a run that is fine.
#[track_caller]
fn result(tinybench: &Tinybench, arguments: &[&str]) -> RunResult {
    let ended = tinybench.run_virtual(&[arguments, &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    assert_eq!(record.results.len(), 1);
    record.results.remove(0)
}

#[test]
fn a_model_that_looks_positions_up_gets_those_there_are() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    for name in [
        "embedding_lookup_int8",
        "gather_nd_int8",
        "broadcast_args_int64",
    ] {
        tinybench.file("my.tflite", &fixture(&format!("movement/{name}.tflite")));
        let result = result(&tinybench, &["--model", "my.tflite", "--runs", "5"]);
        assert_eq!(
            (result.inputs.available, result.outputs.unwrap().vectors),
            (8, 8),
            "{name}"
        );
    }
    // What the user gives is taken as it is.
    tinybench.file(
        "my.tflite",
        &fixture("movement/embedding_lookup_int8.tflite"),
    );
    let mut inputs = fixture("movement/embedding_lookup_int8.inputs.bin");
    inputs.truncate(16);
    inputs[12..].copy_from_slice(&77_i32.to_le_bytes());
    tinybench.file("vectors/my.inputs.i32", &inputs);
    let ended = tinybench.run_virtual(&["--model", "my.tflite", "--inputs", "vectors"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("operator 0 can't run with vector")
            && ended
                .stderr
                .contains("has no end in sight\n  help: give inputs"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_streaming_model_is_fed_and_compared_step_by_step() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let model = fixture("streaming/variables.tflite");
    let input_bytes = Interpreter.inspect(&model).unwrap().input_bytes;
    let inputs = fixture("streaming/variables.inputs");
    let outputs = fixture("streaming/variables.outputs");
    let steps = inputs.len() / input_bytes;
    assert!(steps > 2);
    tinybench.file("my.tflite", &model);
    // The same sequence twice: the second begins anew as well.
    let twice = |data: &[u8]| [data, data].concat();
    let shape = format!("2, {steps}, 3, 2");
    tinybench.file("vectors/my.inputs.npy", &npy(&shape, &twice(&inputs)));
    tinybench.file("vectors/my.outputs.i8", &twice(&outputs));
    let steps_text = steps.to_string();
    let run = |more: &[&str]| {
        let fixed = ["--model", "my.tflite", "--vectors", "all", "--runs", "5"];
        result(&tinybench, &[&fixed, more].concat())
    };
    let referred = run(&["--reference", "vectors", "--steps", &steps_text]);
    assert_eq!(referred.inputs.steps, Some(steps as u64));
    assert_eq!(
        (referred.inputs.available, referred.latency.cycles.len()),
        (2, 5)
    );
    let compared = referred.outputs.unwrap();
    assert_eq!(compared.reference, "my.outputs.i8");
    assert_eq!(
        (compared.vectors, compared.bytes_compared),
        (2, 2 * outputs.len() as u64)
    );

    // The host keeps the state just so.
    let computed = run(&["--inputs", "vectors", "--steps", &steps_text])
        .outputs
        .unwrap();
    assert!(
        computed
            .reference
            .starts_with("portable kernels of interpreter")
    );
    assert_eq!(computed.bytes_compared, compared.bytes_compared);
    let seeded = run(&["--steps", "3"]);
    assert_eq!((seeded.inputs.available, seeded.inputs.steps), (8, Some(3)));

    // And without sequences, every step from the beginning, the outputs are others.
    tinybench.file("bare/my.inputs.i8", &inputs);
    tinybench.file("bare/my.outputs.i8", &outputs);
    let bare = ["--model", "my.tflite", "--reference", "bare"];
    let ended = tinybench.run_virtual(&bare);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("differs from the reference: vector 1, output"),
        "{}",
        ended.stderr
    );
    let ended = tinybench.run_virtual(&[&bare[..], &["--steps", "7"]].concat());
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("no sequences of 7 steps"),
        "{}",
        ended.stderr
    );
    let arrays = ["--model", "my.tflite", "--reference", "vectors"];
    let ended = tinybench.run_virtual(&arrays);
    let hint = format!("2 sequences of {steps} steps, which --steps {steps} would say");
    assert!(
        ended.code == Some(7) && ended.stderr.contains(&hint),
        "{}",
        ended.stderr
    );
}

#[test]
fn labels_give_a_figure_for_a_model_of_one_s_own() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &fixture("dense.tflite"));
    tinybench.file("vectors/my.inputs.i8", &fixture("dense.inputs.i8"));
    let facts = Interpreter.inspect(&fixture("dense.tflite")).unwrap();
    let outputs = fixture("dense.outputs.i8");
    let outputs = outputs.chunks_exact(facts.output_bytes);
    // The right class of all vectors but the first; and the values of all outputs, each too small by
    // half a step.
    let (mut classes, mut targets) = (String::new(), String::new());
    for (vector, output) in outputs.enumerate() {
        let signed: Vec<i8> = output.iter().map(|it| it.cast_signed()).collect();
        let largest = signed.iter().max().unwrap();
        let class = signed.iter().position(|it| it == largest).unwrap();
        let class = if vector == 0 {
            (class + 1) % signed.len()
        } else {
            class
        };
        classes += &format!("{class}\n");
        let values = signed.iter().map(|&value| {
            let steps = f64::from(value) - f64::from(facts.output.zero_point) - 0.5;
            (f64::from(facts.output.scale) * steps).to_string()
        });
        targets += &format!("{}\n", values.collect::<Vec<_>>().join(","));
    }
    tinybench.file("classes.csv", classes.as_bytes());
    tinybench.file("targets.csv", targets.as_bytes());
    let judged = |labels: &str, metric: &str| {
        let given = [
            "--model",
            "my.tflite",
            "--inputs",
            "vectors",
            "--labels",
            labels,
        ];
        let result = result(&tinybench, &[&given[..], &["--metric", metric]].concat());
        result.quality.unwrap()
    };
    let top1 = judged("classes.csv", "top1");
    assert_eq!(
        (top1.metric.as_str(), top1.value, top1.samples),
        ("top1", 0.75, 4)
    );
    let error = judged("targets.csv", "mae");
    let half = f64::from(facts.output.scale) / 2.0;
    assert!((error.value - half).abs() < 1e-9, "{}", error.value);

    let given = [
        "--model",
        "my.tflite",
        "--labels",
        "classes.csv",
        "--metric",
    ];
    let ended = tinybench.run_virtual(&[&given[..], &["top1"]].concat());
    assert_eq!(ended.code, Some(7));
    assert!(
        ended
            .stderr
            .contains("classes.csv has 4 labels, but 8 vectors"),
        "{}",
        ended.stderr
    );
    let ended = tinybench.run_virtual(&given[..4]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn float32_is_compared_relative_to_its_size_and_by_infinities_and_nans() {
    let Some(shared) = shared().filter(|_| toolchain_is_there()) else {
        return;
    };
    let models = shared.join("cases/models");
    let tinybench = Tinybench::new();
    for name in ["inf", "nan", "big"] {
        let path = models.join(format!("float32-{name}-weights.tflite"));
        let float = result(&tinybench, &["--model", path.to_str().unwrap()]);
        let float = float.outputs.unwrap().float.unwrap();
        assert!(float.values_compared > 0 && float.within_tolerance());
    }
    // Outputs up to 2.8e-6 aren't zeros.
    let folder = models.join("float32-zero-reference");
    let ended = tinybench.run_virtual(&[
        "--model",
        folder.join("ftiny.tflite").to_str().unwrap(),
        "--reference",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("of its largest value, 0e0"),
        "{}",
        ended.stderr
    );
}
