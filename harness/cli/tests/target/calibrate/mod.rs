//! Calibrations: of the virtual nano33 alone, and with another virtual board as the hardware.
//! Skipped, saying so, where firmware can't be built.

mod cores;

use std::fs;
use std::mem::offset_of;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::served::Served;
use crate::support::{NANO33, Tinybench, project_root, toolchain_is_there};
use clap::Parser;
use tinybench::args::{Cli, Command};
use tinybench::commands::measuring::calibrate::{Openers, calibrate};
use tinybench_devices::calibrate::report::{FittedParameter, Identified, Report, Verdict};
use tinybench_execution::build::{CalibrationRequest, build_calibration};
use tinybench_execution::image::Image;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::Board;
use tinybench_inputs::project::Project;
use tinybench_interface::calibration::Block;
use tinybench_support::exit::Exit;
use tinybench_support::exit::Failure;
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::faults::InjectedFault;

/// NVMC.ICACHECNF (nRF52840 Product Specification, NVMC).
const ICACHECNF: u32 = 0x4001_E540;

/// Parameters that a nano33 might have.
const CHANGED: [(&str, u32); 10] = [
    ("refill", 2),
    ("late_refill", 3),
    ("load_after_store", 0),
    ("lost_overlap", 2),
    ("divide_bits", 2),
    ("exception_entry", 15),
    ("float_divide", 13),
    ("fetch_latency", 3),
    ("fetch_ahead", 4),
    ("instruction_miss", 2),
];

/// Calibrates the nano33 with what `hardware` makes in its place.
fn against(
    arguments: &[&str],
    hardware: &(dyn Fn() -> VirtualBoard + Sync),
) -> Result<Report, Failure> {
    against_board(&[&["--board", "nano33"], arguments].concat(), hardware)
}

/// The same with any board.
fn against_board(
    arguments: &[&str],
    hardware: &(dyn Fn() -> VirtualBoard + Sync),
) -> Result<Report, Failure> {
    let cli = Cli::parse_from([&["tinybench", "calibrate"], arguments].concat());
    let Command::Calibrate(args) = cli.command else {
        unreachable!()
    };
    let root = project_root();
    let project = Project::find(Some(&root), &root).unwrap();
    let open = |_: &Board| {
        Ok(tinybench_virtual_probe::open(Arc::new(Mutex::new(
            hardware(),
        ))))
    };
    let openers = Openers {
        target: Some(&open),
        model: &virtual_board::open,
    };
    calibrate(&args, &project, openers).map(|(report, _)| report)
}

/// A nano33 with [`CHANGED`] parameters.
fn changed() -> VirtualBoard {
    let mut board = VirtualBoard::new("nrf52840").unwrap();
    let mut timing = board.machine.timing_parameters();
    for (name, value) in CHANGED {
        timing.set(name, value).unwrap();
    }
    board.machine.set_timing_parameters(timing);
    board
}

fn plain() -> VirtualBoard {
    VirtualBoard::new("nrf52840").unwrap()
}

fn faulty(fault: InjectedFault) -> Failure {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["--out", out.to_str().unwrap()];
    let error = against(&arguments, &|| {
        let mut board = plain();
        board.inject(fault.clone());
        board
    })
    .unwrap_err();
    assert!(!out.exists(), "something was left behind");
    error
}

fn verdicts(report: &Report, verdict: Verdict) -> Vec<&str> {
    let rows = report.benchmarks.iter();
    rows.filter(|row| row.verdict == verdict)
        .map(|row| row.name.as_str())
        .collect()
}

