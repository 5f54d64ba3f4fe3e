//! The rules of the cycle model, each shown by a few instructions and their exact cycles.
//!
//! The program under test reads DWT CYCCNT before and after the instructions, as it would on a
//! board. Unless a test says otherwise it runs from RAM, which has no wait states, with these
//! registers: r0 and r1 point to RAM data, r2 to flash data, r3 is 4, r7 is the address of CYCCNT;
//! r4, r8 to r12 and all floating-point registers are free.

#[path = "../support/nrf52840.rs"]
#[allow(
    dead_code,
    reason = "these tests start their programs in their own way"
)]
mod support;

use support::{RAM, blank, program, write};
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::timing::rules;

/// Where the code lies in RAM, and in flash: at the start of a sector.
const RAM_CODE: u32 = RAM + 0x400;
const FLASH_CODE: u32 = 0x400;
/// RAM data and flash data.
const DATA: u32 = RAM + 0x4000;
const TABLE: u32 = 0x8000;
/// Handlers, in RAM.
const SUPERVISOR: u32 = RAM + 0x200;
const PENDABLE: u32 = RAM + 0x280;

/// Narrow instructions before the measurement, which fill the prefetch unit.
const LEAD_IN: usize = 8;
/// Half-words from the start of the program to the instructions under test.
const BODY: usize = LEAD_IN + 2;
const NOP: u16 = 0xBF00;
/// Cycles between the two reads of CYCCNT without anything in between: a load, and a NOP on each
/// side that keeps loads under test from overlapping with it.
const OVERHEAD: u32 = rules::LOAD + 2;

const DEMCR: u32 = 0xE000_EDFC;
const DWT_CTRL: u32 = 0xE000_1000;
const CYCCNT: u32 = 0xE000_1004;
const CPACR: u32 = 0xE000_ED88;
const ICACHECNF: u32 = 0x4001_E540;

/// Code under test and where it runs.
struct Bench<'a> {
    code: &'a [u16],
    at: u32,
    cache: bool,
    /// Registers beside the usual ones.
    registers: &'a [(u32, u32)],
    word: u32,
    supervisor: &'a [u16],
    pendable: &'a [u16],
}

impl<'a> Bench<'a> {
    fn ram(code: &'a [u16]) -> Self {
        Self {
            code,
            at: RAM_CODE,
            cache: false,
            registers: &[],
            word: 0,
            supervisor: &[],
            pendable: &[],
        }
    }

    fn flash(code: &'a [u16], cache: bool) -> Self {
        Self {
            at: FLASH_CODE,
            cache,
            ..Self::ram(code)
        }
    }

    fn with(self, registers: &'a [(u32, u32)]) -> Self {
        Self { registers, ..self }
    }

    fn handlers(self, supervisor: &'a [u16], pendable: &'a [u16]) -> Self {
        Self {
            supervisor,
            pendable,
            ..self
        }
    }

    /// With `word` at r0 + 8.
    fn word(self, word: u32) -> Self {
        Self { word, ..self }
    }

    /// Runs the program to its end, a branch to itself.
    fn run(&self) -> VirtualBoard {
        let mut halves = vec![NOP; LEAD_IN];
        halves.extend([0x683E, NOP]); // ldr r6, [r7]; nop
        halves.extend(self.code);
        halves.extend([NOP, 0x683D, 0xE7FE]); // nop; ldr r5, [r7]; b .
        let mut board = blank();
        let mut vectors = vec![self.at | 1; 16];
        vectors[0] = RAM + 0x4_0000;
        vectors[11] = SUPERVISOR | 1;
        vectors[14] = PENDABLE | 1;
        program(&mut board, 0, &vectors);
        program(&mut board, TABLE, &[0; 64]);
        if self.at == FLASH_CODE {
            halves.resize(halves.len().next_multiple_of(2), NOP);
            let words: Vec<u32> = halves
                .chunks_exact(2)
                .map(|pair| u32::from(pair[0]) | u32::from(pair[1]) << 16)
                .collect();
            program(&mut board, self.at, &words);
        } else {
            put(&mut board, self.at, &halves);
        }
        put(&mut board, SUPERVISOR, self.supervisor);
        put(&mut board, PENDABLE, self.pendable);
        // r0 points to its own address.
        board
            .machine
            .write_memory(DATA, &DATA.to_le_bytes())
            .unwrap();
        board
            .machine
            .write_memory(DATA + 8, &self.word.to_le_bytes())
            .unwrap();
        board.machine.reset();
        write(&mut board, DEMCR, 1 << 24);
        write(&mut board, DWT_CTRL, 1);
        write(&mut board, CPACR, 0xF << 20);
        write(&mut board, ICACHECNF, u32::from(self.cache));
        board.machine.reset();
        write(&mut board, CPACR, 0xF << 20);
        write(&mut board, ICACHECNF, u32::from(self.cache));
        let usual = [
            (0, DATA),
            (1, DATA + 0x100),
            (2, TABLE),
            (3, 4),
            (7, CYCCNT),
        ];
        for &(register, value) in usual.iter().chain(self.registers) {
            board.machine.set_register(register, value);
        }
        board.machine.set_register(15, self.at);
        board.machine.run(100_000);
        let end = self.at + 2 * (BODY + self.code.len() + 2) as u32;
        assert_eq!(board.machine.pc(), end, "the program came to its end");
        board
    }

