//! What belongs to core and chip but to no single instruction: counters, trace, watchpoints. Each
//! is used by a program, and looked at as a debugger does.

#[path = "support/nrf52840.rs"]
mod support;

use support::*;
use tinybench_virtual_board::{Ended, VirtualBoard, register};

const ICACHECNF: u32 = 0x4001_E540;
const IHIT: u32 = 0x4001_E548;
const IMISS: u32 = 0x4001_E54C;

/// A board at the start of `code` in flash, halting debug and trace enabled. Handlers stop at a
/// BKPT.
fn at_start(code: &[u16]) -> VirtualBoard {
    let mut board = blank();
    let mut all = code.to_vec();
    all.push(0xBE00); // bkpt #0
    let handler = CODE + 2 * all.len() as u32;
    all.push(0xBE01); // bkpt #1
    load(&mut board, &all, handler);
    write(&mut board, 0xE000_EDF0, 0xA05F_0001);
    write(&mut board, DEMCR, 1 << 24);
    board
}

/// Runs to the BKPT at the end of the program.
fn run_to_end(board: &mut VirtualBoard, code: &[u16]) {
    assert_eq!(board.machine.run(1_000_000), Ended::Halted);
    assert_eq!(board.machine.pc(), CODE + 2 * code.len() as u32);
}

#[test]
fn cache_hits_are_words_and_misses_are_lines() {
    // Nine words in three lines of 16 bytes, the last of which ends behind the loop.
    let mut code = vec![0xBF00; 16]; // nop
    code.extend([
        0x3C01, // subs r4, #1
        0xD1ED, // bne #-38
    ]);
    let counts = |passes, configuration| {
        let mut board = at_start(&code);
        write(&mut board, ICACHECNF, configuration);
        board.machine.set_register(register::R0 + 4, passes);
        run_to_end(&mut board, &code);
        (read(&mut board, IHIT), read(&mut board, IMISS))
    };
    for passes in [1, 2, 10, 1000] {
        // And the word with the BKPT behind it.
        assert_eq!(counts(passes, 0x101), (9 * passes + 1 - 3, 3));
    }
    // Not without CACHEPROFEN, nor without the cache.
    assert_eq!(counts(10, 1), (0, 0));
    assert_eq!(counts(10, 0x100), (0, 0));
}

#[test]
fn counting_cache_hits_takes_no_cycles_and_keeps_the_cache() {
    let code = [
        0x3C01, // subs r4, #1
        0xD1FD, // bne #-6
    ];
    let run = |profiled: bool| {
        let mut board = at_start(&code);
        write(&mut board, ICACHECNF, 1);
        board.machine.set_register(4, 1000);
        board.machine.run(500);
        if profiled {
            write(&mut board, ICACHECNF, 0x101);
        }
        run_to_end(&mut board, &code);
        assert_eq!(read(&mut board, IMISS), 0, "all were in the cache");
        board.machine.cycles()
    };
    assert_eq!(run(false), run(true));
}

const ITM: u32 = 0xE000_0000;
const TER: u32 = ITM + 0xE00;
const TPR: u32 = ITM + 0xE40;
const TCR: u32 = ITM + 0xE80;
const LAR: u32 = ITM + 0xFB0;
const LSR: u32 = ITM + 0xFB4;
const CONTROL: u32 = 20;

const LOAD: u16 = 0x6801; // ldr r1, [r0]
const STORE: u16 = 0x6001; // str r1, [r0]
const STORE_BYTE: u16 = 0x7001; // strb r1, [r0]
const STORE_HALF: u16 = 0x8001; // strh r1, [r0]

/// Has the core execute one instruction, from the start of the program, with r0 and r1.
fn execute(board: &mut VirtualBoard, instruction: u16, address: u32, value: u32) -> u32 {
    board
        .machine
        .write_bytes(CODE, &instruction.to_le_bytes())
        .unwrap();
    board.machine.set_register(register::PC, CODE);
    board.machine.set_register(register::R0, address);
    board.machine.set_register(register::R1, value);
    board.machine.step_instruction();
    assert_eq!(
        board.machine.pc(),
        CODE + 2,
        "{:?}",
        board.machine.last_fault()
    );
    board.machine.register(register::R1)
}

fn core_read(board: &mut VirtualBoard, address: u32) -> u32 {
    execute(board, LOAD, address, 0)
}