#[test]
fn without_a_probe_there_are_modelled_counts_alone() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&[
        "calibrate",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--format",
        "json",
        "--out",
        "report",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let first = "target: none (as --on virtual asks); there will be modelled counts alone\n";
    assert!(ended.stderr.starts_with(first), "{}", ended.stderr);

    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let schema = project_root().join("results/calibration.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &json));
    let file = fs::read_to_string(tinybench.path("report/calibration.json")).unwrap();
    assert_eq!(file, ended.stdout);

    let report: Report = serde_json::from_value(json).unwrap();
    assert_eq!(report.target, None);
    assert_eq!(
        verdicts(&report, Verdict::NotMeasured).len(),
        report.benchmarks.len()
    );
    // Some counts that docs/timing-rules.md states.
    for (name, cycles) in [
        ("load/4 in a row", 5),
        ("store, register offset/1", 2),
        ("late address/base from adds", 4),
        ("divide/udiv 0xffffffff by 0x1", 12),
        ("target/wide at a half-word", 4),
        ("fetch/10 aligned add.w", 10),
        ("float divide/vdiv, 0 integer instructions, vadd", 15),
        ("exception/svc, entry", 12),
        ("exception/svc, exit", 10),
        ("tail-chain/SysTick behind PendSV", 6 + 2),
        ("loop/pass of 1024 bytes, cache on", 512),
    ] {
        let row = report.benchmarks.iter().find(|row| row.name == name);
        assert_eq!(row.unwrap().modelled.cycles, cycles, "{name}");
    }
    let markdown = fs::read_to_string(tinybench.path("report/calibration.md")).unwrap();
    assert!(markdown.contains("Nothing was measured"), "{markdown}");
    assert!(
        markdown.contains("| load/4 in a row | ≈ 5 | 0 | 0 | 1 | 0 |"),
        "{markdown}"
    );
}

#[test]
fn a_board_like_the_model_agrees_in_every_benchmark() {
    if !toolchain_is_there() {
        return;
    }
    let report = against(&[], &plain).unwrap();
    assert_eq!(
        verdicts(&report, Verdict::Agrees).len(),
        report.benchmarks.len()
    );
    assert_eq!(report.notes, [""; 0]);
    assert!(
        report
            .rules
            .iter()
            .all(|rule| rule.agree == rule.benchmarks)
    );
    let table = report.table();
    assert!(
        table.contains("The target says that it is a virtual board"),
        "{table}"
    );
}

#[test]
fn a_fit_finds_the_parameters_of_another_board_back() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nano33-fitted.toml");
    let report = against(&["--fit", path.to_str().unwrap()], &changed).unwrap();
    let differ = verdicts(&report, Verdict::Differs);
    assert!(differ.contains(&"branch/taken"), "{differ:?}");
    assert!(!differ.contains(&"load/4 in a row"), "{differ:?}");
    let fit = report.fit.unwrap();
    assert_eq!(
        (fit.error_after, fit.still_differ),
        (0, 0),
        "{:?}",
        fit.differing
    );
    assert!(fit.error_before > 0);
    let parameter = |name: &str| -> &FittedParameter {
        fit.parameters.iter().find(|it| it.name == name).unwrap()
    };
    for (name, value) in CHANGED {
        assert_eq!(
            parameter(name).fitted,
            value,
            "{name}: {:?}",
            parameter(name)
        );
    }
    let known = |it: &&FittedParameter| CHANGED.iter().any(|(name, _)| *name == it.name);
    let moved: Vec<_> = (fit.parameters.iter())
        .filter(|it| it.fitted != it.before && !known(it))
        .collect();
    assert!(moved.is_empty(), "{moved:?}");
    assert_eq!(parameter("refill").identified, Identified::Yes);
    assert_eq!(parameter("divide").identified, Identified::Together);
    // The nRF52840 has one bank of RAM.
    assert_eq!(parameter("bank_grant").identified, Identified::No);

    // The file is a board of its own, and it is the one that was measured.
    let text = fs::read_to_string(&path).unwrap();
    let loaded = Board::parse(&text, Path::new("nano33-fitted.toml")).unwrap();
    assert_eq!(loaded.unknown_keys, [""; 0]);
    let fitted = virtual_board::make(&loaded.board).unwrap();
    assert_eq!(
        fitted.machine.timing_parameters(),
        changed().machine.timing_parameters()
    );
}