    /// Cycles of the code under test.
    fn cycles(&self) -> u32 {
        let board = self.run();
        board.machine.register(5) - board.machine.register(6) - OVERHEAD
    }
}

fn put(board: &mut VirtualBoard, address: u32, halves: &[u16]) {
    let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    board.machine.write_memory(address, &bytes).unwrap();
}

/// Cycles of code in RAM.
fn cycles(code: &[u16]) -> u32 {
    Bench::ram(code).cycles()
}

#[test]
fn data_processing_and_multiplies_take_one_cycle() {
    assert_eq!(cycles(&[]), 0);
    assert_eq!(
        cycles(&[
            0x3401, // adds r4, #1
            0x435C, // muls r4, r3, r4
            0x405C, // eors r4, r3
            0x00E4, // lsls r4, r4, #3
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xFBC3, 0x4803, // smlal r4, r8, r3, r3
            0xFB23, 0x4403, // smlad r4, r3, r3, r4
            0xF3C4, 0x09C4, // ubfx r9, r4, #3, #5
        ]),
        3
    );
}

#[test]
fn loads_in_a_row_overlap() {
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x6844, // ldr r4, [r0, #4]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x8884, // ldrh r4, [r0, #4]
            0x5CC4, // ldrb r4, [r0, r3]
            0x680C, // ldr r4, [r1]
        ]),
        5
    );
    // With an instruction in between there is nothing to overlap with.
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x2400, // movs r4, #0
            0x6844, // ldr r4, [r0, #4]
            0x2400, // movs r4, #0
        ]),
        6
    );
}

#[test]
fn loads_with_write_back_to_one_base_overlap() {
    let one = &[
        0xF850, 0x4B04, // ldr r4, [r0], #4
        0xF850, 0x4B04, // ldr r4, [r0], #4
        0xF850, 0x4F04, // ldr r4, [r0, #4]!
    ];
    assert_eq!(cycles(one), 4);
    let two = &[
        0xF850, 0x4B04, // ldr r4, [r0], #4
        0xF851, 0x4B04, // ldr r4, [r1], #4
        0xF850, 0x4F04, // ldr r4, [r0, #4]!
    ];
    assert_eq!(cycles(two), 4);
}

#[test]
fn a_late_address_costs_a_cycle_and_the_overlap() {
    // From an ALU instruction.
    assert_eq!(
        cycles(&[
            0x3004, // adds r0, #4
            0x6804, // ldr r4, [r0]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0x3104, // adds r1, #4
            0x6804, // ldr r4, [r0]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0x3004, // adds r0, #4
            0x2400, // movs r4, #0
            0x6804, // ldr r4, [r0]
        ]),
        4
    );
    // An offset register is part of the address.
    assert_eq!(
        cycles(&[
            0x2304, // movs r3, #4
            0x58C4, // ldr r4, [r0, r3]
        ]),
        4
    );
    // From a load.
    assert_eq!(
        cycles(&[
            0x6800, // ldr r0, [r0]
            0x6804, // ldr r4, [r0]
        ]),
        5
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x6800, // ldr r0, [r0]
        ]),
        3
    );
    // The data of a store isn't late.
    assert_eq!(
        cycles(&[
            0x3404, // adds r4, #4
            0x6084, // str r4, [r0, #8]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x3004, // adds r0, #4
            0x6084, // str r4, [r0, #8]
        ]),
        3
    );
}