fn core_write(board: &mut VirtualBoard, address: u32, value: u32) {
    execute(board, STORE, address, value);
}

#[test]
fn a_program_prints_through_the_itm() {
    let mut board = at_start(&[0xBF00]);
    let print = |board: &mut VirtualBoard| {
        execute(board, STORE, ITM, u32::from_le_bytes(*b"trac"));
        execute(board, STORE_HALF, ITM, u16::from_le_bytes(*b"e ").into());
        execute(board, STORE_BYTE, ITM + 4, u32::from(b'!'));
        assert_eq!(core_read(board, ITM), 1, "FIFOREADY");
    };
    // Nothing comes out before ITM and port are enabled, and they are locked.
    print(&mut board);
    core_write(&mut board, TCR, 1);
    core_write(&mut board, TER, 0b11);
    print(&mut board);
    assert_eq!(core_read(&mut board, LSR), 3);
    assert!(board.machine.itm_output(0).is_empty());
    core_write(&mut board, LAR, 0xC5AC_CE55);
    assert_eq!(core_read(&mut board, LSR), 1);
    core_write(&mut board, TCR, 0xFFFF_FFFF);
    assert_eq!(core_read(&mut board, TCR), 0x007F_0F1F);
    core_write(&mut board, TER, 0b01);
    print(&mut board);
    assert_eq!(board.machine.itm_output(0), b"trace ");
    assert!(board.machine.itm_output(0).is_empty(), "it was taken");
    assert!(board.machine.itm_output(1).is_empty(), "port 1 is off");
    core_write(&mut board, TER, 0b11);
    print(&mut board);
    assert_eq!(board.machine.itm_output(1), b"!");
    // Without TRCENA there is no trace.
    write(&mut board, DEMCR, 0);
    board.machine.itm_output(0);
    print(&mut board);
    assert!(board.machine.itm_output(0).is_empty());
    assert!(board.machine.itm_output(32).is_empty());
}

#[test]
fn a_debugger_enables_the_itm_without_a_key() {
    let mut board = at_start(&[0xBF00]);
    assert_eq!(read(&mut board, LSR), 0);
    write(&mut board, TCR, 1 | 5 << 16);
    write(&mut board, TER, u32::MAX);
    assert_eq!(read(&mut board, TCR), 1 | 5 << 16);
    assert_eq!(read(&mut board, TER), u32::MAX);
    execute(&mut board, STORE_BYTE, ITM + 31 * 4, 0x41);
    assert_eq!(board.machine.itm_output(31), b"A");
    // A reset leaves the trace as the debugger has set it up.
    board.machine.reset();
    assert_eq!(read(&mut board, TCR), 1 | 5 << 16);
}

#[test]
fn unprivileged_code_reaches_its_ports_only() {
    let mut board = at_start(&[0xBF00]);
    write(&mut board, TCR, 1);
    write(&mut board, TER, u32::MAX);
    core_write(&mut board, LAR, 0xC5AC_CE55);
    // Ports 8 to 15 are for privileged code.
    core_write(&mut board, TPR, 0b0010);
    board.machine.set_register(CONTROL, 1 << 24);
    execute(&mut board, STORE_BYTE, ITM, 0x61);
    execute(&mut board, STORE_BYTE, ITM + 8 * 4, 0x62);
    assert_eq!(board.machine.itm_output(0), b"a");
    assert!(board.machine.itm_output(8).is_empty());
    core_write(&mut board, TER, 0);
    assert_eq!(core_read(&mut board, TER), 0xFF00);
    core_write(&mut board, TCR, 0);
    core_write(&mut board, TPR, 0);
    assert_eq!(core_read(&mut board, TCR), 1);
    assert_eq!(core_read(&mut board, TPR), 0b0010);
}

#[test]
fn itm_output_that_nobody_takes_is_bounded() {
    let mut board = at_start(&[
        0x6001, // str r1, [r0]
        0x3A01, // subs r2, #1
        0xD1FC, // bne #-8
    ]);
    write(&mut board, TCR, 1);
    write(&mut board, TER, 1);
    board.machine.set_register(0, ITM);
    board.machine.set_register(2, 300_000);
    assert_eq!(board.machine.run(10_000_000), Ended::Halted);
    assert_eq!(board.machine.itm_output(0).len(), 1 << 20);
    let diagnostics: Vec<_> = board.machine.diagnostics().collect();
    assert_eq!(
        diagnostics,
        ["output of ITM port 0 is lost: nobody takes it"]
    );
}

