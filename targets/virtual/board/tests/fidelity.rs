//! The comparison with published cycles (the example `fidelity`, `scripts/validate`): programs that it
//! can't compare are told with an exit code, and each rule is weighed.

#[path = "../examples/fidelity/ablation.rs"]
mod ablation;
#[path = "../examples/fidelity/problem.rs"]
#[allow(dead_code, reason = "the example uses more of it")]
mod problem;
#[path = "../examples/fidelity/programs.rs"]
#[allow(dead_code, reason = "the example uses more of it")]
mod programs;

use programs::Program;
use tinybench_virtual_board::timing::TimingParameters;

/// Cycles that are more than enough for the example to come to each of its functions.
const ENOUGH: u64 = 1_000_000;

/// A function of the example program, which is one for an nRF52840.
fn thermostat(chip: &str, entry: &str) -> Program {
    Program {
        name: entry.to_owned(),
        file: concat!(env!("CARGO_MANIFEST_DIR"), "/examples/thermostat.elf").to_owned(),
        chip: chip.to_owned(),
        entry: entry.to_owned(),
        published: 100.0,
    }
}

/// The exit code and the error.
fn refused(program: &Program, changes: &[(&str, u32)]) -> (u8, String) {
    let problem = programs::run(program, changes, ENOUGH).err().unwrap();
    let (code, error) = problem.told();
    (code, error.to_owned())
}

#[test]
fn calls_of_a_function_are_timed() {
    let calls = programs::run(&thermostat("nrf52840", "smooth"), &[], ENOUGH).unwrap();
    let second = calls.second.unwrap();
    assert!(0 < second && second <= calls.first, "{calls:?}");
    // The example leaves the cache off, so that each fetch of flash waits.
    let slower = [("flash_wait", 3)];
    let slower = programs::run(&thermostat("nrf52840", "smooth"), &slower, ENOUGH).unwrap();
    assert!(slower.first > calls.first, "{slower:?} {calls:?}");
}

#[test]
fn a_program_without_the_function_is_refused() {
    let (code, error) = refused(&thermostat("nrf52840", "smoth"), &[]);
    assert_eq!(code, 7);
    assert!(error.contains("thermostat.elf"), "{error}");
    assert!(error.contains("`smoth`"), "{error}");
    assert!(error.ends_with("--entry names a function"), "{error}");
}

#[test]
fn a_program_that_never_returns_or_never_comes_is_told() {
    let (code, error) = refused(&thermostat("nrf52840", "main"), &[]);
    assert_eq!(code, 6);
    assert!(error.contains("never returned from `main`"), "{error}");
    let (code, error) = refused(&thermostat("nrf52840", "fault"), &[]);
    assert_eq!(code, 6);
    assert!(error.contains("never came to `fault`"), "{error}");
}

#[test]
fn a_program_for_another_chip_and_a_file_that_is_none_are_refused() {
    let (code, error) = refused(&thermostat("stm32l4r5", "smooth"), &[]);
    assert_eq!(code, 7);
    assert!(error.contains("can't be loaded on a stm32l4r5"), "{error}");
    assert!(error.contains("--chip"), "{error}");
    let mut program = thermostat("nrf52840", "smooth");
    program.file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned();
    let (code, error) = refused(&program, &[]);
    assert_eq!(code, 7);
    assert!(error.contains("Cargo.toml"), "{error}");
    program.file = "missing.elf".to_owned();
    let (code, error) = refused(&program, &[]);
    assert_eq!(code, 7);
    assert!(error.contains("missing.elf"), "{error}");
}

#[test]
fn a_chip_and_a_parameter_that_there_is_not_are_wrong_usage() {
    let (code, error) = refused(&thermostat("nrf52841", "smooth"), &[]);
    assert_eq!(code, 2);
    assert!(error.contains("nrf52841"), "{error}");
    let (code, error) = refused(&thermostat("nrf52840", "smooth"), &[("refil", 1)]);
    assert_eq!(code, 2);
    assert!(error.contains("refil"), "{error}");
}

/// Every parameter is part of a rule that `--ablation` changes, and to a value that it may have.
#[test]
fn every_rule_is_weighed() {
    for known in TimingParameters::ALL {
        let changed = ablation::RULES
            .iter()
            .flat_map(|(_, changes)| changes.iter())
            .any(|(name, value)| *name == known.name && *value != known.default);
        assert!(changed, "{}", known.name);
    }
    for (rule, changes) in ablation::RULES {
        let mut parameters = TimingParameters::DEFAULT;
        for (name, value) in changes {
            parameters.set(name, *value).unwrap();
        }
        assert_eq!(parameters == TimingParameters::DEFAULT, rule == "as it is");
    }
}