#[test]
fn a_store_takes_one_cycle_and_hides_behind_a_load() {
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
        ]),
        1
    );
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0x8184, // strh r4, [r0, #12]
            0x7404, // strb r4, [r0, #16]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xF840, 0x4B04, // str r4, [r0], #4
            0xF840, 0x4F04, // str r4, [r0, #4]!
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x6084, // str r4, [r0, #8]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x2400, // movs r4, #0
            0x6084, // str r4, [r0, #8]
        ]),
        4
    );
}

#[test]
fn a_store_with_a_register_offset_takes_two_cycles() {
    assert_eq!(
        cycles(&[
            0x50C4, // str r4, [r0, r3]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x50C4, // str r4, [r0, r3]
            0x54C4, // strb r4, [r0, r3]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x50C4, // str r4, [r0, r3]
        ]),
        4
    );
}

#[test]
fn a_load_behind_a_store_takes_one_more_cycle() {
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0x680C, // ldr r4, [r1]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0x2400, // movs r4, #0
            0x680C, // ldr r4, [r1]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0xE890, 0x0300, // ldm r0, {r8, r9}
        ]),
        5
    );
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0xE9D0, 0x8900, // ldrd r8, r9, [r0]
        ]),
        5
    );
    // A multiple store isn't held up.
    assert_eq!(
        cycles(&[
            0x6084, // str r4, [r0, #8]
            0xE881, 0x0300, // stm r1, {r8, r9}
        ]),
        4
    );
}

#[test]
fn multiple_transfers_take_a_cycle_a_word_and_one() {
    assert_eq!(
        cycles(&[
            0xE890, 0x0300, // ldm r0, {r8, r9}
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xE890, 0x1F00, // ldm r0, {r8, r9, r10, r11, r12}
        ]),
        6
    );
    assert_eq!(
        cycles(&[
            0xE880, 0x1F00, // stm r0, {r8, r9, r10, r11, r12}
        ]),
        6
    );
    assert_eq!(
        cycles(&[
            0xB407, // push {r0, r1, r2}
            0xBC07, // pop {r0, r1, r2}
        ]),
        8
    );
    assert_eq!(
        cycles(&[
            0xE9D0, 0x8900, // ldrd r8, r9, [r0]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xE9C0, 0x8900, // strd r8, r9, [r0]
        ]),
        3
    );
    // They don't overlap with a load.
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0xE9D0, 0x8900, // ldrd r8, r9, [r0]
            0x6804, // ldr r4, [r0]
        ]),
        7
    );
    assert_eq!(
        cycles(&[
            0xE850, 0x4F00, // ldrex r4, [r0]
            0xE840, 0x4800, // strex r8, r4, [r0]
        ]),
        4
    );
}

#[test]
fn unaligned_data_takes_one_or_two_more_cycles() {
    assert_eq!(
        cycles(&[
            0x8844, // ldrh r4, [r0, #2]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xF8B0, 0x4001, // ldrh r4, [r0, #1]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xF8D0, 0x4002, // ldr r4, [r0, #2]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xF8D0, 0x4001, // ldr r4, [r0, #1]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xF8D0, 0x4003, // ldr r4, [r0, #3]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xF8C0, 0x4002, // str r4, [r0, #2]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xF8C0, 0x4001, // str r4, [r0, #1]
        ]),
        3
    );
}

#[test]
fn a_load_of_another_memory_loses_the_overlap() {
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x680C, // ldr r4, [r1]
        ]),
        3
    );
    // The flash reads of one sector: the wait states are paid once.
    let waits = 2;
    assert_eq!(
        cycles(&[
            0x6814, // ldr r4, [r2]
            0x6854, // ldr r4, [r2, #4]
        ]),
        3 + waits
    );
    assert_eq!(
        cycles(&[
            0x6814, // ldr r4, [r2]
            0x6804, // ldr r4, [r0]
        ]),
        4 + waits
    );
    assert_eq!(
        cycles(&[
            0x6804, // ldr r4, [r0]
            0x6814, // ldr r4, [r2]
            0x6804, // ldr r4, [r0]
        ]),
        6 + waits
    );
    // A store doesn't hide behind a load of another memory.
    assert_eq!(
        cycles(&[
            0x6814, // ldr r4, [r2]
            0x6084, // str r4, [r0, #8]
        ]),
        3 + waits
    );
}