#[test]
fn unprivileged_code_pends_interrupts_only_if_allowed() {
    const STIR: u32 = 0xE000_EF00;
    let mut board = at_start(&[0xBF00]);
    board.machine.set_register(CONTROL, 1 << 24);
    let store = |board: &mut VirtualBoard| {
        board
            .machine
            .write_bytes(CODE, &STORE.to_le_bytes())
            .unwrap();
        board.machine.set_register(register::PC, CODE);
        board.machine.set_register(register::R0, STIR);
        board.machine.set_register(register::R1, 5);
        board.machine.step_instruction();
        read(board, 0xE000_E200) >> 5 & 1
    };
    write(&mut board, 0xE000_ED14, 0x202);
    assert_eq!(store(&mut board), 1);
    write(&mut board, 0xE000_E280, u32::MAX);
    write(&mut board, 0xE000_ED14, 0x200);
    assert_eq!(store(&mut board), 0);
    assert_eq!(board.machine.last_fault().unwrap().name, "PRECISERR");
}

#[test]
fn the_tpiu_keeps_what_a_debugger_sets_up() {
    const TPIU: u32 = 0xE004_0000;
    let mut board = at_start(&[0xBF00]);
    assert_eq!(read(&mut board, TPIU), 0xF);
    assert_eq!(read(&mut board, TPIU + 0x304), 0x102);
    assert_eq!(read(&mut board, TPIU + 0xFC8), 0xCA1);
    // What is done for SWO: asynchronous, NRZ, no formatter.
    for (offset, value, found) in [
        (0x004, 1, 1),
        (0x004, 3, 1),
        (0x0F0, 2, 2),
        (0x0F0, 3, 2),
        (0x010, 0xFFFF_F01F, 0x101F),
        (0x304, 0x100, 0x100),
    ] {
        write(&mut board, TPIU + offset, value);
        assert_eq!(read(&mut board, TPIU + offset), found, "{offset:#x}");
    }
    write(&mut board, TPIU + 0xFA0, 0b0101);
    write(&mut board, TPIU + 0xFA4, 0b0001);
    assert_eq!(read(&mut board, TPIU + 0xFA4), 0b0100);
}

const DEMCR: u32 = 0xE000_EDFC;
const DWT: u32 = 0xE000_1000;
const PCSR: u32 = DWT + 0x1C;
const DFSR: u32 = 0xE000_ED30;
const DWTTRAP: u32 = 1 << 2;
const CELL: u32 = RAM + 0x400;

fn comparator(number: u32, register: u32) -> u32 {
    DWT + 0x20 + 16 * number + register
}

#[test]
fn the_program_counter_is_sampled() {
    let code = [
        0x6801, // ldr r1, [r0]
        0xE7FD, // b #-6
    ];
    let mut board = at_start(&code);
    board.machine.set_register(0, PCSR);
    board.machine.run(1000);
    // A program sees its own neighbourhood, a debugger the loop.
    let seen = board.machine.register(register::R1);
    assert!((CODE..=CODE + 4).contains(&seen), "{seen:#x}");
    for _ in 0..5 {
        let seen = read(&mut board, PCSR);
        assert!((CODE..=CODE + 2).contains(&seen), "{seen:#x}");
    }
    write(&mut board, 0xE000_EDF0, 0xA05F_0003);
    assert_eq!(read(&mut board, PCSR), u32::MAX, "it is halted");
    write(&mut board, DEMCR, 0);
    write(&mut board, 0xE000_EDF0, 0xA05F_0001);
    assert_eq!(read(&mut board, PCSR), u32::MAX, "trace is off");
}

/// Stores, then loads, and halts.
const ACCESSES: [u16; 6] = [
    0xBF00, // 100: nop
    0x6001, // 102: str  r1, [r0]
    0xBF00, // 104: nop
    0x7842, // 106: ldrb r2, [r0, #1]
    0xBF00, // 108: nop
    0xBF00, // 10a: nop
];

