//! Causes by name, with the cycles that were counted: in a model that has them, and not in one that hasn't.

use std::fs;

use tinybench_record::OperatorProfile;

use crate::support::{Tinybench, project_root, toolchain_is_there};

/// The operators of one of the interpreter's fixtures.
fn operators(tinybench: &Tinybench, fixture: &str) -> Vec<OperatorProfile> {
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let name = format!("{fixture}.tflite");
    tinybench.file(&name, &fs::read(fixtures.join(&name)).unwrap());
    profiled(tinybench, &["--model", &name])
}

fn profiled(tinybench: &Tinybench, what: &[&str]) -> Vec<OperatorProfile> {
    let result = super::run(tinybench, what, &["--profile"]);
    result.profile.unwrap().operators
}

/// Cycles of the cause that begins so, of all operators of a name.
fn cycles(operators: &[OperatorProfile], name: &str, begins: &str) -> Option<u64> {
    let of_name = operators.iter().filter(|it| it.name == name);
    let causes = of_name.flat_map(|it| &it.causes);
    let cycles = causes.filter(|it| it.what.starts_with(begins));
    let cycles: Vec<u64> = cycles.map(|it| it.cycles.unwrap()).collect();
    (!cycles.is_empty()).then(|| cycles.iter().sum())
}

#[test]
fn a_cause_is_told_where_it_is_and_nowhere_else() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    const REQUANTISING: &str = "requantising the general way";
    const ONE_BY_ONE: &str = "sums product by product";
    const UNFOLDING: &str = "unfolding windows";
    for (fixture, name, cause, without) in [
        ("conv_left_shift", "CONV_2D", REQUANTISING, "conv_valid"),
        ("dense", "FULLY_CONNECTED", ONE_BY_ONE, "dense_batches"),
        ("conv_dilated", "CONV_2D", UNFOLDING, "conv_valid"),
    ] {
        let with = operators(&tinybench, fixture);
        let found = cycles(&with, name, cause);
        let whole: u64 = with.iter().map(|it| it.cost.cycles).sum();
        assert!(
            found.is_some_and(|it| it > 0 && it < whole),
            "{fixture}: {with:?}"
        );
        let without = operators(&tinybench, without);
        assert_eq!(cycles(&without, name, cause), None, "{without:?}");
    }
    // Weights that are read once each, from flash without a cache of data; in a convolution they are read for
    // many outputs.
    const FLASH: &str = "weights and other data read from flash";
    let ad = profiled(&tinybench, &["--workload", "ad"]);
    assert!(cycles(&ad, "FULLY_CONNECTED", FLASH).is_some(), "{ad:?}");
    let kws = profiled(&tinybench, &["--workload", "kws"]);
    assert_eq!(cycles(&kws, "CONV_2D", FLASH), None, "{kws:?}");
}