#[test]
fn data_reads_of_flash_wait_once_a_sector() {
    let sectors = &[
        0x6814, // ldr r4, [r2]
        0x6914, // ldr r4, [r2, #16]
        0x69D4, // ldr r4, [r2, #28]
        0x6A14, // ldr r4, [r2, #32]
    ];
    assert_eq!(cycles(sectors), 5 + 3 * 2);
    let one = &[
        0x6814, // ldr r4, [r2]
        0x6854, // ldr r4, [r2, #4]
        0x6894, // ldr r4, [r2, #8]
        0x68D4, // ldr r4, [r2, #12]
    ];
    assert_eq!(cycles(one), 5 + 2);
    // The cache is for instructions only.
    let cached = Bench {
        cache: true,
        ..Bench::ram(sectors)
    };
    assert_eq!(cached.cycles(), 5 + 3 * 2);
}

#[test]
fn divides_end_early() {
    let divide = |dividend, divisor| {
        Bench::ram(&[
            0xFBB8, 0xF4F9, // udiv r4, r8, r9
        ])
        .with(&[(8, dividend), (9, divisor)])
        .cycles()
    };
    assert_eq!(divide(3, 5), 2);
    assert_eq!(divide(1, 0), 2);
    assert_eq!(divide(5, 5), 4);
    assert_eq!(divide(0x10, 1), 5);
    assert_eq!(divide(0xFFFF, 1), 8);
    assert_eq!(divide(u32::MAX, 1), 12);
    let signed = Bench::ram(&[
        0xFB98, 0xF4F9, // sdiv r4, r8, r9
    ]);
    assert_eq!(signed.with(&[(8, -16_i32 as u32), (9, 1)]).cycles(), 5);
}

#[test]
fn a_taken_branch_refills_in_one_cycle() {
    // The targets: 16 bits at a word; 16 bits in the middle of one; 32 bits at a word.
    assert_eq!(
        cycles(&[
            0xE000, // b #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xBF00, // nop
            0xE000, // b #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xE000, // b #0
            0xBF00, // nop
            0xF104, 0x0401, // add.w r4, r4, #1
        ]),
        3
    );
    // Not taken.
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xD100, // bne #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xD000, // beq #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xB103, // cbz r3, #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xB903, // cbnz r3, #0
            0xBF00, // nop
            0xBF00, // nop
        ]),
        3
    );
}

#[test]
fn a_branch_to_a_misaligned_wide_instruction_takes_one_more() {
    assert_eq!(
        cycles(&[
            0xE000, // b #0
            0xBF00, // nop
            0xF104, 0x0401, // add.w r4, r4, #1
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xBF00, // nop
            0xE000, // b #0
            0xBF00, // nop
            0xF104, 0x0401, // add.w r4, r4, #1
        ]),
        5
    );
}

#[test]
fn a_late_target_refills_in_two_cycles() {
    let target = RAM_CODE + 2 * (BODY as u32 + 2) + 1;
    let bx = Bench::ram(&[
        0x4740, // bx r8
        0xBF00, // nop
        0xBF00, // nop
    ]);
    assert_eq!(bx.with(&[(8, target)]).cycles(), 4);
    let mov = Bench::ram(&[
        0x46C7, // mov pc, r8
        0xBF00, // nop
        0xBF00, // nop
    ]);
    assert_eq!(mov.with(&[(8, target)]).cycles(), 4);
    // A call and its return.
    let call = Bench::ram(&[
        0xF000, 0xF802, // bl #4
        0xBF00, // nop
        0xE001, // b #2
        0xBF00, // nop
        0x4770, // bx lr
        0xBF00, // nop
    ]);
    // bl, nop, bx, nop, b, nop
    assert_eq!(call.cycles(), 2 + 1 + 3 + 1 + 2 + 1);
}