/// Where a watchpoint with this comparison, mask and function halts [`ACCESSES`].
fn watched(number: u32, value: u32, mask: u32, function: u32) -> Option<u32> {
    let mut board = at_start(&ACCESSES);
    write(&mut board, comparator(number, 0), value);
    write(&mut board, comparator(number, 4), mask);
    write(&mut board, comparator(number, 8), function);
    board.machine.set_register(0, CELL);
    board.machine.set_register(1, 0x1234_5678);
    assert_eq!(board.machine.run(1000), Ended::Halted);
    let trapped = read(&mut board, DFSR) & DWTTRAP != 0;
    let matched = read(&mut board, comparator(number, 8)) & 1 << 24 != 0;
    assert_eq!(trapped, matched);
    assert_eq!(
        read(&mut board, comparator(number, 8)) >> 24,
        0,
        "reading clears MATCHED"
    );
    // It goes on from there.
    let pc = board.machine.pc();
    if trapped {
        write(&mut board, 0xE000_EDF0, 0xA05F_0001);
        let ended = board.machine.run(1000);
        assert_eq!((ended, trapped), (Ended::Halted, true));
    }
    trapped.then_some(pc)
}

#[test]
fn watchpoints_halt_behind_the_access() {
    for number in 0..4 {
        assert_eq!(watched(number, CELL, 0, 6), Some(0x104), "write");
        assert_eq!(watched(number, CELL + 1, 0, 5), Some(0x108), "read");
        assert_eq!(watched(number, CELL, 2, 7), Some(0x104), "either");
        assert_eq!(watched(number, CELL, 2, 5), Some(0x108), "a masked read");
        assert_eq!(watched(number, CELL, 0, 5), None, "a byte beside it");
        assert_eq!(watched(number, CELL + 4, 0, 7), None);
        assert_eq!(watched(number, CELL, 2, 0), None, "off");
    }
}

#[test]
fn watchpoints_on_instructions_halt_behind_them() {
    for number in 0..4 {
        assert_eq!(watched(number, 0x104, 0, 4), Some(0x106));
        assert_eq!(watched(number, 0x109, 0, 4), Some(0x10A));
    }
    assert_eq!(watched(0, 0x200, 0, 4), None);
}

#[test]
fn a_value_is_watched_at_all_addresses_or_at_some() {
    const VALUE: u32 = 1 << 8;
    const WORD: u32 = 2 << 10;
    let any = 1 << 12 | 1 << 16;
    let first = 1 << 16;
    assert_eq!(
        watched(1, 0x1234_5678, 0, 6 | VALUE | WORD | any),
        Some(0x104)
    );
    assert_eq!(watched(1, 0x5656_5656, 0, 5 | VALUE | any), Some(0x108));
    assert_eq!(watched(1, 0x1234_5679, 0, 7 | VALUE | WORD | any), None);
    assert_eq!(
        watched(1, 0x1234_5678, 0, 7 | VALUE | 1 << 10 | any),
        None,
        "size"
    );
    // Comparator 0 has another address.
    assert_eq!(watched(1, 0x1234_5678, 0, 6 | VALUE | WORD | first), None);
    // Only comparator 1 compares values.
    assert_eq!(watched(2, 0x1234_5678, 0, 6 | VALUE | WORD | any), None);
}

#[test]
fn a_watchpoint_on_the_cycle_count_halts_in_time() {
    let mut board = at_start(&[0xE7FE]); // b .
    let at = |board: &mut VirtualBoard, value| {
        write(board, DWT + 4, 0);
        write(board, comparator(0, 0), value);
        write(board, comparator(0, 8), 1 << 7 | 4);
        write(board, DWT, 1);
    };
    at(&mut board, 5000);
    assert_eq!(board.machine.run(100_000), Ended::Halted);
    let count = read(&mut board, DWT + 4);
    assert!((5000..5003).contains(&count), "{count}");
    assert_eq!(read(&mut board, DFSR) & DWTTRAP, DWTTRAP);
    assert_eq!(read(&mut board, comparator(0, 8)) >> 24, 1);
    // The counter comes round in 2^32 cycles; it goes on until then.
    write(&mut board, 0xE000_EDF0, 0xA05F_0001);
    assert_eq!(board.machine.run(100_000), Ended::Budget);
    at(&mut board, 7000);
    write(&mut board, comparator(0, 8), 0);
    assert_eq!(board.machine.run(100_000), Ended::Budget);
}

#[test]
fn a_watchpoint_wakes_a_sleeping_core() {
    let mut board = at_start(&[0xBF30]); // wfi
    write(&mut board, comparator(0, 0), 90_000);
    write(&mut board, comparator(0, 8), 1 << 7 | 4);
    write(&mut board, DWT, 1);
    assert_eq!(board.machine.run(1_000_000), Ended::Halted);
    assert_eq!(read(&mut board, DWT + 4), 90_000);
    assert_eq!(board.machine.pc(), CODE + 2);
}

