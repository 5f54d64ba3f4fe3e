//! The board `nucleo-l4r5zi`, virtual: a run from build to record, its ways to be supplied, and its
//! serial ports. Runs are skipped, saying so, where firmware can't be built.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::flatbuffer::{MODEL_SUBGRAPHS, SUBGRAPH_TENSORS, element, field, root};
use crate::support::served::Served;
use crate::support::{Ended, Tinybench, project_root, toolchain_is_there};
use probe_rs::MemoryInterface;
use tinybench_record::RunRecord;

const RUN: [&str; 12] = [
    "run",
    "--board",
    "nucleo-l4r5zi",
    "--on",
    "virtual",
    "--workload",
    "ad",
    "--vectors",
    "4",
    "--runs",
    "2",
    "--format=json",
];

fn run(tinybench: &Tinybench, more: &[&str]) -> RunRecord {
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run(&[&RUN[..], more].concat());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        !stderr.contains("not modelled") && !stderr.contains("are needed"),
        "{stderr}"
    );
    RunRecord::parse(stdout.as_bytes()).unwrap()
}

#[test]
fn a_run_is_verified_and_says_how_the_board_was_set() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let record = run(&tinybench, &["--out", "default.json"]);
    let board = &record.board;
    assert_eq!(
        (&*board.chip, board.clock_hz),
        ("STM32L4R5ZITx", 120_000_000)
    );
    let caches = (board.instruction_cache, board.data_cache);
    assert_eq!(caches, (Some(true), Some(true)));
    assert_eq!((board.prefetch, board.wait_states), (Some(true), Some(5)));
    assert_eq!(board.dual_bank, Some(true));
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    // What the first run left in the caches saves the second some cycles, if any.
    assert!(result.latency.cycles[1] <= result.latency.cycles[0]);
    assert!(result.instructions.unwrap() > result.model.macs.unwrap() / 4);
    let energy = result.energy.as_ref().unwrap();
    assert_eq!(energy.supply.as_deref(), Some("ldo-3v0"));
    assert!((energy.mean_mw - 75.0).abs() < 1e-9);

    let low = run(&tinybench, &["--out", "low.json", "--power", "ldo-1v8"]);
    assert_eq!(low.results[0].latency.cycles, result.latency.cycles);
    let supplied = low.results[0].energy.as_ref().unwrap();
    assert_eq!(supplied.supply.as_deref(), Some("ldo-1v8"));
    let by_power = energy.uj_per_inference * supplied.mean_mw / energy.mean_mw;
    assert!((supplied.uj_per_inference - by_power).abs() < 1e-6);

    // What differs is the supply, so that the energies say nothing about the code.
    let compare =
        |more: &[&str]| tinybench.run(&[&["compare", "default.json", "low.json"], more].concat());
    let refused = compare(&[]);
    assert_eq!(refused.code, Some(7), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("supply: ldo-3v0 -> ldo-1v8"),
        "{}",
        refused.stderr
    );
    let allowed = compare(&["--allow", "supply"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
}

/// The model that adds its input to itself, of so many values.
fn addition(values: u32) -> Vec<u8> {
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let mut model = std::fs::read(fixtures.join("add_to_itself.tflite")).unwrap();
    let graph = element(&model, root(&model), MODEL_SUBGRAPHS, 0);
    for tensor in 0..2 {
        let tensor = element(&model, graph, SUBGRAPH_TENSORS, tensor);
        let shape = field(&model, tensor, 0);
        let vector =
            shape + u32::from_le_bytes(model[shape..shape + 4].try_into().unwrap()) as usize;
        model[vector + 8..vector + 12].copy_from_slice(&values.to_le_bytes());
    }
    model
}

#[test]
fn a_model_has_all_ram_even_if_buffers_find_no_room() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    for (name, values) in [("large", 96_000), ("larger", 200_000), ("huge", 400_000)] {
        tinybench.file(&format!("{name}.tflite"), &addition(values));
    }
    let run = |board: &str, model: &str| {
        let arguments = ["run", "--board", board, "--on", "virtual", "--model", model];
        tinybench.run(
            &[
                &arguments[..],
                &["--vectors", "2", "--runs", "3", "--format=json"],
            ]
            .concat(),
        )
    };
    // The nucleo has room for input and output beside the arena, but not in SRAM1; the nano33 has
    // none, so both lie in the arena.
    for board in ["nucleo-l4r5zi", "nano33"] {
        let ended = run(board, "large.tflite");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
        let memory = record.results[0].memory.as_ref().unwrap();
        assert!(memory.arena_bytes >= 192_000, "{}", memory.arena_bytes);
        assert!(record.results[0].outputs.as_ref().unwrap().verified);
    }

    let ended = run("nano33", "larger.tflite");
    assert_eq!(ended.code, Some(7));
    assert!(
        ended
            .stderr
            .ends_with("help: it would fit nrf5340-dk, nucleo-l4r5zi, nucleo-u575zi-q\n"),
        "{}",
        ended.stderr
    );
    let ended = run("nucleo-l4r5zi", "huge.tflite");
    assert_eq!(ended.code, Some(7));
    assert!(
        ended.stderr.contains("none of the known boards"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_list_of_boards_names_its_supplies() {
    let boards = Tinybench::new().run(&["boards"]).stdout;
    let line = boards
        .lines()
        .find(|line| line.starts_with("nucleo-l4r5zi "))
        .expect("it is listed");
    assert!(line.ends_with("ldo-3v0, ldo-1v8, smps-3v0"), "{line}");
}

#[test]
fn a_supply_that_the_board_does_not_have_is_told_before_anything_is_built() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&[&RUN[..], &["--power", "battery"]].concat());
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    assert!(
        ended
            .stderr
            .contains("nucleo-l4r5zi has no power option `battery`"),
        "{}",
        ended.stderr
    );
    assert_eq!(tinybench.contents(), [""; 0]);
}

/// RCC_APB1ENR2 and LPUART1, which is UART 0.
const APB1ENR2: u64 = 0x4002_105C;
const LPUART1: u64 = 0x4000_8000;

#[test]
fn bytes_pass_between_lpuart1_and_a_tcp_port() {
    let served = Served::start_board("nucleo-l4r5zi", "STM32L4R5ZITx", &["--serial", "tcp:0"]);
    let address = served.serial[0].strip_prefix("tcp:").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut session = served.attach();
    let mut core = session.core(0).unwrap();
    // A loop for the core to run in: time passes while it does.
    core.halt(Duration::from_secs(1)).unwrap();
    core.write_word_32(0x2000_0000, 0xE7FE_E7FE).unwrap();
    core.write_core_reg(15, 0x2000_0000_u32).unwrap();
    core.write_word_32(APB1ENR2, 1).unwrap();
    // 115,200 baud of 4 MHz; transmitter and receiver on.
    core.write_word_32(LPUART1 + 0x0C, 8889).unwrap();
    core.write_word_32(LPUART1, 1 | 1 << 2 | 1 << 3).unwrap();
    core.run().unwrap();

    core.write_word_32(LPUART1 + 0x28, u32::from(b'!')).unwrap();
    let mut received = [0];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(received, *b"!");

    stream.write_all(b"?").unwrap();
    let arrived = (0..10_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        core.read_word_32(LPUART1 + 0x1C).unwrap() & 1 << 5 != 0
    });
    assert!(arrived);
    let byte = core.read_word_32(LPUART1 + 0x24).unwrap();
    assert_eq!(byte, u32::from(b'?'));
}

#[test]
fn it_has_six_uarts() {
    let serial = ["--serial", "tcp:0"].repeat(7);
    let many =
        Tinybench::new().run(&[&["serve", "--board", "nucleo-l4r5zi"], &serial[..]].concat());
    assert_eq!(many.code, Some(2));
    assert!(
        many.stderr.contains("nucleo-l4r5zi has 6 UARTs"),
        "{}",
        many.stderr
    );
}