#[test]
fn a_load_to_the_pc_and_a_table_branch_refill_in_two_cycles() {
    let target = RAM_CODE + 2 * (BODY as u32 + 2) + 1;
    let stack = Bench::ram(&[
        0xB410, // push {r4}
        0xBD00, // pop {pc}
        0xBF00, // nop
        0xBF00, // nop
    ]);
    assert_eq!(stack.with(&[(4, target)]).cycles(), 2 + (2 + 2) + 2);
    let load = Bench::ram(&[
        0xF8D1, 0xF000, // ldr pc, [r1]
        0xBF00, // nop
        0xBF00, // nop
    ]);
    assert_eq!(
        load.with(&[(1, DATA + 8)]).word(target).cycles(),
        (2 + 2) + 2
    );
    // The table is what r0 points to; its second byte is 0 half-words.
    let table = &[
        0xE8D0, 0xF003, // tbb [r0, r3]
        0xBF00, // nop
    ];
    assert_eq!(cycles(table), 2 + 2 + 1);
    // The index is part of the address.
    assert_eq!(
        cycles(&[
            0x2404, // movs r4, #4
            0xE8D0, 0xF004, // tbb [r0, r4]
            0xBF00, // nop
        ]),
        1 + 3 + 2 + 1
    );
}

#[test]
fn it_is_folded_behind_a_narrow_instruction() {
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xBF08, // it eq
            0x2401, // moveq r4, #1
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xF1B3, 0x0F04, // cmp.w r3, #4
            0xBF08, // it eq
            0x2401, // moveq r4, #1
        ]),
        3
    );
}

#[test]
fn a_skipped_instruction_takes_one_cycle() {
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xBF18, // it ne
            0x2401, // movne r4, #1
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xBF18, // it ne
            0x6804, // ldrne r4, [r0]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xBF08, // it eq
            0x6804, // ldreq r4, [r0]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0x2B04, // cmp r3, #4
            0xBF18, // it ne
            0xE890, 0x0300, // ldmne r0, {r8, r9}
        ]),
        2
    );
    // A load doesn't overlap with a skipped one.
    let behind = &[
        0xF8D0, 0x8000, // ldr r8, [r0]
        0x2B04, // cmp r3, #4
        0xBF18, // it ne
        0x6804, // ldrne r4, [r0]
        0x6844, // ldr r4, [r0, #4]
    ];
    assert_eq!(cycles(behind), 2 + 1 + 1 + 2);
    let executed = &[
        0xF8D0, 0x8000, // ldr r8, [r0]
        0x2B04, // cmp r3, #4
        0xBF08, // it eq
        0x6804, // ldreq r4, [r0]
        0x6844, // ldr r4, [r0, #4]
    ];
    assert_eq!(cycles(executed), 2 + 1 + 2 + 1);
}

#[test]
fn a_group_of_three_or_more_misaligned_wide_instructions_waits_once() {
    let wide = [0xF104, 0x0401]; // add.w r4, r4, #1
    let misaligned = |count: usize| [vec![NOP], wide.repeat(count)].concat();
    assert_eq!(cycles(&wide.repeat(12)), 12);
    assert_eq!(cycles(&misaligned(2)), 1 + 2);
    // The third waits for a word: the prefetch unit had stopped fetching.
    assert_eq!(cycles(&misaligned(3)), 1 + 3 + 1);
    assert_eq!(cycles(&misaligned(4)), 1 + 4 + 1);
    assert_eq!(cycles(&misaligned(12)), 1 + 12 + 1);
    // While a load takes its second cycle the unit fills up and stops again.
    let load = vec![0xF8D0, 0x8000]; // ldr.w r8, [r0]
    let around = |load: &[u16]| [misaligned(6), load.to_vec(), wide.repeat(6)].concat();
    assert_eq!(cycles(&around(&load)), 1 + 6 + 1 + 2 + 6 + 1);
    assert_eq!(cycles(&around(&wide)), 1 + 6 + 1 + 1 + 6);
}

#[test]
fn a_float_result_used_at_once_takes_one_more_cycle() {
    assert_eq!(
        cycles(&[
            0xEE30, 0x0A81, // vadd.f32 s0, s1, s2
            0xEE62, 0x1A22, // vmul.f32 s3, s4, s5
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xEE30, 0x0A81, // vadd.f32 s0, s1, s2
            0xEE60, 0x1A22, // vmul.f32 s3, s0, s5
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xEE30, 0x0A81, // vadd.f32 s0, s1, s2
            0xBF00, // nop
            0xEE60, 0x1A22, // vmul.f32 s3, s0, s5
        ]),
        3
    );
}