#[test]
fn without_a_debugger_a_watchpoint_is_the_monitors_or_nothing() {
    let run = |demcr: u32, function: u32, value: u32| {
        let mut board = at_start(&ACCESSES);
        write(&mut board, DEMCR, 1 << 24 | demcr);
        write(&mut board, comparator(2, 0), value);
        write(&mut board, comparator(2, 8), function);
        board.machine.set_register(0, CELL);
        write(&mut board, 0xE000_EDF0, 0xA05F_0000);
        for _ in 0..30 {
            board.machine.step_instruction();
            if board.machine.register(register::XPSR) & 0x1FF != 0 {
                break;
            }
        }
        let exception = board.machine.register(register::XPSR) & 0x1FF;
        let stacked = board.machine.register(register::SP) + 24;
        (exception, read(&mut board, stacked), read(&mut board, DFSR))
    };
    const MONITOR: u32 = 1 << 16;
    let (exception, returns, status) = run(MONITOR, 6, CELL);
    assert_eq!((exception, returns, status & DWTTRAP), (12, 0x104, DWTTRAP));
    let (exception, returns, status) = run(MONITOR, 4, 0x108);
    assert_eq!((exception, returns, status & DWTTRAP), (12, 0x10A, DWTTRAP));
    // BKPT at the end of the program is a HardFault.
    let (exception, returns, status) = run(0, 6, CELL);
    assert_eq!((exception, returns, status & DWTTRAP), (3, 0x10C, 0));
}

/// The core stacks floating-point state lazily for an interrupt; the handler uses the FPU when the
/// frame can't be written any more.
fn lazy_stacking_that_fails(thread_priority_masks: bool) -> VirtualBoard {
    // The handlers of all exceptions: vmov.f32 s0, #1.0; nop; bkpt.
    let code = [
        0xEEB7, 0x0A00, // 100: vmov.f32 s0, #1.0
        0xBF00, // 104: nop
        0xBF00, // 106: nop
        0xE7FE, // 108: b .
        0xEEB7, 0x0A00, // 10a: vmov.f32 s0, #1.0
        0xBF00, // 10e: nop
        0xBE00, // 110: bkpt #0
    ];
    let mut board = blank();
    load(&mut board, &code, 0x10A);
    write(&mut board, 0xE000_EDF0, 0xA05F_0001);
    write(&mut board, 0xE000_ED88, 0xF << 20);
    // BusFault enabled, at priority 0x40.
    write(&mut board, 0xE000_ED24, 1 << 17);
    write(&mut board, 0xE000_ED18, 0x40 << 8);
    if thread_priority_masks {
        // BASEPRI: BusFault could not be taken when the interrupt came.
        board.machine.set_register(20, 0x40 << 8);
    }
    board.machine.run(100);
    // Interrupt 0 is more urgent than that.
    write(&mut board, 0xE000_E100, 1);
    write(&mut board, 0xE000_E400, 0x20);
    write(&mut board, 0xE000_E200, 1);
    board.machine.step_instruction();
    assert_eq!(board.machine.register(register::XPSR) & 0x1FF, 16);
    // FPCAR points to nowhere.
    write(&mut board, 0xE000_EF38, 0x6000_0000);
    board
}

#[test]
fn lazy_stacking_that_fails_escalates_by_what_could_be_taken_then() {
    const FPCCR: u32 = 0xE000_EF34;
    const BFRDY: u32 = 1 << 6;
    const HFRDY: u32 = 1 << 4;
    const CFSR: u32 = 0xE000_ED28;
    const HFSR: u32 = 0xE000_ED2C;
    const LSPERR: u32 = 1 << 13;
    let mut board = lazy_stacking_that_fails(false);
    assert_eq!(read(&mut board, FPCCR) & (BFRDY | HFRDY), BFRDY | HFRDY);
    board.machine.run(1000);
    assert_eq!(read(&mut board, CFSR) & LSPERR, LSPERR);
    // BusFault is less urgent than the handler: it waits.
    assert_eq!(board.machine.register(register::XPSR) & 0x1FF, 16);
    assert_eq!(read(&mut board, 0xE000_ED24) >> 14 & 1, 1, "BUSFAULTPENDED");
    assert_eq!(read(&mut board, HFSR), 0);

    let mut board = lazy_stacking_that_fails(true);
    assert_eq!(read(&mut board, FPCCR) & (BFRDY | HFRDY), HFRDY);
    board.machine.run(1000);
    assert_eq!(read(&mut board, CFSR) & LSPERR, LSPERR);
    assert_eq!(board.machine.register(register::XPSR) & 0x1FF, 3);
    assert_eq!(read(&mut board, HFSR), 1 << 30, "FORCED");
    let fault = board.machine.last_fault().unwrap();
    assert_eq!((fault.exception, fault.name), ("BusFault", "LSPERR"));
}

