//! Runs on virtual boards that are broken. Skipped, saying so, where firmware can't be built.

use std::sync::{Arc, Mutex};

use crate::support::{kws_model, project_root, toolchain_is_there};
use clap::Parser;
use tinybench::args::{Cli, Command};
use tinybench::commands::measuring::run::run_with;
use tinybench_inputs::project::Project;
use tinybench_record::RunRecord;
use tinybench_support::exit::Exit;
use tinybench_support::exit::Failure;
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::faults::InjectedFault;

/// NVMC.ICACHECNF, which the image writes to before it measures (nRF52840 Product Specification,
/// 4.3.3), and no flash algorithm does.
const ICACHECNF: u32 = 0x4001_E540;

/// Runs kws on a board with these faults. Nothing may be written but a record of the failure.
fn run_on(faults: &[InjectedFault]) -> Failure {
    run_and_keep(faults, "300ms").0
}

/// The same, and the boards that were made.
fn run_and_keep(
    faults: &[InjectedFault],
    timeout: &str,
) -> (Failure, Vec<Arc<Mutex<VirtualBoard>>>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("record.json");
    let cli = Cli::parse_from([
        "tinybench",
        "run",
        // With debug information, which tells places in the source.
        "--build",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--workload",
        "kws",
        "--vectors",
        "60",
        "--timeout",
        timeout,
        "--out",
        out.to_str().unwrap(),
    ]);
    let Command::Run(args) = cli.command else {
        unreachable!()
    };
    let root = project_root();
    let project = Project::find(Some(&root), &root).unwrap();
    let boards = Mutex::new(Vec::new());
    let open = |_: &tinybench_inputs::board::Board| {
        let mut board = VirtualBoard::new("nrf52840").unwrap();
        faults.iter().for_each(|fault| board.inject(fault.clone()));
        let board = Arc::new(Mutex::new(board));
        boards.lock().unwrap().push(Arc::clone(&board));
        Ok(tinybench_virtual_probe::open(board))
    };
    let error = run_with(&args, &project, &open).unwrap_err();
    let record = RunRecord::parse(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((record.results.len(), record.failures.len()), (0, 1));
    assert_eq!(record.failures[0].exit_code, error.exit() as u8);
    std::fs::remove_file(&out).unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was left behind"
    );
    (error, boards.into_inner().unwrap())
}

fn fault_at_start() -> Failure {
    run_on(&[InjectedFault::BusFault {
        addresses: ICACHECNF..ICACHECNF + 4,
        nth: 1,
    }])
}

/// The number after `name` in an error's list of registers.
fn register(text: &str, name: &str) -> u32 {
    let (_, rest) = text.split_once(&format!("  {name}   0x")).unwrap();
    u32::from_str_radix(&rest[..8], 16).unwrap()
}

#[test]
fn a_fault_is_told_with_registers_and_the_place_in_the_source() {
    if !toolchain_is_there() {
        return;
    }
    let error = fault_at_start();
    assert_eq!(error.exit(), Exit::Target);
    let text = error.to_string();
    let first = "kws: the target faulted: BusFault: ";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("bus error on data access"), "{text}");
    assert!(
        text.contains("::write_volatile") && text.contains(".rs:"),
        "{text}"
    );
    assert!(text.contains("\n  r12  0x"), "{text}");
}

#[test]
fn a_hang_is_told_with_the_place_in_the_source() {
    if !toolchain_is_there() {
        return;
    }
    let address = register(&fault_at_start().to_string(), "pc");
    let error = run_on(&[InjectedFault::HangAt { address }]);
    assert_eq!(error.exit(), Exit::Target);
    let text = error.to_string();
    assert!(
        text.starts_with("kws: the target hangs: no answer within 0.3 s; "),
        "{text}"
    );
    assert_eq!(register(&text, "pc"), address);
    assert!(text.contains(".rs:"), "{text}");
}

#[test]
fn flash_that_does_not_verify_is_told() {
    if !toolchain_is_there() {
        return;
    }
    let error = run_on(&[InjectedFault::FlipFlashBit {
        offset: 0x2001,
        bit: 3,
    }]);
    assert_eq!(error.exit(), Exit::Target);
    let text = error.to_string();
    assert!(
        text.starts_with("flash doesn't verify: what was read back is not"),
        "{text}"
    );
}

#[test]
fn a_probe_can_be_lost_at_any_time() {
    if !toolchain_is_there() {
        return;
    }
    let lost = |after_transfers| {
        let error = run_on(&[InjectedFault::LoseProbe { after_transfers }]);
        let text = error.to_string();
        assert_eq!(error.exit(), Exit::NoTarget, "{text}");
        text
    };
    let attaching = lost(50);
    assert!(
        attaching.starts_with("can't attach to nRF52840_xxAA: "),
        "{attaching}"
    );
    let flashing = lost(20_000);
    assert!(
        flashing.starts_with("lost the target while flashing: "),
        "{flashing}"
    );
    // Flashing takes some ten thousand transfers; how many is the image's and probe-rs's affair.
    let measuring = (30_000..)
        .step_by(5_000)
        .map(lost)
        .find(|text| !text.contains("while flashing"))
        .unwrap();
    assert_eq!(
        measuring,
        "kws: lost the target: the virtual probe was disconnected; check the probe's cable and the \
         board's power"
    );
}

#[test]
fn a_weight_that_is_read_wrong_is_an_output_mismatch() {
    if !toolchain_is_there() {
        return;
    }
    let fault = InjectedFault::BusFault {
        addresses: ICACHECNF..ICACHECNF + 4,
        nth: 1,
    };
    let (_, boards) = run_and_keep(&[fault], "300ms");
    let mut flash = vec![0; 0x10_0000];
    let board = boards[0].lock().unwrap();
    board.machine.read_memory(0, &mut flash).unwrap();
    let model = kws_model();
    let start = flash
        .windows(model.len())
        .position(|window| window == model)
        .unwrap();
    // The weights of the layers fill the middle of the model.
    let address = u32::try_from(start + model.len() / 2).unwrap();
    // Every read is looked at, so the virtual core is slow.
    let fault = InjectedFault::FlipOnRead {
        address,
        mask: 0x80,
    };
    let (error, _) = run_and_keep(&[fault], "60s");
    let text = error.to_string();
    assert_eq!(error.exit(), Exit::Mismatch, "{text}");
}
