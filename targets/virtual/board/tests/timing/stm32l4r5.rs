//! The memories of the STM32L4R5 in the cycle model, each rule shown by a few instructions and their
//! exact cycles, read from DWT CYCCNT. r0 points to data in SRAM1, r1 to data in SRAM3, r2 to the
//! start of a line of flash, r7 to CYCCNT; r4, r5 and r8 are free.

use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{Ended, Machine};

const FLASH_CODE: u32 = 0x0800_1000;
const RAM_CODE: u32 = 0x2000_0400;
const SRAM1_DATA: u32 = 0x2000_4000;
const SRAM3_DATA: u32 = 0x2004_0000;
const TABLE: u32 = 0x0801_0000;
const DEMCR: u32 = 0xE000_EDFC;
const DWT_CTRL: u32 = 0xE000_1000;
const CYCCNT: u32 = 0xE000_1004;
const FLASH_ACR: u32 = 0x4002_2000;
const NOP: u16 = 0xBF00;
/// Narrow instructions before the measurement, which fill the prefetch unit: four flash reads.
const LEAD_IN: usize = 14;
/// Between the two reads of CYCCNT without anything between them: a load, and a NOP on each side.
const OVERHEAD: u32 = 4;

/// FLASH_ACR: 5 wait states, with prefetch, instruction and data cache.
const ALL_ON: u32 = 0x705;
const NO_PREFETCH: u32 = 0x605;
const NO_DATA_CACHE: u32 = 0x305;
const TWO_WAIT_STATES: u32 = 0x702;

/// Cycles of `code` at an address, with r4 as given.
struct Bench {
    at: u32,
    acr: u32,
    dual_bank: bool,
    r4: u32,
}

const RAM: Bench = Bench {
    at: RAM_CODE,
    acr: ALL_ON,
    dual_bank: true,
    r4: 0,
};

impl Bench {
    fn cycles(&self, code: &[u16]) -> u32 {
        let mut machine = Machine::new("stm32l4r5").unwrap();
        let mut halves = vec![NOP; LEAD_IN];
        halves.extend([0x683E, NOP]); // ldr r6, [r7]; nop
        halves.extend(code);
        halves.extend([NOP, 0x683D, 0xE7FE]); // nop; ldr r5, [r7]; b .
        let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        machine.write_bytes(self.at, &bytes).unwrap();
        machine.write_bytes(TABLE, &[0; 1024]).unwrap();
        let vectors = [0x2003_0000_u32, self.at | 1];
        let vectors: Vec<u8> = vectors.iter().flat_map(|word| word.to_le_bytes()).collect();
        machine.write_bytes(0x0800_0000, &vectors).unwrap();
        machine.set_dual_bank(self.dual_bank);
        machine.reset();
        for (address, value) in [(DEMCR, 1 << 24), (DWT_CTRL, 1), (FLASH_ACR, self.acr)] {
            machine
                .debug_write(address, AccessSize::Word, value)
                .unwrap();
        }
        let registers = [
            (0, SRAM1_DATA),
            (1, SRAM3_DATA),
            (2, TABLE),
            (4, self.r4),
            (7, CYCCNT),
            (15, self.at),
        ];
        for (register, value) in registers {
            machine.set_register(register, value);
        }
        assert_eq!(machine.run(200_000), Ended::Budget);
        let end = self.at + 2 * (halves.len() - 1) as u32;
        assert_eq!(machine.pc(), end, "the program came to its end");
        machine.register(5) - machine.register(6) - OVERHEAD
    }
}

/// Loads of one word each from these offsets of the table, with a NOP between them.
fn table_loads(offsets: &[u16]) -> Vec<u16> {
    offsets
        .iter()
        .flat_map(|&offset| [0xF8D2, 0x8000 | offset, NOP]) // ldr.w r8, [r2, #offset]; nop
        .collect()
}

#[test]
fn a_read_of_flash_waits_once_a_sector_as_long_as_the_register_says() {
    let code = table_loads(&[0, 4, 8, 12]);
    assert_eq!(RAM.cycles(&code), 4 * 3 + 2 * 5);
    let acr = TWO_WAIT_STATES;
    assert_eq!(Bench { acr, ..RAM }.cycles(&code), 4 * 3 + 2 * 2);
    // A single bank is read 16 bytes at a time.
    let dual_bank = false;
    assert_eq!(Bench { dual_bank, ..RAM }.cycles(&code), 4 * 3 + 5);
}