/// Where code under the event counters lies: RAM has no wait states.
const RAM_CODE: u32 = RAM + 0x1000;

/// What the DWT counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Events {
    instructions: u32,
    cycles: u32,
    cpi: u32,
    exception: u32,
    sleep: u32,
    load_store: u32,
    folded: u32,
}

/// The counts of `code` in RAM, all counters enabled. r0 points to the cell.
fn events(code: &[u16], registers: &[(u32, u32)]) -> Events {
    let mut board = at_start(&[0xBF00]);
    let bytes: Vec<u8> = code
        .iter()
        .chain(&[0xBE00])
        .flat_map(|half| half.to_le_bytes())
        .collect();
    board.machine.write_bytes(RAM_CODE, &bytes).unwrap();
    // SVC and SysTick return at once: bx lr.
    board
        .machine
        .write_bytes(RAM, &0x4770_u16.to_le_bytes())
        .unwrap();
    for vector in [11, 15] {
        board.machine.write_word(4 * vector, RAM | 1).unwrap();
    }
    board.machine.set_register(0, CELL);
    for &(number, value) in registers {
        board.machine.set_register(number, value);
    }
    board.machine.set_register(register::PC, RAM_CODE);
    write(&mut board, DWT, 1 | 0x1F << 17);
    let instructions = board.machine.instructions();
    assert_eq!(board.machine.run(1_000_000), Ended::Halted);
    assert_eq!(board.machine.pc(), RAM_CODE + 2 * code.len() as u32);
    let [cycles, cpi, exception, sleep, load_store, folded] =
        [4, 8, 0xC, 0x10, 0x14, 0x18].map(|offset| read(&mut board, DWT + offset));
    let events = Events {
        instructions: (board.machine.instructions() - instructions) as u32,
        cycles,
        cpi,
        exception,
        sleep,
        load_store,
        folded,
    };
    // The identity by which a profiler finds the instructions.
    let retired = cycles
        .wrapping_sub(cpi + exception + sleep + load_store)
        .wrapping_add(folded);
    assert_eq!(retired & 0xFF, events.instructions & 0xFF, "{events:?}");
    assert!(
        [cpi, exception, sleep, load_store, folded]
            .iter()
            .all(|&n| n < 256)
    );
    events
}

/// The same as `[cpi, load_store, folded]`.
fn shares(code: &[u16], registers: &[(u32, u32)]) -> [u32; 3] {
    let events = events(code, registers);
    assert_eq!((events.exception, events.sleep), (0, 0));
    [events.cpi, events.load_store, events.folded]
}

#[test]
fn cycles_beyond_the_first_of_loads_and_stores_are_counted() {
    let nop = 0xBF00;
    assert_eq!(shares(&[nop; 6], &[]), [0, 0, 0]);
    // ldr r1, [r0]; nop
    assert_eq!(shares(&[0x6801, nop], &[]), [0, 1, 0]);
    // Three loads in four cycles.
    assert_eq!(shares(&[0x6801, 0x6802, 0x6803, nop], &[]), [0, 1, 0]);
    // A store hidden behind a load: two cycles for two.
    assert_eq!(shares(&[0x6801, 0x6042, nop], &[]), [0, 0, 0]);
    // push {r4-r7}; pop {r4-r7}
    assert_eq!(shares(&[0xB4F0, 0xBCF0, nop], &[]), [0, 8, 0]);
    // An address that comes late: adds r0, #0; ldr r1, [r0]
    assert_eq!(shares(&[0x3000, 0x6801, nop], &[]), [0, 2, 0]);
    // Unaligned: a word at an odd address.
    assert_eq!(shares(&[0x6801, nop], &[(0, CELL + 1)]), [0, 3, 0]);
    // Flash after RAM: the overlap is lost, and two wait states. ldr r2, [r3]
    assert_eq!(
        shares(&[0x6801, 0x681A, nop], &[(3, 0x100)]),
        [0, 1 + 1 + 2, 0]
    );
}