#[test]
fn multiply_accumulate_takes_three_cycles_and_its_addend_is_not_waited_for() {
    assert_eq!(
        cycles(&[
            0xEE00, 0x0A81, // vmla.f32 s0, s1, s2
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xEEA0, 0x0A81, // vfma.f32 s0, s1, s2
            0xEEA0, 0x0A81, // vfma.f32 s0, s1, s2
            0xEEA0, 0x0A81, // vfma.f32 s0, s1, s2
        ]),
        9
    );
    assert_eq!(
        cycles(&[
            0xEEA0, 0x0A81, // vfma.f32 s0, s1, s2
            0xEEE0, 0x1A01, // vfma.f32 s3, s0, s2
        ]),
        7
    );
}

#[test]
fn float_divide_and_square_root_take_fourteen_cycles_which_integer_instructions_overtake() {
    assert_eq!(
        cycles(&[
            0xEE80, 0x0A81, // vdiv.f32 s0, s1, s2
            0xEE72, 0x1A22, // vadd.f32 s3, s4, s5
        ]),
        14 + 1
    );
    assert_eq!(
        cycles(&[
            0xEEB1, 0x0AE0, // vsqrt.f32 s0, s1
            0xEE72, 0x1A22, // vadd.f32 s3, s4, s5
        ]),
        14 + 1
    );
    assert_eq!(
        cycles(&[
            0xEE80, 0x0A81, // vdiv.f32 s0, s1, s2
            0xED80, 0x2A00, // vstr s4, [r0]
        ]),
        14 + 1
    );
    // Ten cycles of integer instructions cost nothing before the next floating-point one.
    let hidden = &[
        0xEE80, 0x0A81, // vdiv.f32 s0, s1, s2
        0x3401, // adds r4, #1
        0x3401, // adds r4, #1
        0xE890, 0x0F00, // ldm r0, {r8, r9, r10, r11}
        0x3401, // adds r4, #1
        0x3401, // adds r4, #1
        0x3401, // adds r4, #1
        0xEE72, 0x1A22, // vadd.f32 s3, s4, s5
    ];
    assert_eq!(cycles(hidden), 14 + 1);
    assert_eq!(
        cycles(&[
            0xEE80, 0x0A81, // vdiv.f32 s0, s1, s2
            0x3401, // adds r4, #1
        ]),
        2
    );
    // The end of a block waits.
    assert_eq!(
        cycles(&[
            0xEE80, 0x0A81, // vdiv.f32 s0, s1, s2
            0xE7FF, // b #-2
            0xBF00, // nop
        ]),
        14 + 1 + 1
    );
}

#[test]
fn float_transfers() {
    assert_eq!(
        cycles(&[
            0xED90, 0x0A00, // vldr s0, [r0]
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xED90, 0x0A00, // vldr s0, [r0]
            0xEDD0, 0x0A01, // vldr s1, [r0, #4]
            0x6804, // ldr r4, [r0]
        ]),
        4
    );
    assert_eq!(
        cycles(&[
            0xED80, 0x0A00, // vstr s0, [r0]
        ]),
        1
    );
    assert_eq!(
        cycles(&[
            0xED90, 0x0B00, // vldr d0, [r0]
        ]),
        3
    );
    assert_eq!(
        cycles(&[
            0xEC90, 0x0A04, // vldmia r0, {s0, s1, s2, s3}
        ]),
        5
    );
    assert_eq!(
        cycles(&[
            0xEE10, 0x4A10, // vmov r4, s0
            0xEE00, 0x4A90, // vmov s1, r4
        ]),
        2
    );
    assert_eq!(
        cycles(&[
            0xEC58, 0x4A10, // vmov r4, r8, s0, s1
        ]),
        2
    );
}

#[test]
fn exception_entry_takes_twelve_and_return_ten() {
    let call = Bench::ram(&[
        0xDF00, // svc #0
    ])
    .handlers(
        &[
            0x683C, // ldr r4, [r7]
            0x4770, // bx lr
        ],
        &[],
    );
    let board = call.run();
    // The first read, its NOP, SVC and the entry are before the handler's read.
    let entry = board.machine.register(4) - board.machine.register(6) - rules::LOAD - 1 - 1;
    assert_eq!(entry, 12);
    // The read, BX, the return and the last NOP are behind it.
    let exit = board.machine.register(5) - board.machine.register(4) - rules::LOAD - 1 - 1;
    assert_eq!(exit, 10);
}

