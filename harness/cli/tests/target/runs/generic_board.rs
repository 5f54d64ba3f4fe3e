//! A board file that somebody writes for a chip that isn't modelled: made by `boards new`, and run.

use std::fs;

use crate::support::served::Served;
use crate::support::{Tinybench, toolchain_is_there};
use tinybench_execution::build::find_toolchain;
use tinybench_record::{ExecutionKind, RunRecord};

const NEW: [&str; 8] = [
    "boards",
    "new",
    "--chip",
    "stm32f411retx",
    "--clock-hz",
    "16000000",
    "--out",
    "mine.toml",
];

const RUN: [&str; 11] = [
    "run",
    "--board",
    "mine.toml",
    "--workload",
    "centroid",
    "--vectors",
    "4",
    "--runs",
    "2",
    "--out",
    "mine.json",
];

#[test]
fn a_new_board_file_is_run_and_its_cycles_are_marked() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&NEW);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "mine.toml\n"));
    assert!(
        ended.stderr.contains("--board mine.toml"),
        "{}",
        ended.stderr
    );
    // A file that is there stays.
    let again = tinybench.run(&NEW);
    assert_eq!(again.code, Some(8));
    assert!(
        again.stderr.contains("mine.toml is there already"),
        "{}",
        again.stderr
    );
    if !toolchain_is_there() {
        return;
    }
    let run = |more: &[&str]| {
        let ended = tinybench.run(&[&RUN[..], more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let text = fs::read(tinybench.path("mine.json")).unwrap();
        (RunRecord::parse(&text).unwrap(), ended.stdout)
    };
    let (record, table) = run(&["--on", "virtual"]);
    assert_eq!(record.board.chip, "STM32F411RETx");
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    assert!(result.latency.generic_memory_system);
    assert_eq!(result.latency.stated_error, None);
    assert!(table.contains("generic memory system"), "{table}");

    // Through the protocol of a probe it says itself that it is virtual and generic.
    let file = tinybench.path("mine.toml");
    let served = Served::start_board(file.to_str().unwrap(), "virtual-mine", &[]);
    let (through_probe, _) = run(&["--probe", &served.selector]);
    drop(served);
    assert_eq!(through_probe.execution.kind, ExecutionKind::Virtual);
    assert_eq!(through_probe.results[0].latency, result.latency);
}

#[test]
fn firmware_for_a_cortex_m0plus_is_verified_and_counts_by_systick() {
    if let Err(error) = find_toolchain("thumbv6m-none-eabi") {
        eprintln!("skipped: {error}");
        return;
    }
    let tinybench = Tinybench::new();
    let pico = [&["run", "--board", "pico", "--on", "virtual"], &RUN[3..]].concat();
    let ended = tinybench.run(&pico);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("unmodelled"), "{}", ended.stderr);
    let text = fs::read(tinybench.path("mine.json")).unwrap();
    let record = RunRecord::parse(&text).unwrap();
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    let (cycles, instructions) = (result.latency.median_cycles, result.instructions.unwrap());
    // 1.423 with rustc 1.95.0; another compiler makes a little of it.
    assert!(
        (1.395..1.452).contains(&(cycles / instructions as f64)),
        "{cycles} cycles, {instructions} instructions"
    );
}

#[test]
fn a_new_board_file_for_a_cortex_m33_is_run_and_shipped_ones_are() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let new = [
        &NEW[..3],
        &["stm32h573zitx", "--clock-hz", "64000000"],
        &NEW[6..],
    ]
    .concat();
    let made = tinybench.run(&new);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    for (board, more) in [
        ("mine.toml", &["--on", "virtual"][..]),
        ("pico2", &["--on", "virtual"]),
    ] {
        let run = [&["run", "--board", board], &RUN[3..], more].concat();
        let ended = tinybench.run(&run);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stderr.contains("unmodelled"), "{}", ended.stderr);
        let text = fs::read(tinybench.path("mine.json")).unwrap();
        let record = RunRecord::parse(&text).unwrap();
        assert_eq!(record.board.core, "cortex-m33f");
        let result = &record.results[0];
        assert!(result.outputs.as_ref().unwrap().verified, "{board}");
        assert!(result.latency.generic_memory_system);
    }
}

#[test]
fn impossible_memories_and_chips_are_refused_by_name() {
    let tinybench = Tinybench::new();
    tinybench.run(&NEW);
    let file = fs::read_to_string(tinybench.path("mine.toml")).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(file.contains(from), "{file}");
        tinybench.file("mine.toml", file.replace(from, to).as_bytes());
        let ended = tinybench.run(&[&RUN[..], &["--on", "virtual"]].concat());
        assert_eq!(ended.code, Some(7), "{}", ended.stderr);
        ended.stderr
    };
    let told = refused("origin = 0x20000000", "origin = 0x40000000");
    assert!(
        told.contains("RAM from 0x40000000 to 0x40020000 reaches where a Cortex-M has peripherals"),
        "{told}"
    );
    let told = refused("read_bytes = 16", "read_bytes = 24");
    assert!(
        told.contains("read_bytes is 24, which must be 4, 8, 16, 32 or 64"),
        "{told}"
    );
    let told = refused(
        "cycle_counter",
        "setup = \"nrf52\"\nmemory_system = { instruction_cache = true }\ncycle_counter",
    );
    assert!(
        told.contains("setup writes to registers of a chip"),
        "{told}"
    );
    let told = refused("generic-m4f", "nrf52840");
    assert!(told.contains("virtual.generic is for"), "{told}");
    let device = ["mlperf", "--board", "nucleo-f411re", "--workload", "kws"];
    let device = tinybench.run(&device);
    assert_eq!(device.code, Some(2));
    assert!(
        device.stderr.contains("nucleo-f411re has no UART 0"),
        "{}",
        device.stderr
    );
    let unknown = tinybench.run(&[
        "boards",
        "new",
        "--chip",
        "STM32F411RETy",
        "--clock-hz",
        "1000000",
    ]);
    assert_eq!(unknown.code, Some(7));
    assert!(
        unknown.stderr.contains("did you mean `STM32F411RETx`"),
        "{}",
        unknown.stderr
    );
}