#[test]
fn other_cycles_beyond_the_first_are_cpi() {
    // b to the next instruction but one.
    assert_eq!(shares(&[0xE000, 0xBF00, 0xBF00], &[]), [1, 0, 0]);
    // udiv r1, r1, r2: eight cycles.
    assert_eq!(shares(&[0xFBB1, 0xF1F2], &[(1, 0xFFFF), (2, 1)]), [7, 0, 0]);
    // ldr pc, [r0]: two cycles, and the refill.
    let code = [
        0xA102, // adr r1, #8
        0x3101, // adds r1, #1
        0x6001, // str r1, [r0]
        0xF8D0, 0xF000, // ldr.w pc, [r0]
    ];
    let [cpi, load_store, _] = shares(
        &[code[0], code[1], code[2], 0xBF00, code[3], code[4], 0xBF00],
        &[],
    );
    assert_eq!((cpi, load_store), (2, 1));
}

#[test]
fn folded_instructions_are_counted_and_skipped_loads_are_not() {
    let code = [
        0x2900, // cmp r1, #0
        0xBF08, // it eq
        0x6802, // ldreq r2, [r0]
        0xBF00, // nop
    ];
    assert_eq!(shares(&code, &[(1, 0)]), [0, 1, 1]);
    assert_eq!(shares(&code, &[(1, 1)]), [0, 0, 1]);
    // Behind a 32-bit instruction IT takes its cycle.
    let wide = [0xF1B1, 0x0F00, 0xBF08, 0x6802, 0xBF00];
    assert_eq!(shares(&wide, &[(1, 0)])[2], 0);
}

#[test]
fn exceptions_and_sleep_have_counters_of_their_own() {
    let call = events(&[0xDF00, 0xBF00], &[]); // svc #0; nop
    assert_eq!((call.exception, call.sleep, call.instructions), (22, 0, 3));
    // SysTick wakes the core.
    let code = [
        0x6043, // str r3, [r0, #4]
        0x6083, // str r3, [r0, #8]
        0x6001, // str r1, [r0]
        0xBF30, // wfi
        0x6082, // str r2, [r0, #8]
        0x6002, // str r2, [r0]
        0xBF00, // nop
    ];
    let slept = |reload| events(&code, &[(0, 0xE000_E010), (1, 7), (2, 0), (3, reload)]);
    let (short, long) = (slept(200), slept(300));
    assert_eq!(short.exception, 22);
    assert_eq!(long.sleep.wrapping_sub(short.sleep) & 0xFF, 100);
    assert_eq!(long.instructions, short.instructions);
}

#[test]
fn the_identity_holds_for_a_program_with_everything_in_it() {
    let code = [
        0x2464, // movs r4, #100
        0x6806, // ldr r6, [r0]
        0xF8D0, 0x8004, // ldr.w r8, [r0, #4]
        0x4366, // muls r6, r4
        0xFBB6, 0xF7F4, // udiv r7, r6, r4
        0x2C32, // cmp r4, #50
        0xBFC8, // it gt
        0x6842, // ldrgt r2, [r0, #4]
        0xB410, // push {r4}
        0xBC10, // pop {r4}
        0x6046, // str r6, [r0, #4]
        0xDF00, // svc #0
        0x3C01, // subs r4, #1
        0xD1F0, // bne #-32
        0xBF00, // nop
    ];
    let events = events(&code, &[]);
    assert_eq!(events.instructions, 1 + 100 * 14 + 1);
    assert_eq!(events.folded, 100);
    assert_eq!(events.exception, 2200 & 0xFF);
}

