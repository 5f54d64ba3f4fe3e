//! Engines of the user's own that tell their operators by marks, and such that don't. Skipped, saying so, where
//! firmware or C can't be compiled.

use std::fs;

use tinybench_record::Profile;

use super::parts;
use crate::support::{Tinybench, compilers_are_there, project_root};

/// The example engine with every `from` replaced, in a folder.
fn engine(tinybench: &Tinybench, name: &str, replaced: &[(&str, &str)]) {
    let folder = project_root().join("examples/runtimes/dense");
    let mut source = fs::read_to_string(folder.join("dense.c")).unwrap();
    for (from, to) in replaced {
        assert!(source.contains(from), "{from}");
        source = source.replace(from, to);
    }
    tinybench.file(&format!("{name}/dense.c"), source.as_bytes());
    let manifest = fs::read(folder.join("runtime.toml")).unwrap();
    tinybench.file(&format!("{name}/runtime.toml"), &manifest);
}

fn profile(tinybench: &Tinybench, engine: &str) -> (Profile, Vec<u32>) {
    let what = ["--workload", "ad", "--runtime", engine];
    let result = super::run(tinybench, &what, &["--profile"]);
    (result.profile.unwrap(), result.latency.cycles)
}

const BEGINS: &str = "tinybench_operator_begins(i);";
const ENDS: &str = "tinybench_operator_ends();";

#[test]
fn an_engine_in_c_tells_its_operators() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    engine(&tinybench, "marked/", &[]);
    let (profile, cycles) = profile(&tinybench, "marked/");
    assert_eq!(profile.notes, [""; 0]);
    let names: Vec<_> = profile
        .operators
        .iter()
        .map(|it| (it.index, it.name.as_str()))
        .collect();
    let expected: Vec<_> = (0..10).map(|index| (index, "FULLY_CONNECTED")).collect();
    assert_eq!(names, expected);
    assert_eq!(u64::from(*cycles.last().unwrap()), profile.cycles);
    assert_eq!(
        parts(&profile).map(|it| it.cycles).sum::<u64>(),
        profile.cycles
    );
    // A loop around the layers is all that is between them.
    assert!(profile.between.cycles < 1_000, "{:?}", profile.between);
    let widest = profile.operators.iter().max_by_key(|it| it.macs).unwrap();
    assert!(widest.cost.cycles > profile.cycles / 5, "{widest:?}");
    // What the interpreter's kernels can't do at full speed is no cause of another engine's.
    let causes = profile.operators.iter().flat_map(|it| &it.causes);
    assert!(causes.clone().all(|it| it.cycles.is_some()), "{causes:?}");
}

#[test]
fn marks_that_are_odd_are_told() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    // Each operator calls another one, and the last ones have indices that the model hasn't.
    let nested = "tinybench_operator_begins(i + 2); tinybench_operator_begins(0); tinybench_operator_ends();";
    engine(&tinybench, "odd/", &[(BEGINS, nested)]);
    let (odd, _) = profile(&tinybench, "odd/");
    assert_eq!(parts(&odd).map(|it| it.cycles).sum::<u64>(), odd.cycles);
    assert_eq!(odd.operators.len(), 10);
    assert!(odd.operators.iter().all(|it| it.nested == 1));
    assert_eq!(odd.operators.last().unwrap().name, "operator 11");
    let notes = odd.notes.join("\n");
    for part in [
        "2 of the marked operators have an index that the model, which has 10, hasn't",
        "marked 8 of the model's 10 operators",
        "10 operators of other subgraphs are part of those that called them",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }

    engine(&tinybench, "unmarked/", &[(BEGINS, ""), (ENDS, "")]);
    let (unmarked, _) = profile(&tinybench, "unmarked/");
    assert_eq!(unmarked.operators.len(), 0);
    assert_eq!(
        unmarked.notes,
        ["the runtime doesn't say where operators begin and end"]
    );
    let invoke = &unmarked.functions[0];
    assert_eq!(invoke.name, "tinybench_runtime_invoke");
    assert!(2 * invoke.cycles > unmarked.cycles, "{invoke:?}");
}
