//! The flash of the STM32G0B1 in the cycle model: a few instructions from flash and their exact cycles, read
//! from SysTick. r0 points to data in RAM, r2 to data in flash, r7 to SYST_CVR; r4 is free.

use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{Ended, Machine};

const CODE: u32 = 0x0800_1000;
const DATA: u32 = 0x2000_4000;
const TABLE: u32 = 0x0801_0000;
const SYST_CSR: u32 = 0xE000_E010;
const SYST_RVR: u32 = 0xE000_E014;
const SYST_CVR: u32 = 0xE000_E018;
const FLASH_ACR: u32 = 0x4002_2000;
const NOP: u16 = 0xBF00;
/// Narrow instructions before the measurement: four flash reads.
const LEAD_IN: usize = 14;

/// FLASH_ACR: 2 wait states, with prefetch and instruction cache, and without either.
const ALL_ON: u32 = 0x0004_0702;
const NO_CACHE: u32 = 0x0004_0502;
const NO_PREFETCH: u32 = 0x0004_0602;
const NO_WAIT_STATES: u32 = 0x0004_0700;

/// Cycles of `code`, which begins at the third instruction of a flash read, between two reads of SysTick.
fn counted(acr: u32, code: &[u16]) -> u32 {
    let mut machine = Machine::new("stm32g0b1").unwrap();
    let mut halves = vec![NOP; LEAD_IN];
    halves.extend([0x683E, NOP]); // ldr r6, [r7]; nop
    halves.extend([NOP, NOP]);
    halves.extend(code);
    halves.extend([NOP, 0x683D, 0xE7FE]); // nop; ldr r5, [r7]; b .
    let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    machine.write_bytes(CODE, &bytes).unwrap();
    machine.write_bytes(TABLE, &[0; 1024]).unwrap();
    let vectors = [0x2002_4000_u32, CODE | 1];
    let vectors: Vec<u8> = vectors.iter().flat_map(|word| word.to_le_bytes()).collect();
    machine.write_bytes(0x0800_0000, &vectors).unwrap();
    machine.reset();
    let registers = [
        (FLASH_ACR, acr),
        (SYST_RVR, 0x00FF_FFFF),
        (SYST_CVR, 0),
        (SYST_CSR, 5),
    ];
    for (address, value) in registers {
        machine
            .debug_write(address, AccessSize::Word, value)
            .unwrap();
    }
    for (register, value) in [(0, DATA), (2, TABLE), (7, SYST_CVR), (15, CODE)] {
        machine.set_register(register, value);
    }
    assert_eq!(machine.run(20_000), Ended::Budget);
    let end = CODE + 2 * (halves.len() - 1) as u32;
    assert_eq!(machine.pc(), end, "the program came to its end");
    machine.register(6) - machine.register(5)
}

/// What `code` takes more than nothing.
fn cycles(acr: u32, code: &[u16]) -> u32 {
    counted(acr, code) - counted(acr, &[])
}

#[test]
fn straight_code_is_read_ahead_of_the_core() {
    assert_eq!(cycles(ALL_ON, &[NOP; 64]), 64);
    assert_eq!(cycles(NO_WAIT_STATES, &[NOP; 64]), 64);
    // Each flash read of four instructions waits.
    assert_eq!(cycles(NO_PREFETCH, &[NOP; 64]), 64 + 16 * 2);
}

#[test]
fn a_jump_waits_unless_its_target_is_in_the_cache() {
    // To the start of a flash read: b +28.
    let start = [&[0xE00C][..], &[NOP; 15]].concat();
    let taken = 2 + 2;
    assert_eq!(cycles(NO_WAIT_STATES, &start), taken);
    assert_eq!(cycles(ALL_ON, &start), taken + 2);
    // To the last instruction of one, behind which the next is wanted at once: b +26.
    let end = [&[0xE00B][..], &[NOP; 15]].concat();
    assert_eq!(cycles(NO_WAIT_STATES, &end), taken + 1);
    assert_eq!(cycles(ALL_ON, &end), taken + 1 + 2 * 2);
    // movs r4, #20; nop; subs r4, #1; bne: the passes behind the first are in the cache.
    let wait_states = |acr| {
        let passes = |count: u16| counted(acr, &[0x2400 | count, NOP, 0x3C01, 0xD1FD]);
        passes(40) - passes(20)
    };
    assert_eq!(wait_states(NO_WAIT_STATES), 20 * 3);
    assert_eq!(wait_states(ALL_ON), 20 * 3);
}

#[test]
fn a_loop_longer_than_two_flash_reads_and_the_cache_waits_in_every_pass() {
    let passes = |acr, count: u16| {
        let body = [NOP; 24];
        // movs r4, #count; nop; the body; subs r4, #1; bne to the body.
        let code = [&[0x2400 | count, NOP][..], &body, &[0x3C01, 0xD1E5]].concat();
        counted(acr, &code)
    };
    let twenty = |acr| passes(acr, 40) - passes(acr, 20);
    assert_eq!(twenty(NO_WAIT_STATES), 20 * (24 + 1 + 2));
    // Behind what comes from the cache nothing is read ahead, so that two reads of most passes wait.
    assert_eq!(twenty(ALL_ON), 20 * (24 + 1 + 2) + 71);
    // Without the cache the target alone waits, for a cycle until what is read ahead behind the loop is there.
    assert_eq!(twenty(NO_CACHE), 20 * (24 + 1 + 2 + 2 + 1));
}

#[test]
fn data_waits_for_the_flash_and_for_words_asked_for_before() {
    // ldr r4, [r2, #offset], each with seven instructions behind it.
    let far_apart = |offset: u16| [&[0x6814 | offset << 6][..], &[NOP; 7]].concat();
    let code = [far_apart(0), far_apart(1), far_apart(8)].concat();
    assert_eq!(cycles(NO_WAIT_STATES, &code), 3 * 9);
    let waits = |code: &[u16]| cycles(ALL_ON, code) - cycles(NO_WAIT_STATES, code);
    assert_eq!(waits(&code), 3 * 2);
    // b +28 to the start of a flash read, where a load comes first: it doesn't wait for what is read ahead.
    let behind_a_jump = [&[0xE00C][..], &[NOP; 13], &far_apart(0)].concat();
    assert_eq!(waits(&behind_a_jump), 2 + 2);
    // b +26 to the last instruction of one, where the load comes behind the next word.
    let at_the_end = [&[0xE00B][..], &[NOP; 12], &far_apart(0)].concat();
    assert_eq!(waits(&at_the_end), 2 + 2 + 2);
    // Data in RAM doesn't.
    let of_ram = [&[0x6804][..], &[NOP; 7]].concat();
    assert_eq!(cycles(ALL_ON, &of_ram), 9);
}