#[test]
fn a_program_reads_its_own_counters() {
    // Loads LSUCNT, has four words pushed and popped, and loads it again.
    let code = [
        0x6801, // ldr r1, [r0]
        0xBF00, // nop
        0xB4F0, // push {r4-r7}
        0xBCF0, // pop {r4-r7}
        0x6802, // ldr r2, [r0]
        0xBF00, // nop
    ];
    let mut board = at_start(&code);
    board.machine.set_register(0, DWT + 0x14);
    write(&mut board, DWT, 1 | 0x1F << 17);
    run_to_end(&mut board, &code);
    let [first, second] = [1, 2].map(|number| board.machine.register(number));
    assert_eq!(second - first, 1 + 4 + 4);
    // It can be written, and stands still when it is disabled.
    write(&mut board, DWT + 0x14, 0x155);
    assert_eq!(read(&mut board, DWT + 0x14), 0x55);
    write(&mut board, DWT, 1);
    assert_eq!(read(&mut board, DWT + 0x14), 0x55);
    write(&mut board, DWT, 1 | 1 << 20);
    assert_eq!(read(&mut board, DWT + 0x14), 0, "enabling clears it");
}

#[test]
fn counting_events_takes_no_cycles() {
    let run = |control| {
        let mut machine = tinybench_virtual_board::Machine::new("nrf52840").unwrap();
        let program = include_bytes!("../examples/thermostat.elf");
        machine.load_elf(program).unwrap();
        for (address, value) in [(DEMCR, 1 << 24), (DWT, control)] {
            tinybench_virtual_board::debug_port::DebugTarget::debug_write(
                &mut machine,
                address,
                tinybench_virtual_board::AccessSize::Word,
                value,
            )
            .unwrap();
        }
        machine.run(300_000);
        (machine.cycles(), machine.instructions())
    };
    assert_eq!(run(0), run(1 | 0x1F << 17));
}

const SYSTICK: u32 = 0xE000_E010;

#[test]
fn a_program_that_reads_systick_loses_no_tick() {
    // The counter comes to zero at each of the instructions before and behind the load in turn.
    let code = [
        0x6801, // 100: ldr r1, [r0]
        0xBF00, // 102: nop
        0xBF00, // 104: nop
        0x3A01, // 106: subs r2, #1
        0xD1FA, // 108: bne 100
        0xE002, // 10a: b 112
        0x3401, // 10c: adds r4, #1
        0x4770, // 10e: bx lr
        0xBF00, // 110: nop
    ];
    for register in [SYSTICK, SYSTICK + 8] {
        let mut board = blank();
        let mut all = code.to_vec();
        all.push(0xBE00); // 112: bkpt
        load(&mut board, &all, 0x10C);
        write(&mut board, 0xE000_EDF0, 0xA05F_0001);
        board.machine.set_register(register::R0, register);
        board.machine.set_register(2, 20_000);
        board.machine.set_register(4, 0);
        write(&mut board, SYSTICK + 4, 100);
        write(&mut board, SYSTICK + 8, 0);
        write(&mut board, SYSTICK, 7);
        let start = board.machine.cycles();
        assert_eq!(board.machine.run(10_000_000), Ended::Halted);
        let cycles = board.machine.cycles() - start;
        let ticks = board.machine.register(4);
        assert_eq!(u64::from(ticks), cycles / 101, "{register:#x}");
    }
}

#[test]
fn without_trcena_nothing_is_counted_or_watched() {
    let code = [0x6001, 0xBF00, 0xBF00, 0xBF00]; // str r1, [r0]
    let mut board = at_start(&code);
    write(&mut board, 0xE000_EDF0, 0xA05F_0003);
    write(&mut board, DWT, 1 | 0x1F << 17);
    write(&mut board, comparator(0, 0), CELL);
    write(&mut board, comparator(0, 8), 6);
    board.machine.set_register(0, CELL);
    write(&mut board, DEMCR, 0);
    let counts = |board: &mut VirtualBoard| [0x04, 0x08, 0x14].map(|at| read(board, DWT + at));
    let run = |board: &mut VirtualBoard| {
        board.machine.set_register(register::PC, CODE);
        write(board, 0xE000_EDF0, 0xA05F_0001);
        assert_eq!(board.machine.run(1000), Ended::Halted);
        board.machine.pc()
    };
    assert_eq!(run(&mut board), CODE + 8, "the end");
    assert_eq!(counts(&mut board), [0; 3]);
    write(&mut board, DEMCR, 1 << 24);
    assert_eq!(run(&mut board), CODE + 2, "behind the store");
    let counted = counts(&mut board);
    assert_ne!(counted[0], 0);
    // They keep what they had, and go on from there.
    write(&mut board, DEMCR, 0);
    assert_eq!(run(&mut board), CODE + 8);
    assert_eq!(counts(&mut board), counted);
}
