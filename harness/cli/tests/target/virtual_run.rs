//! Whole runs on the virtual board: build, flash, measure, verify, record. Skipped, saying so,
//! where firmware can't be built.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, kws_model, project_root, shared, toolchain_is_there};
use serde_json::Value;
use tinybench_execution::build::find_toolchain;
use tinybench_inputs::suite::{Contents, STANDARD, Suite};
use tinybench_record::{FailureKind, RunRecord, RunResult};

const KWS: [&str; 9] = [
    "run",
    "--board",
    "nano33",
    "--on",
    "virtual",
    "--workload",
    "kws",
    "--vectors",
    "12",
];

fn run_kws(tinybench: &Tinybench, more: &[&str]) -> Ended {
    tinybench.run(&[&KWS[..], more].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_run_ends_in_a_record_that_validates() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let Ended {
        code,
        stdout,
        stderr,
    } = run_kws(&tinybench, &["--format", "json"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.starts_with("target: virtual nano33 (as --on virtual asks)\n"),
        "{stderr}"
    );

    let record = json(&stdout);
    let schema = project_root().join("results/run-record.schema.json");
    let schema = json(&fs::read_to_string(schema).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&record)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);

    // The file is what was printed.
    let files: Vec<_> = fs::read_dir(tinybench.path("tinybench-results"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::read_to_string(&files[0]).unwrap(), stdout);
    assert_eq!(tinybench.contents(), ["tinybench-results"]);

    let record = RunRecord::parse(stdout.as_bytes()).unwrap();
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    assert_eq!(
        (
            result.outputs.as_ref().unwrap().vectors,
            result.outputs.as_ref().unwrap().bytes_compared
        ),
        (12, 144)
    );
    // A network loads its activations from the first bank of RAM more often than any program that the
    // model was compared on, whose share is 3.8 %.
    let stated = result.latency.stated_error.as_ref().unwrap();
    let loads = stated
        .outside
        .iter()
        .find(|it| it.what == "loads from the first bank of RAM");
    let loads = loads.unwrap();
    // Another compiler makes a little of it.
    assert!((26.0..28.0).contains(&loads.percent.unwrap()), "{loads:?}");
    assert_eq!(loads.covered_percent, Some(3.8));
    assert_eq!(result.latency.cycles.len(), 10);
    assert!(result.instructions.unwrap() > result.model.macs.unwrap() / 4);
    parts_add_up(result);
    let memory = result.memory.as_ref().unwrap();
    assert!(memory.arena_min_bytes <= memory.arena_bytes);
    assert!(memory.arena_touched_bytes <= memory.arena_bytes);
    assert_eq!(result.quality.as_ref().unwrap().samples, 12);
}

/// Flash and RAM are the sum of their parts, to the byte.
#[track_caller]
fn parts_add_up(result: &RunResult) {
    let flash = result.flash.as_ref().unwrap();
    let parts = [
        flash.system_bytes,
        flash.runtime_bytes,
        flash.model_bytes,
        flash.pipeline_bytes.unwrap_or(0),
        flash.learning_bytes.unwrap_or(0),
        flash.harness_bytes,
    ];
    assert_eq!(parts.iter().sum::<u32>(), flash.total_bytes, "{flash:?}");
    let memory = result.memory.as_ref().unwrap();
    let parts = [
        memory.system_bytes.unwrap(),
        memory.runtime_bytes.unwrap(),
        memory.model_bytes.unwrap(),
        memory.intermediate_bytes.unwrap(),
        memory.pipeline_bytes.unwrap_or(0),
        memory.learning_bytes.unwrap_or(0),
        memory.harness_bytes,
    ];
    assert_eq!(
        parts.iter().sum::<u32>(),
        memory.ram_total_bytes,
        "{memory:?}"
    );
    // The interpreter needs some of the arena for itself, and the model's tensors the rest.
    let tensors = memory.intermediate_bytes.unwrap();
    match result.runtime.name.as_str() {
        "interpreter" => assert!(tensors < memory.arena_bytes),
        _ => assert!(tensors <= memory.arena_bytes),
    }
}

#[test]
fn from_raw_audio_each_stage_is_measured_and_the_features_are_those_of_the_host() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run_virtual(&[
        "--workload",
        "kws-audio",
        "--vectors",
        "all",
        "--runs",
        "3",
        "--format",
        "json",
    ]);
    assert_eq!(code, Some(0), "{stderr}");
    let record = RunRecord::parse(stdout.as_bytes()).unwrap();
    let [result] = record.results.as_slice() else {
        panic!("{stdout}");
    };
    assert_eq!(result.workload, "kws-audio");
    assert_eq!(
        (
            result.outputs.as_ref().unwrap().vectors,
            result.outputs.as_ref().unwrap().verified
        ),
        (24, true)
    );
    let features = result.features.as_ref().unwrap();
    assert_eq!((features.vectors, features.values_compared), (24, 24 * 490));
    assert!(features.verified && features.max_abs_diff <= features.tolerance);
    // On this sound float32 on the target rounds as float64 did on the host.
    assert_eq!(features.differing, 0);

    let stages = result.latency.stages.as_ref().unwrap();
    let sums: Vec<u32> = (0..3)
        .map(|run| {
            let stages = [&stages.preprocess, &stages.inference, &stages.postprocess];
            stages.iter().map(|stage| stage.cycles[run]).sum()
        })
        .collect();
    assert_eq!(sums, result.latency.cycles);
    // 49 transforms of 512 samples are far from nothing, and finding the largest of 12 values is.
    assert!(stages.preprocess.median_cycles > 49.0 * 512.0 * 9.0);
    assert!(stages.postprocess.median_cycles < 1_000.0);
    parts_add_up(result);
    assert!(result.flash.as_ref().unwrap().pipeline_bytes.unwrap() > 4 * 480);
    assert!(result.memory.as_ref().unwrap().pipeline_bytes.unwrap() >= 4 * (512 + 40));
}

/// The arena that `inspect` states for the model of a workload.
fn inspected_arena(tinybench: &Tinybench, model: &str) -> Option<u32> {
    let folders = fs::read_dir(project_root().join("workloads/models")).unwrap();
    let mut files = folders.flat_map(|folder| {
        let folder = folder.unwrap().path();
        ["tflite", "tbcm"].map(|ending| folder.join(format!("{model}.{ending}")))
    });
    let path = files.find(|path| path.is_file())?;
    let ended = tinybench.run(&["inspect", path.to_str()?, "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let bytes = &json(&ended.stdout)["models"][0]["arena"]["bytes"];
    u32::try_from(bytes.as_u64()?).ok()
}

#[test]
fn without_a_name_the_standard_set_is_run() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run_virtual(&["--runs", "1", "--vectors", "3", "--format", "json"]);
    assert_eq!(code, Some(0), "{stderr}");
    let record = RunRecord::parse(stdout.as_bytes()).unwrap();
    let names: Vec<_> = record
        .results
        .iter()
        .map(|it| it.workload.clone())
        .collect();
    let suite = Suite::load(&project_root().join("workloads/suites"), STANDARD).unwrap();
    assert_eq!(suite.contents, Contents::Workloads(names.clone()));
    for (index, result) in record.results.iter().enumerate() {
        assert!(
            result.outputs.as_ref().unwrap().verified,
            "{}",
            result.workload
        );
        parts_add_up(result);
        assert_eq!(
            Some(result.memory.as_ref().unwrap().arena_min_bytes),
            inspected_arena(&tinybench, &result.model.name),
            "{}",
            result.workload
        );
        // How far all are is said as they end.
        let name = &result.workload;
        assert!(stderr.contains(&format!("{name}: done (")), "{stderr}");
        let ended = format!(": done ({} of {})\n", index + 1, names.len());
        assert!(stderr.contains(&ended), "{stderr}");
    }
    tinybench.file("run.json", stdout.as_bytes());
    reports_are_true(&tinybench, &["run.json"], None);
}

#[test]
fn the_official_models_are_workloads_with_published_results_beside() {
    let Some(shared) = shared() else { return };
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let run = |more: &[&str]| {
        let mut command = tinybench.command();
        command
            .args(["run", "--board", "nano33", "--on", "virtual", "--runs", "1"])
            .args(["--suite", "mlperf-tiny"])
            .args(more)
            .env("TINYBENCH_CACHE", tinybench.path("cache"));
        let ended = tinybench.ended(&mut command);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let folder = shared.join("mlperf-tiny");
    let from = ["--from", folder.to_str().unwrap()];
    // With the folder's own golden vectors.
    let text = run(&[&from[..], &["--format", "json"]].concat());
    let record = RunRecord::parse(text.as_bytes()).unwrap();
    let macs: Vec<_> = record
        .results
        .iter()
        .map(|result| (result.workload.as_str(), result.model.macs.unwrap()))
        .collect();
    assert_eq!(
        macs,
        [
            ("mlperf-kws", 2_656_768),
            ("mlperf-vww", 7_489_664),
            ("mlperf-ic", 12_501_632),
            ("mlperf-ad", 264_192),
            ("mlperf-sww", 826_368),
        ]
    );
    for result in &record.results {
        assert!(
            result.outputs.as_ref().unwrap().verified,
            "{}",
            result.workload
        );
        assert_eq!(result.outputs.as_ref().unwrap().vectors, 12);
        assert_eq!(json(&text)["results"][0]["inputs"]["source"], "reference");
        parts_add_up(result);
    }
    tinybench.file("official.json", text.as_bytes());
    reports_are_true(&tinybench, &["official.json"], None);
    // Now they are in the cache; the reference outputs are the suite's own.
    let text = run(&[
        "--workload",
        "mlperf-ad",
        "--workload",
        "mlperf-kws",
        "--format",
        "json",
    ]);
    let record = RunRecord::parse(text.as_bytes()).unwrap();
    for result in &record.results {
        assert!(
            result.outputs.as_ref().unwrap().verified,
            "{}",
            result.workload
        );
        assert_eq!(
            (result.outputs.as_ref().unwrap().vectors, result.inputs.seed),
            (12, Some(1))
        );
    }
    let text = run(&["--workload", "mlperf-ad"]);
    assert!(text.contains("reference Nucleo-L4R5ZI"), "{text}");
    assert!(text.contains("results/published/mlperf-tiny.csv"), "{text}");
    // Only the column of what was run.
    assert!(!text.contains("704.2"), "{text}");
}

#[test]
fn two_runs_differ_in_nothing_but_the_time() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let record = |name: &str| {
        let ended = run_kws(&tinybench, &["--out", name]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let mut record = json(&fs::read_to_string(tinybench.path(name)).unwrap());
        record["started_at"] = Value::Null;
        record
    };
    assert_eq!(record("a.json"), record("b.json"));
    assert_eq!(tinybench.contents(), ["a.json", "b.json"]);
}

#[test]
fn a_model_without_references_is_checked_against_the_portable_kernels() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    let arguments = [
        "run",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--model",
        "my.tflite",
        "--format",
        "json",
        "--vectors",
        "3",
    ];
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run(&arguments);
    assert_eq!(code, Some(0), "{stderr}");
    let record = json(&stdout);
    let result = &record["results"][0];
    assert_eq!(result["inputs"]["source"], "seeded");
    assert_eq!(result["inputs"]["seed"], 1);
    assert_eq!(result["outputs"]["vectors"], 3);
    assert_eq!(result["outputs"]["verified"], true);
    assert_eq!(result["quality"], Value::Null);
}

#[test]
fn small_code_gives_the_same_outputs_from_less_flash_and_says_so() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let measured = |opt: &str| {
        let both = [
            "--workload",
            "forest",
            "--opt",
            opt,
            "--format",
            "json",
            "--runs",
            "2",
        ];
        let ended = run_kws(&tinybench, &both);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        RunRecord::parse(ended.stdout.as_bytes()).unwrap()
    };
    let [fast, small] = ["speed", "size"].map(measured);
    let level = |record: &RunRecord| record.toolchain.as_ref().unwrap().opt_level.clone();
    assert_eq!([level(&fast), level(&small)], ["2", "s"]);
    for (one, other) in fast.results.iter().zip(&small.results) {
        let bytes = |result: &RunResult| result.flash.as_ref().unwrap().runtime_bytes;
        assert!(bytes(other) < bytes(one), "{}", one.workload);
        assert!(other.outputs.as_ref().unwrap().verified, "{}", one.workload);
        assert!(other.latency.median_cycles > one.latency.median_cycles);
    }
    let asked = |record: &RunRecord| record.asked[0].arguments.join(" ");
    assert!(asked(&small).contains("--opt size") && !asked(&fast).contains("--opt"));
}

/// The instructions in assembly, which the host only emulates, of kernels that no workload has.
#[test]
fn the_kernels_that_no_workload_has_are_those_of_the_host() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let names = [
        "shapes/conv_2d_16x8",
        "shapes/lstm_step",
        "shapes/svdf",
        "shapes/transpose_conv",
        "shapes/batch_matmul",
        "conv_dilated",
        "conv_left_shift",
        "conv_without_bias",
        "conv_same",
        "depthwise_dilated",
        "depthwise_multiplier_2",
        "depthwise_multiplier_8",
        "dense_short",
        "add_far_scales",
    ];
    let models: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "--model={}",
                fixtures.join(format!("{name}.tflite")).display()
            )
        })
        .collect();
    let mut arguments = vec!["--vectors", "3", "--runs", "1", "--format", "json"];
    arguments.extend(models.iter().map(String::as_str));
    let mut boards = vec!["nano33"];
    match find_toolchain("thumbv6m-none-eabi") {
        Ok(_) => boards.push("nucleo-g0b1re"),
        Err(error) => eprintln!("skipped on the nucleo-g0b1re: {error}"),
    }
    for board in boards {
        let on = ["run", "--board", board, "--on", "virtual"];
        let ended = tinybench.run(&[&on, &arguments[..]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
        let verified = |result: &&RunResult| result.outputs.as_ref().unwrap().verified;
        assert_eq!(record.results.iter().filter(verified).count(), names.len());
    }
}

#[test]
fn a_mismatch_is_told_and_recorded() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    let models = project_root().join("workloads/models/kws");
    let inputs = fs::read(models.join("vectors.inputs.i8")).unwrap();
    let mut outputs = fs::read(models.join("vectors.outputs.i8")).unwrap();
    outputs.truncate(3 * 12);
    let right = outputs[17].cast_signed();
    outputs[17] = right.wrapping_add(3).cast_unsigned();
    tinybench.file("reference/my.inputs.i8", &inputs[..3 * 490]);
    tinybench.file("reference/my.outputs.i8", &outputs);
    let arguments = [
        "run",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--model",
        "my.tflite",
        "--reference",
        "reference",
        "--out",
        "record.json",
    ];
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run(&arguments);
    assert_eq!((code, stdout.as_str()), (Some(3), ""));
    let expected = format!(
        "error: my: the output differs from the reference: vector 1, index 5: expected {}, got \
         {right} (1 of 36 bytes differ, by at most 3)\n",
        right.wrapping_add(3)
    );
    assert!(stderr.ends_with(&expected), "{stderr}");
    assert_eq!(
        tinybench.contents(),
        ["my.tflite", "record.json", "reference"]
    );
    let record = fs::read(tinybench.path("record.json")).unwrap();
    let record = RunRecord::parse(&record).unwrap();
    let [failure] = record.failures.as_slice() else {
        panic!("{record:?}");
    };
    assert_eq!(
        (&failure.kind, failure.exit_code),
        (&FailureKind::Mismatch, 3)
    );
    assert_eq!(format!("error: {}\n", failure.message), expected);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let Ended {
        code,
        stdout,
        stderr,
    } = run_kws(&tinybench, &["--out", "/dev/full"]);
    // What was measured is shown all the same, and kept.
    assert_eq!(code, Some(8));
    assert!(stdout.contains("kws"), "{stdout}");
    let expected = "error: can't write /dev/full: No space left on device (os error 28); what was \
                    measured is in tinybench-results/";
    assert!(stderr.contains(expected), "{stderr}");
    let resumed = tinybench.run(&["run", "--resume", "--out", "record.json"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert!(!resumed.stderr.contains("timing"), "{}", resumed.stderr);
    assert_eq!(tinybench.contents(), ["record.json", "tinybench-results"]);
}

#[test]
fn a_target_that_is_too_slow_for_the_timeout_hangs() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    // Less than one inference takes on any machine.
    let Ended {
        code,
        stdout,
        stderr,
    } = run_kws(&tinybench, &["--timeout", "1ns"]);
    assert_eq!((code, stdout.as_str()), (Some(6), ""));
    assert!(
        stderr.contains("error: kws: the target hangs: no answer within"),
        "{stderr}"
    );
    assert!(stderr.contains("\n  pc   0x"), "{stderr}");
    tinybench.take_failure(code);
    assert_eq!(tinybench.contents(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing_behind() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    // Long enough to be interrupted.
    let child = Command::new(assert_cmd::cargo::cargo_bin("tinybench"))
        .args(KWS)
        .args(["--runs", "100000", "--timeout", "1h"])
        .current_dir(tinybench.folder.path())
        .env("TINYBENCH_PROJECT", project_root())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    // The handler is installed before anything is done; the build, if there is one, ends too.
    std::thread::sleep(Duration::from_secs(3));
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.ends_with("interrupted; no record was written\n"),
        "{stderr}"
    );
    assert_eq!(output.stdout, b"");
    assert_eq!(tinybench.contents(), [""; 0]);
}

/// Runs all models of a folder with their golden vectors.
fn golden(folder: &Path, count: usize) {
    let tinybench = Tinybench::new();
    let mut command = tinybench.command();
    command.args([
        "run", "--board", "nano33", "--on", "virtual", "--format", "json",
    ]);
    command
        .args(["--runs", "1"])
        .arg("--reference")
        .arg(folder.join("golden"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "tflite")
        {
            command.arg("--model").arg(path);
        }
    }
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.ended(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    let record = RunRecord::parse(stdout.as_bytes()).unwrap();
    assert_eq!(record.results.len(), count);
    for result in record.results {
        assert!(
            result.outputs.as_ref().unwrap().verified,
            "{}",
            result.workload
        );
        assert_eq!(
            result.outputs.as_ref().unwrap().vectors,
            result.inputs.available,
            "{}",
            result.workload
        );
    }
}

#[test]
fn the_models_of_mlperf_tiny_are_bit_exact() {
    if let Some(shared) = shared()
        && toolchain_is_there()
    {
        golden(&shared.join("mlperf-tiny"), 5);
    }
}

#[test]
fn the_models_of_microflow_are_bit_exact() {
    if let Some(shared) = shared()
        && toolchain_is_there()
    {
        golden(&shared.join("microflow"), 3);
    }
}