#[test]
fn what_was_read_is_in_the_data_cache_while_that_is_on() {
    let code = table_loads(&[0, 64, 0, 64]);
    assert_eq!(RAM.cycles(&code), 4 * 3 + 2 * 5);
    let acr = NO_DATA_CACHE;
    assert_eq!(Bench { acr, ..RAM }.cycles(&code), 4 * 3 + 4 * 5);
}

#[test]
fn the_data_cache_holds_eight_lines_of_four_sectors() {
    let twice = |lines: u16| {
        let offsets: Vec<u16> = (0..lines).chain(0..lines).map(|line| 32 * line).collect();
        RAM.cycles(&table_loads(&offsets))
    };
    assert_eq!(twice(8), 16 * 3 + 8 * 5);
    // The line filled first goes first, so that each read misses.
    assert_eq!(twice(9), 18 * 3 + 18 * 5);
    // A miss fills one sector, not the line.
    assert_eq!(RAM.cycles(&table_loads(&[0, 8, 16, 24])), 4 * 3 + 4 * 5);
}

#[test]
fn sram3_is_another_memory_than_sram1_and_granted_once_for_accesses_in_a_row() {
    let cycles = |code: &[u16]| RAM.cycles(code);
    assert_eq!(cycles(&[0x6804]), 2); // ldr r4, [r0]
    assert_eq!(cycles(&[0x680C]), 3); // ldr r4, [r1]
    assert_eq!(cycles(&[0x600C]), 1); // str r4, [r1]
    // ldr r4, [r0]; ldr r5, [r0, #4], and the second from SRAM3.
    assert_eq!(cycles(&[0x6804, 0x6845]), 3);
    assert_eq!(cycles(&[0x6804, 0x684D]), 3 + 1 + 1);
    // ldr r4, [r1]; ldr r5, [r1, #4]; ldr r4, [r1, #8]: one grant.
    assert_eq!(cycles(&[0x680C, 0x684D]), 3 + 1);
    assert_eq!(cycles(&[0x680C, 0x684D, 0x688C]), 4 + 1);
    // With movs r3, #1 between them: two.
    assert_eq!(cycles(&[0x680C, 0x2301, 0x684D]), 5 + 2);
    // ldm r0, {r4, r5}, and from SRAM3.
    assert_eq!(cycles(&[0xE890, 0x0030]), 3);
    assert_eq!(cycles(&[0xE891, 0x0030]), 3 + 1);
}

#[test]
fn a_load_two_instructions_behind_a_store_finds_sram3_granted() {
    let cycles = |code: &[u16]| RAM.cycles(code);
    // str r4, [r1]; ldr r5, [r1, #4]
    assert_eq!(cycles(&[0x600C, 0x684D]), 1 + 3 + 1);
    // With one movs r3, #1 between them, and with two.
    assert_eq!(cycles(&[0x600C, 0x2301, 0x684D]), 1 + 1 + 2);
    assert_eq!(cycles(&[0x600C, 0x2301, 0x2301, 0x684D]), 1 + 2 + 2 + 1);
}

/// A loop of so many bytes that begins at a line, run r4 times.
fn looped(bytes: usize, back: &[u16]) -> Vec<u16> {
    let mut code = vec![NOP; bytes / 2 - 1 - back.len()];
    code.push(0x3C01); // subs r4, #1
    code.extend(back);
    code
}

#[test]
fn a_loop_in_flash_misses_once() {
    let code = looped(128, &[0xD1BF]); // bne #-130
    let passes = |r4| {
        Bench {
            at: FLASH_CODE,
            r4,
            ..RAM
        }
        .cycles(&code)
    };
    assert_eq!(passes(3) - passes(2), 64 + 1);
    assert_eq!(passes(4) - passes(3), 64 + 1);
    assert!(passes(1) > 64, "the first pass misses");
}

#[test]
fn code_beyond_the_instruction_cache_comes_as_fast_as_the_flash_reads_on() {
    // 2 KB of 16-bit instructions: four in a sector, which takes six cycles to read.
    let code = looped(2048, &[0xF47F, 0xAC00]); // bne.w #-2048
    let pass = |acr| {
        let passes = |r4| {
            Bench {
                at: FLASH_CODE,
                acr,
                r4,
                ..RAM
            }
            .cycles(&code)
        };
        passes(4) - passes(3)
    };
    let sectors = 2048 / 8;
    let with = pass(ALL_ON);
    assert!(
        with.abs_diff(sectors * 6) < sectors / 10,
        "{with} cycles for {sectors} sectors"
    );
    // Without prefetch each waits its 5 cycles beside its instructions.
    let without = pass(NO_PREFETCH);
    assert!(
        without.abs_diff(sectors * (4 + 5)) < sectors / 10,
        "{without} cycles for {sectors} sectors"
    );
}
