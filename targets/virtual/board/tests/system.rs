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
    write(&mut board, 0xE000_EDFC, 1 << 24);
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
