//! The engines in `examples/runtimes` that come from package registries: measured, verified, and as fast as
//! under a program of one's own. Skipped, saying so, where C can't be compiled or a package isn't there:
//! `scripts/setup --runtimes` installs them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Tinybench, c_compiler_is_there, project_root, shared, toolchain_is_there};
use tinybench_record::{AgreementKind, Outputs, RunRecord, RunResult};
use tinybench_virtual_board::{Ended, Machine};

/// The example of this name.
fn example(name: &str) -> PathBuf {
    project_root().join("examples/runtimes").join(name)
}

/// Whether the engines can be built that generate C.
fn generators_are_there() -> bool {
    if !c_compiler_is_there() {
        return false;
    }
    let asked = Command::new(example("python"))
        .args(["-c", ""])
        .output()
        .unwrap();
    if !asked.status.success() {
        eprintln!("skipped: {}", String::from_utf8_lossy(&asked.stderr).trim());
        return false;
    }
    toolchain_is_there()
}

/// Measures on these runtimes: a name, or an example's.
fn run(tinybench: &Tinybench, what: &[&str], runtimes: &[&str]) -> (String, Vec<RunResult>) {
    let paths: Vec<String> = runtimes
        .iter()
        .map(|name| match example(name) {
            folder if folder.is_dir() => folder.display().to_string(),
            _ => (*name).to_owned(),
        })
        .collect();
    let begin = ["run", "--on", "virtual", "--timeout", "20m"];
    let mut arguments = [&begin, what].concat();
    for path in &paths {
        arguments.extend(["--runtime", path]);
    }
    let ended = tinybench.run(&[&arguments[..], &["--out", "record.json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(&fs::read(tinybench.path("record.json")).unwrap()).unwrap();
    (ended.stdout, record.results)
}

fn outputs(result: &RunResult) -> &Outputs {
    let outputs = result.outputs.as_ref().unwrap();
    assert!(outputs.verified, "{outputs:?}");
    outputs
}

/// Has BakeNN compile a model for CMSIS-NN, and makes a program of it that begins by itself, with the flags
/// that tinybench gives: PROJECT FOLDER INPUTS.
const MAKE_OWN_PROGRAM: &str = r#"
engines=$1/examples/runtimes
"$engines/python" "$engines/bakenn/generate.py" "$1/workloads/models/kws/kws.tflite" "$2" --cmsis-nn
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard -O2 -g -ffunction-sections \
    -fdata-sections -fno-common -DBAKENN_CMSIS_NN_BUILTIN_MEMORY -I"$2" -I"$3" -I"$2/third_party/cmsis_nn/Include" \
    -I"$2/third_party/cmsis_core/Include" -I"$1/targets/interface/include" -nostartfiles -specs=nano.specs \
    -Wl,--gc-sections -T "$1/harness/cli/tests/data/own_program/link.ld" -o "$2/own.elf" \
    "$1/harness/cli/tests/data/own_program/main.c" "$engines/bakenn/glue.c" "$2"/bknn_model*.c \
    $(find "$2/third_party/cmsis_nn/Source" -name '*.c') -lm
"#;

/// The program, whose inferences have this input.
fn own_program(tinybench: &Tinybench, input: &[u8]) -> Vec<u8> {
    let bytes: Vec<String> = input.iter().map(u8::to_string).collect();
    let bytes = bytes.join(", ");
    let text = format!("static const unsigned char INPUT[] = {{{bytes}}};\n");
    tinybench.file("given/input.h", text.as_bytes());
    // BakeNN takes an empty folder alone.
    let [made, given] = ["made", "given"].map(|it| tinybench.path(it));
    let output = Command::new("sh")
        .args(["-ec", MAKE_OWN_PROGRAM, "sh"])
        .args([&project_root(), &made, &given])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    fs::read(made.join("own.elf")).unwrap()
}

#[test]
fn bakenn_is_compared_and_takes_as_long_under_a_program_of_its_own() {
    if !generators_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let (table, results) = run(
        &tinybench,
        &[
            "--board",
            "nano33",
            "--workload",
            "kws",
            "--vectors",
            "1",
            "--runs",
            "2",
        ],
        &["interpreter", "bakenn", "bakenn-cmsis-nn"],
    );
    assert!(table.contains("ratio"), "{table}");
    let names: Vec<_> = results.iter().map(|it| it.runtime.name.as_str()).collect();
    assert_eq!(names, ["interpreter", "bakenn", "bakenn-cmsis-nn"]);
    for result in &results {
        assert!(outputs(result).max_abs_diff <= 1);
    }
    let cycles = |index: usize| results[index].latency.median_cycles;
    assert!(cycles(2) < cycles(1));

    let vectors = project_root().join("workloads/models/kws/vectors.inputs.i8");
    let inputs = fs::read(vectors).unwrap();
    let elf = own_program(&tinybench, &inputs[..49 * 10]);
    let mut machine = Machine::new("nrf52840").unwrap();
    machine.load_elf(&elf).unwrap();
    let ended = machine.run_to("finished", 4 * cycles(2) as u64).unwrap();
    assert_eq!(ended, Ended::Reached);
    // The last of its runs: the cache is as it was left by the one before.
    let last = machine.symbols().find("CYCLES").unwrap().address + 4;
    let own = f64::from(machine.read_word(last).unwrap());
    let off = cycles(2) / own - 1.0;
    eprintln!(
        "own program: {own} cycles, tinybench: {} ({:+.3} %)",
        cycles(2),
        off * 100.0
    );
    assert!(off.abs() <= 0.01, "{off}");
}

#[test]
fn emlearn_gives_the_answers_of_the_reference() {
    if !generators_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let (_, results) = run(
        &tinybench,
        &[
            "--board",
            "nano33",
            "--workload",
            "forest",
            "--vectors",
            "24",
            "--runs",
            "3",
        ],
        &["classical", "emlearn-trees"],
    );
    let [own, emlearn] = &results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(outputs(own).mismatches, 0);
    // emlearn rounds what its leaves say twice.
    let of_trees = outputs(emlearn);
    let agreement = of_trees.agreement.as_ref().unwrap();
    assert_eq!(
        (agreement.kind, agreement.steps),
        (AgreementKind::Steps, Some(1))
    );
    assert_eq!(of_trees.max_abs_diff, 1);
    let place = of_trees.largest_difference.as_ref().unwrap();
    assert_eq!((place.reference - place.found).abs(), 1.0);

    // The weights as floats are more than the nano33 has flash.
    let (table, results) = run(
        &tinybench,
        &[
            "--board",
            "nucleo-l4r5zi",
            "--workload",
            "ad",
            "--vectors",
            "48",
            "--runs",
            "1",
        ],
        &["emlearn-net"],
    );
    assert!(table.contains("AUC, 48"), "{table}");
    let of_net = outputs(&results[0]);
    assert!(of_net.max_abs_diff > 1, "{of_net:?}");
    let agreement = of_net.agreement.as_ref().unwrap();
    assert_eq!(agreement.kind, AgreementKind::Auc);
    let areas = agreement.auc.as_ref().unwrap();
    assert!((areas.reference - areas.found).abs() <= areas.tolerance);
    assert_eq!(results[0].quality.as_ref().unwrap().value, areas.found);
}

/// Whether cargo can have MicroFlow.
fn can_fetch(tinybench: &Tinybench) -> bool {
    let manifest =
        "[package]\nname = \"asks\"\nedition = \"2024\"\n[dependencies]\nmicroflow = \"=0.1.3\"\n";
    let path = tinybench.file("asks/Cargo.toml", manifest.as_bytes());
    tinybench.file("asks/src/lib.rs", b"");
    let fetched = Command::new("cargo")
        .args(["fetch", "--quiet", "--manifest-path"])
        .arg(path)
        .output()
        .unwrap();
    if !fetched.status.success() {
        let words = String::from_utf8_lossy(&fetched.stderr);
        eprintln!("skipped: {words}");
    }
    fetched.status.success()
}

#[test]
fn microflow_is_a_step_from_tensorflow_lite_micro_at_most() {
    let Some(shared) = shared().filter(|_| toolchain_is_there()) else {
        return;
    };
    let tinybench = Tinybench::new();
    if !can_fetch(&tinybench) {
        return;
    }
    let model = shared.join("microflow/sine.tflite");
    let golden = shared.join("microflow/golden");
    let what = [
        "--board",
        "nano33",
        "--model",
        model.to_str().unwrap(),
        "--reference",
        golden.to_str().unwrap(),
        "--runs",
        "1",
    ];
    let (_, results) = run(&tinybench, &what, &["interpreter", "microflow"]);
    let [own, microflow] = &results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(outputs(own).mismatches, 0);
    let found = outputs(microflow);
    // It rounds in another way layer by layer.
    assert_eq!(found.max_abs_diff, 1, "{found:?}");
    let build = microflow.runtime.build.as_ref().unwrap();
    assert!(
        build.libraries.contains(&"microflow 0.1.3".to_owned()),
        "{build:?}"
    );
}