#[test]
fn a_board_with_data_cache_and_banks_of_ram_is_fitted_too() {
    if !toolchain_is_there() {
        return;
    }
    let changes = [("bank_grant", 2), ("data_miss", 3), ("store", 2)];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let arguments = ["--board", "nucleo-l4r5zi", "--fit", path.to_str().unwrap()];
    let report = against_board(&arguments, &|| {
        let mut board = VirtualBoard::new("stm32l4r5").unwrap();
        let mut timing = board.machine.timing_parameters();
        for (name, value) in changes {
            timing.set(name, value).unwrap();
        }
        board.machine.set_timing_parameters(timing);
        board
    });
    let report = report.unwrap();
    // Measured and modelled cycles, at 120 MHz with 5 wait states and at 15 MHz with none: what a
    // grant costs doesn't depend on that, what flash takes does.
    for (name, measured, modelled) in [
        ("other RAM/4 in a row", 7, 6),
        ("other RAM, no wait states/4 in a row", 7, 6),
        ("RAM, no wait states/4 in a row", 5, 5),
        ("flash data/ldr, adds; cache cold", 11, 8),
        ("flash data, no wait states/ldr, adds; cache cold", 6, 3),
        (
            "cache miss, no wait states/256 bytes, cold against warm",
            0,
            0,
        ),
    ] {
        let row = report.benchmarks.iter().find(|row| row.name == name);
        let row = row.unwrap();
        let cycles = row.measured.as_ref().map(|counts| counts.cycles);
        assert_eq!(
            (cycles, row.modelled.cycles),
            (Some(measured), modelled),
            "{name}"
        );
    }
    let fit = report.fit.unwrap();
    assert_eq!(
        (fit.error_after, fit.still_differ),
        (0, 0),
        "{:?}",
        fit.differing
    );
    for (name, value) in changes {
        let found = fit.parameters.iter().find(|it| it.name == name).unwrap();
        assert_eq!(found.fitted, value, "{found:?}");
    }
}

#[test]
fn a_board_behind_a_probe_is_measured_through_it() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let served = Served::start(&[]);
    let ended = tinybench.run(&[
        "calibrate",
        "--board",
        "nano33",
        "--probe",
        &served.selector,
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nano33: measuring\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("(another virtual board, modelled)"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains(" benchmarks agree.\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_fit_without_a_measurement_and_a_file_that_is_no_board_are_refused() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&[
        "calibrate",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--fit",
        "mine.toml",
    ]);
    assert_eq!(ended.code, Some(Exit::Usage as i32));
    assert!(
        ended.stderr.contains("error: --fit needs a measurement"),
        "{}",
        ended.stderr
    );
    let ended = tinybench.run(&["calibrate", "--board", "nano33", "--fit", "mine.json"]);
    assert_eq!(ended.code, Some(Exit::Usage as i32));
    assert!(
        ended.stderr.contains("a board file is called NAME.toml"),
        "{}",
        ended.stderr
    );
    assert_eq!(tinybench.contents(), [""; 0]);
}

#[test]
fn a_fault_in_a_benchmark_is_told_with_its_name() {
    if !toolchain_is_there() {
        return;
    }
    // The register of the cache, which is written to before each repetition, and which no flash
    // algorithm touches.
    let error = faulty(InjectedFault::BusFault {
        addresses: ICACHECNF..ICACHECNF + 4,
        nth: 2_000,
    });
    assert_eq!(error.exit(), Exit::Target);
    let text = error.to_string();
    assert!(text.starts_with("in the benchmark `"), "{text}");
    assert!(text.contains("the target faulted: BusFault"), "{text}");
}

#[test]
fn another_chip_is_told_with_its_name() {
    if !toolchain_is_there() {
        return;
    }
    // The part number in the ROM table, as a debugger sees it, is that of the real chip; the board
    // that is connected is another.
    let error = against(&[], &|| VirtualBoard::new("stm32l4r5").unwrap()).unwrap_err();
    assert_eq!(error.exit(), Exit::NoTarget, "{error}");
}

#[test]
fn a_damaged_results_block_is_told() {
    if !toolchain_is_there() {
        return;
    }
    let root = project_root();
    let request = CalibrationRequest {
        project_root: &root,
        target: NANO33,
    };
    let elf = fs::read(build_calibration(&request, &mut |_| ()).unwrap().elf).unwrap();
    let block = Image::load_calibration(&elf).unwrap().block_address;
    let error = faulty(InjectedFault::FlipOnRead {
        address: block + offset_of!(Block, request) as u32,
        mask: 0x80,
    });
    assert_eq!(error.exit(), Exit::Target, "{error}");
    let text = error.to_string();
    assert!(text.contains("the results block is damaged"), "{text}");
}

#[test]
fn a_probe_that_is_lost_is_told() {
    if !toolchain_is_there() {
        return;
    }
    let error = faulty(InjectedFault::LoseProbe {
        after_transfers: 120_000,
    });
    assert_eq!(error.exit(), Exit::NoTarget, "{error}");
}