#[test]
fn a_pending_exception_is_chained_in_six() {
    // r8 is the address of ICSR, r9 sets PendSV there; both have the same priority.
    let registers = [(8, 0xE000_ED04), (9, 1 << 28)];
    let first = &[
        0xF8C8, 0x9000, // str.w r9, [r8]
        0xBF00, // nop
        0x683C, // ldr r4, [r7]
        0x4770, // bx lr
    ];
    let second = &[
        0xF8D7, 0xA000, // ldr.w r10, [r7]
        0x4770, // bx lr
    ];
    let chained = Bench::ram(&[
        0xDF00, // svc #0
    ])
    .with(&registers)
    .handlers(first, second)
    .run();
    let chain = chained.machine.register(10) - chained.machine.register(4) - rules::LOAD - 1;
    assert_eq!(chain, 6);
}

#[test]
fn the_float_context_is_stacked_lazily() {
    let handler = &[
        0x4770, // bx lr
    ];
    let float = &[
        0xEE00, 0x4A10, // vmov s0, r4
        0xDF00, // svc #0
    ];
    assert_eq!(
        Bench::ram(float).handlers(handler, &[]).cycles(),
        1 + 1 + 12 + 1 + 10
    );
    // A floating-point instruction in the handler stacks it in 17, and the return unstacks it.
    let user = &[
        0xEE00, 0x4A10, // vmov s0, r4
        0x4770, // bx lr
    ];
    assert_eq!(
        Bench::ram(float).handlers(user, &[]).cycles(),
        1 + 1 + 12 + 17 + 1 + 1 + 27
    );
}

#[test]
fn flash_without_the_cache_makes_fetches_wait() {
    // 16-bit instructions use words at half the speed at which they come.
    assert_eq!(Bench::flash(&[NOP; 64], false).cycles(), 64);
    // 32-bit ones wait at each of their ten sectors of 16 bytes; of the first wait the words in the
    // prefetch unit hide a cycle.
    let wide = &[
        0xF104, 0x0401, // add.w r4, r4, #1
        0xF104, 0x0401, // add.w r4, r4, #1
        0xF104, 0x0401, // add.w r4, r4, #1
        0xF104, 0x0401, // add.w r4, r4, #1
    ];
    let wide = wide.repeat(10);
    assert_eq!(Bench::flash(&wide, true).cycles(), 40);
    assert_eq!(cycles(&wide), 40);
    assert_eq!(Bench::flash(&wide, false).cycles(), 40 + 10 * 2 - 1);
    // A branch waits for its target.
    let branch = &[
        0xE000, // b #0
        0xBF00, // nop
        0xBF00, // nop
        0xBF00, // nop
    ];
    assert_eq!(cycles(branch), 4);
    assert_eq!(Bench::flash(branch, false).cycles(), 4 + 2);
}

/// A loop at the start of a sector of `bytes` bytes that runs r4 times; one pass takes half as
/// many cycles. The branch before it has the misses of its lines counted where it begins.
fn cached_loop(bytes: usize, back: &[u16], passes: u32) -> u32 {
    let mut code = vec![NOP; 5];
    code.extend(&[
        0xE7FF, // b #-2
    ]);
    code.resize(6 + bytes / 2 - 1 - back.len(), NOP);
    code.extend(&[
        0x3C01, // subs r4, #1
    ]);
    code.extend(back);
    Bench::flash(&code, true).with(&[(4, passes)]).cycles()
}

#[test]
fn a_miss_takes_two_cycles_a_line_and_a_hit_none() {
    let rounds = |passes| {
        cached_loop(
            128,
            &[
                0xD1BF, // bne #-130
            ],
            passes,
        )
    };
    // The way in, the pass without a taken branch, the misses of its lines and of the one behind.
    let first = 5 + 2 + 64 + 2 * 8 + 2;
    assert_eq!(
        [rounds(1), rounds(2), rounds(3)],
        [first, first + 65, first + 130]
    );
}

#[test]
fn a_loop_larger_than_the_cache_misses_every_line_in_every_pass() {
    let pass = |bytes, back| cached_loop(bytes, back, 3) - cached_loop(bytes, back, 2);
    assert_eq!(
        pass(
            1024,
            &[
                0xF47F, 0xAE00, // bne.w #-1024
            ]
        ),
        512
    );
    assert_eq!(
        pass(
            2048,
            &[
                0xF47F, 0xAC00, // bne.w #-2048
            ]
        ),
        1024
    );
    assert_eq!(
        pass(
            4096,
            &[
                0xF47F, 0xA800, // bne.w #-4096
            ]
        ),
        2048 + 2 * 4096 / 16
    );
}
