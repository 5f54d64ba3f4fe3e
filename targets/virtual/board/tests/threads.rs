//! Several boards at once in one process: each is a value of its own, so what one does can't reach
//! another.

use std::thread;

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Ended, Machine, Timing};

const BOARDS: u32 = 8;
const CODE: u32 = 0x2000_0400;
const DATA: u32 = 0x2000_4000;
const DHCSR: u32 = 0xE000_EDF0;
const XPSR: u32 = 16;
/// Words that the program writes.
const WORDS: u32 = 256;

/// Fills a table from a linear congruential generator, with a division and a call a word.
#[rustfmt::skip]
const PROGRAM: &[u16] = &[
    0xF44F, 0x7480, // mov r4, #256
    0x4605,         // mov r5, r0
    0xF000, 0xF805, // bl #10
    0xF845, 0x0B04, // str r0, [r5], #4
    0x3C01,         // subs r4, #1
    0xD1F9,         // bne #-14
    0xBE00,         // bkpt #0
    0x4351,         // muls r1, r2
    0x3107,         // adds r1, #7
    0xFBB1, 0xF0F3, // udiv r0, r1, r3
    0x4770,         // bx lr
];

/// What a run leaves behind.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    cycles: u64,
    instructions: u64,
    registers: Vec<u32>,
    table: Vec<u8>,
}

/// Runs code in the RAM of a new machine, with some registers set, to its BKPT.
fn run_to_breakpoint(code: &[u16], registers: &[(u32, u32)], timing: Timing) -> Machine {
    let mut machine = Machine::new("nrf52840").expect("there is such a chip");
    let control = |machine: &mut Machine, bits: u32| {
        machine
            .debug_write(DHCSR, AccessSize::Word, 0xA05F_0000 | bits)
            .expect("DHCSR can be written");
    };
    machine.set_timing(timing);
    control(&mut machine, 0b0011);
    let code: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
    machine.write_memory(CODE, &code).expect("it is RAM");
    machine.set_register(15, CODE);
    for &(register, value) in registers {
        machine.set_register(register, value);
    }
    control(&mut machine, 0b0001);
    assert_eq!(machine.run(1_000_000), Ended::Halted);
    machine
}

/// A new machine runs the program with its own seed.
fn run(seed: u32, timing: Timing) -> Outcome {
    let registers = [
        (0, DATA),
        (1, seed),
        (2, 1_664_525),
        (3, 3 + seed),
        (13, DATA),
        (XPSR, 1 << 24),
    ];
    let machine = run_to_breakpoint(PROGRAM, &registers, timing);
    let mut table = vec![0; 4 * WORDS as usize];
    machine.read_memory(DATA, &mut table).expect("it is RAM");
    Outcome {
        cycles: machine.cycles(),
        instructions: machine.instructions(),
        registers: (0..=XPSR)
            .map(|register| machine.register(register))
            .collect(),
        table,
    }
}

/// Blocks as long as they get, of conditional loads from a peripheral: each op takes the long way, and
/// without optimisation each has a frame on the stack until the block ends.
#[test]
fn the_longest_block_fits_half_a_threads_stack() {
    const TIMER_CC0: u32 = 0x4000_8540;
    /// Half of what a thread gets by default.
    const STACK: usize = 1024 * 1024;
    // itttt eq; 4 × ldreq r0, [r1]
    let group = [0xBF01, 0x6808, 0x6808, 0x6808, 0x6808];
    let code: Vec<u16> = group.repeat(20).into_iter().chain([0xBE00]).collect();
    // Z is set.
    let registers = [(1, TIMER_CC0), (XPSR, 0x4100_0000)];
    let run = move || run_to_breakpoint(&code, &registers, Timing::Full).instructions();
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    let ran = thread.expect("a thread").join();
    assert_eq!(ran.expect("the stack was enough"), 100);
}

#[test]
fn eight_boards_on_threads_do_what_each_does_alone() {
    for timing in [Timing::Full, Timing::InstructionsOnly] {
        let alone: Vec<Outcome> = (0..BOARDS).map(|seed| run(seed, timing)).collect();
        let together: Vec<Outcome> = thread::scope(|scope| {
            let boards: Vec<_> = (0..BOARDS)
                .map(|seed| scope.spawn(move || run(seed, timing)))
                .collect();
            boards
                .into_iter()
                .map(|board| board.join().expect("the board ran"))
                .collect()
        });
        assert_eq!(together, alone);
        assert!(alone[0].instructions > 8 * u64::from(WORDS));
        assert_ne!(alone[0].table, alone[1].table, "each has its own seed");
    }
}
