//! Calibrations of the cores beside the Cortex-M4: each with benchmarks and parameters of its own.

use std::fs;
use std::path::Path;

use super::{against_board, verdicts};
use crate::support::{Tinybench, project_root, toolchain_is_there};
use tinybench_devices::calibrate::cores::Core;
use tinybench_devices::calibrate::report::{Identified, Report, Verdict};
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_support::exit::Exit;
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::timing::TimingParameters;

/// What the virtual `board` alone counts, as the schema describes it.
fn modelled(board: &str) -> Report {
    let tinybench = Tinybench::new();
    let arguments = ["calibrate", "--board", board, "--on", "virtual"];
    let ended = tinybench.run(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let schema = project_root().join("results/calibration.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &json));
    serde_json::from_value(json).unwrap()
}

fn assert_cycles(report: &Report, expected: &[(&str, i64)]) {
    for &(name, cycles) in expected {
        let row = report.benchmarks.iter().find(|row| row.name == name);
        assert_eq!(row.unwrap().modelled.cycles, cycles, "{name}");
    }
}

/// The board file called `name`.
fn board(name: &str) -> Board {
    let root = project_root();
    let project = Project::find(Some(&root), &root).unwrap();
    let boards = Boards::open(&project.boards()).unwrap();
    boards.load(name).unwrap().board
}

/// The virtual board called `name` with other parameters.
fn with(name: &str, parameters: &[(&str, u32)]) -> VirtualBoard {
    let mut board = virtual_board::make(&board(name)).unwrap();
    let mut timing = board.machine.timing_parameters();
    for &(name, value) in parameters {
        timing.set(name, value).unwrap();
    }
    board.machine.set_timing_parameters(timing);
    board
}

#[test]
fn a_cortex_m0plus_is_counted_by_systick() {
    if !toolchain_is_there() {
        return;
    }
    let report = modelled("nucleo-g0b1re");
    // docs/timing-rules.md and, for the flash, tests/timing/stm32g0b1.rs of the virtual board.
    assert_cycles(
        &report,
        &[
            ("single/muls x4", 4),
            ("access/4 loads in a row", 8),
            ("multiple/ldm of 4", 5),
            ("special/dsb", 3),
            ("branch/taken", 2 + 1),
            ("branch/not taken", 1 + 1 + 2),
            ("call/bl", 3 + 1),
            ("loaded target/push, pop {pc}", 2 + 4 + 2),
            ("exception/svc, entry", 1 + 15 + 1),
            ("fetch/64 narrow, cache warm", 64),
            ("loop/pass of 16 bytes, cache on", 7 + 2),
            ("code in RAM/4 loads from flash in a row", 4 * (2 + 2)),
        ],
    );
    let rows = &report.benchmarks;
    assert!(rows.iter().all(|row| !row.modelled.has_events()));
    let table = report.table();
    assert!(table.contains("by SysTick, beside which"), "{table}");
}

#[test]
fn a_cortex_m33_has_benchmarks_of_its_pipeline() {
    if !toolchain_is_there() {
        return;
    }
    let report = modelled("nucleo-u575zi-q");
    // docs/timing-rules.md, as tests/timing/cortex_m33.rs of the virtual board shows it.
    assert_cycles(
        &report,
        &[
            ("pair/adds, nop", 1),
            ("pair/nop, adds", 2),
            ("pair/adds, adds", 2),
            ("two cycles/muls", 2),
            ("load use/ldr, used at once", 3),
            ("load use/ldr, used as an accumulator", 2),
            ("multiply use/chain of 6 mla", 6),
            ("operand use/add.w, shifted register, used at once", 3),
            ("DSP use/qadd, used as an accumulator", 3),
            ("flags/adds.w, shifted register, beq.w", 3),
            ("multiple/ldrd", 2),
            ("multiple/ldm of 4", 4),
            ("branch/cmp, beq, taken", 1 + 2 + 1),
            ("short loop/subs, bne", 1 + 2),
            ("float result/used at once", 3),
            ("multiply-accumulate/chain of 3 by the addend", 7),
            ("multiply-accumulate/result as a factor", 5),
            ("float load/used at once", 2),
            ("exception/svc, entry", 12),
        ],
    );
    assert!(report.benchmarks[0].modelled.has_events());
}

#[test]
fn a_generic_board_of_each_core_has_what_needs_no_switches() {
    if !toolchain_is_there() {
        return;
    }
    let pico = modelled("pico");
    assert_cycles(&pico, &[("access/4 loads in a row", 8)]);
    let pico2 = modelled("pico2");
    assert_cycles(&pico2, &[("pair/adds, nop", 1)]);
    for report in [pico, pico2] {
        let mut names = report.benchmarks.iter().map(|row| row.name.as_str());
        assert!(names.all(|name| !name.contains("cache off")));
    }
}

/// What isn't among a core's parameters changes nothing on it, so that there is nothing to fit.
#[test]
fn parameters_that_a_core_does_not_have_change_no_benchmark() {
    if !toolchain_is_there() {
        return;
    }
    for name in ["nucleo-g0b1re", "nucleo-u575zi-q"] {
        let core = Core::named(&board(name).core).unwrap();
        let others = TimingParameters::ALL.into_iter();
        let others = others.filter(|known| !core.parameters.contains(&known.name));
        let changed: Vec<_> = others.map(|it| (it.name, *it.range.end())).collect();
        assert!(changed.len() > 5, "{changed:?}");
        let report = against_board(&["--board", name], &|| with(name, &changed)).unwrap();
        let agree = verdicts(&report, Verdict::Agrees).len();
        assert_eq!(agree, report.benchmarks.len(), "{name}");
        assert_eq!(report.notes, [""; 0]);
    }
}

/// Fits the board called `name` to one with other parameters, and finds these and no others.
fn finds_back(name: &str, changes: &[(&str, u32)]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fitted.toml");
    let arguments = ["--board", name, "--fit", path.to_str().unwrap()];
    let report = against_board(&arguments, &|| with(name, changes)).unwrap();
    let fit = report.fit.as_ref().unwrap();
    assert!(fit.error_before > 0);
    assert_eq!(fit.error_after, 0, "{:?}", fit.differing);
    let core = Core::named(&board(name).core).unwrap();
    let fitted: Vec<_> = fit.parameters.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(fitted, core.parameters);
    let moved: Vec<_> = (fit.parameters.iter())
        .filter(|it| it.fitted != it.before)
        .map(|it| (it.name.as_str(), it.fitted))
        .collect();
    assert_eq!(moved, changes);
    // The file is a board of its own, and it is the one that was measured.
    let text = fs::read_to_string(&path).unwrap();
    let loaded = Board::parse(&text, Path::new("fitted.toml")).unwrap();
    assert_eq!(
        virtual_board::make(&loaded.board)
            .unwrap()
            .machine
            .timing_parameters(),
        with(name, changes).machine.timing_parameters()
    );
    report
}

#[test]
fn a_fit_of_a_cortex_m0plus_finds_its_parameters_back() {
    if !toolchain_is_there() {
        return;
    }
    let changes = [
        ("refill", 2),
        ("late_refill", 3),
        ("exception_entry", 16),
        ("exception_return", 11),
        ("flash_wait", 1),
        ("data_miss", 1),
    ];
    let report = finds_back("nucleo-g0b1re", &changes);
    // What every read of flash takes is told from what instructions and data take by nothing.
    let fit = report.fit.unwrap();
    let wait = fit.parameters.iter().find(|it| it.name == "flash_wait");
    let wait = wait.unwrap();
    assert_eq!(wait.identified, Identified::Together);
    assert_eq!(wait.together_with, ["instruction_miss", "data_miss"]);
}

#[test]
fn a_fit_of_a_cortex_m33_finds_its_parameters_back() {
    if !toolchain_is_there() {
        return;
    }
    let changes = [
        ("refill", 2),
        ("late_refill", 3),
        ("unaligned", 2),
        ("divide_bits", 2),
        ("exception_entry", 15),
        ("float_divide", 12),
        ("instruction_miss", 1),
        ("data_miss", 3),
    ];
    let report = finds_back("nucleo-u575zi-q", &changes);
    let fit = report.fit.unwrap();
    let refill = fit.parameters.iter().find(|it| it.name == "refill");
    assert_eq!(refill.unwrap().identified, Identified::Yes);
}

#[test]
fn a_core_without_benchmarks_is_refused_by_its_name() {
    let tinybench = Tinybench::new();
    let file = fs::read_to_string(project_root().join("targets/boards/pico.toml")).unwrap();
    let (file, _) = file.split_once("# The chip isn't modelled").unwrap();
    let file = file
        .replace("name = \"pico\"", "name = \"other\"")
        .replace("core = \"cortex-m0plus\"", "core = \"cortex-m7\"");
    fs::write(tinybench.path("other.toml"), file).unwrap();
    let ended = tinybench.run(&["calibrate", "--board", "other.toml"]);
    assert_eq!(ended.code, Some(Exit::Input as i32), "{}", ended.stderr);
    let told = "other has a cortex-m7, for which there are no benchmarks; there are for \
                cortex-m0plus, cortex-m4f, cortex-m33f";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}
