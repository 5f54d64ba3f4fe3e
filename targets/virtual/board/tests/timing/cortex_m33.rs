//! What instructions take on a Cortex-M33 in memory without wait states, by the measurements of jnk0le on an RP2350
//! (jnk0le/random, pipeline cycle test/doc/cortex_m33.md), and what its debug registers are.

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{
    AccessSize, AddressRange, CoreModel, Ended, GenericChip, GenericMemory, Machine,
};

const RAM: u32 = 0x2000_0000;
const CODE: u32 = 0x100;
/// Wide instructions that set no flags before those that are looked at, and behind them.
const MARGIN: [u16; 16] = {
    let mut margin = [0xF109; 16];
    let mut at = 1;
    while at < 16 {
        margin[at] = 0x0901; // add.w r9, r9, #1
        at += 2;
    }
    margin
};

fn machine(code: &[u16]) -> (Machine, u32) {
    let mut machine = Machine::generic(&GenericChip {
        core: CoreModel::CortexM33F,
        flash: AddressRange {
            origin: 0,
            length: 0x2000,
        },
        ram: AddressRange {
            origin: RAM,
            length: 0x4000,
        },
        clock_hz: 160_000_000,
        memory: GenericMemory::default(),
    })
    .unwrap();
    let halves = [&MARGIN[..], code, &MARGIN, &[0xE7FE]].concat();
    let end = CODE + 2 * (halves.len() - 1) as u32;
    let mut words = vec![RAM + 0x800, CODE | 1];
    words.resize(CODE as usize / 4, end | 1);
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
    machine.write_bytes(0, &bytes).unwrap();
    machine.reset();
    // CPACR: the floating-point unit is on.
    machine
        .debug_write(0xE000_ED88, AccessSize::Word, 0xF << 20)
        .unwrap();
    for (number, value) in [(7, RAM + 0x100), (6, 3), (5, 50)] {
        machine.set_register(number, value);
    }
    (machine, end)
}

fn whole(code: &[u16]) -> u64 {
    let (mut machine, end) = machine(code);
    let before = machine.cycles();
    assert_eq!(machine.run_to(end, 100_000).unwrap(), Ended::Reached);
    machine.cycles() - before
}

/// The cycles of `code`.
fn cycles(code: &[u16]) -> u64 {
    whole(code) - whole(&[])
}

fn take(cases: &[(&str, &[u16], u64)]) {
    let found: Vec<_> = cases
        .iter()
        .filter(|(_, code, expected)| cycles(code) != *expected)
        .map(|(name, code, expected)| format!("{name}: {}, expected {expected}", cycles(code)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

const NOP: u16 = 0xBF00;
const ADDS_R0: u16 = 0x3001; // adds r0, #1
const ADD_R0_R1: u16 = 0x4408; // add r0, r1
const LDR_R0: u16 = 0x6838; // ldr r0, [r7]
const LDR_R1: u16 = 0x6879; // ldr r1, [r7, #4]
const STR_R0: u16 = 0x6038; // str r0, [r7]

#[test]
fn two_narrow_instructions_are_issued_together_where_the_second_is_a_nop() {
    take(&[
        ("ADDS", &[ADDS_R0], 1),
        ("NOP, ADDS", &[NOP, ADDS_R0], 2),
        ("ADDS, NOP", &[ADDS_R0, NOP], 1),
        ("NOP, NOP", &[NOP, NOP], 1),
        ("ADDS, NOP, NOP", &[ADDS_R0, NOP, NOP], 2),
        ("LDR, NOP", &[LDR_R0, NOP], 1),
        ("ADDS, ADDS", &[ADDS_R0, ADDS_R0], 2),
        ("LDR, ADD", &[LDR_R1, 0x3201], 2),
        ("ADD.W, NOP", &[0xF100, 0x0001, NOP], 2),
        ("ADDS, NOP.W", &[ADDS_R0, 0xF3AF, 0x8000], 2),
    ]);
}

#[test]
fn a_branch_that_is_not_taken_is_free_and_a_taken_one_pairs_if_no_flags_are_set() {
    take(&[
        // cmp r6, #3: equal; bne and beq to what follows.
        ("CMP, BNE", &[0x2E03, 0xD1FF], 1),
        ("CMP, BEQ", &[0x2E03, 0xD0FF], 1 + 2),
        (
            "ADDS, CMP, ADD, BEQ",
            &[0x3201, 0x2E03, ADD_R0_R1, 0xD0FF],
            3 + 1,
        ),
        ("CMP, BNE.W", &[0x2E03, 0xF040, 0x8000], 2),
        ("ADDS, ADD.W, B", &[0x3201, 0xF100, 0x0001, 0xE7FF], 2 + 2),
        ("LDMIA of 4, B", &[0xCF0F, 0xE7FF], 4 + 1),
        ("CBZ, not taken", &[ADD_R0_R1, 0xB106], 1),
        ("IT behind a narrow one", &[ADD_R0_R1, 0xBF18, 0x3001], 2),
    ]);
}

#[test]
fn results_of_loads_and_of_two_stages_are_waited_for() {
    take(&[
        ("LDR, use", &[LDR_R0, ADDS_R0], 3),
        ("LDR, other, use", &[LDR_R0, 0x3201, ADDS_R0], 3),
        ("LDR, LDR by it", &[LDR_R0, 0x6801], 3),
        ("LDR, store of it", &[LDR_R0, STR_R0], 2),
        ("4 LDR", &[LDR_R0, LDR_R1, LDR_R0, LDR_R1], 4),
        // mla r0, r1, r6, r0 behind ldr r0, [r7]
        ("LDR, accumulate", &[LDR_R0, 0xFB01, 0x0006], 2),
        // mla r2, r0, r6, r2
        ("LDR, multiply", &[LDR_R0, 0xFB00, 0x2206], 3),
        // mla r0, r1, r6, r0 three times: the accumulator chains.
        (
            "MLA, MLA, MLA",
            &[0xFB01, 0x0006, 0xFB01, 0x0006, 0xFB01, 0x0006],
            3,
        ),
        ("MLA, use", &[0xFB01, 0x0006, ADDS_R0], 3),
        ("MLA, store of it", &[0xFB01, 0x0006, STR_R0], 2),
        // add.w r0, r1, r6, lsl #2
        ("shifted operand, use", &[0xEB01, 0x0086, ADDS_R0], 3),
        (
            "shifted operand, other, use",
            &[0xEB01, 0x0086, 0x3201, ADDS_R0],
            3,
        ),
        // eor r0, r1, #0x1fc0
        ("shifted constant, use", &[0xF481, 0x50FE, ADDS_R0], 3),
        // add.w r0, r1, #0xff9 (T4); eor.w r0, r1, #0x1b1b1b1b
        ("constant of 12 bits, use", &[0xF601, 0x70F9, ADDS_R0], 2),
        ("constant pattern, use", &[0xF081, 0x301B, ADDS_R0], 2),
        // sxtah r0, r0, r1; then mla with r0 as accumulator
        ("SXTAH, use", &[0xFA00, 0xF081, ADDS_R0], 3),
        ("SXTAH, accumulate", &[0xFA00, 0xF081, 0xFB01, 0x0006], 2),
        // qadd r0, r1, r6; then mla with r0 as accumulator
        ("QADD, accumulate", &[0xFA86, 0xF081, 0xFB01, 0x0006], 3),
        // lsls r0, r1, #2; asr.w r0, r1, r6
        ("shift, use", &[0x0088, ADDS_R0], 3),
        ("shift by a register, use", &[0xFA41, 0xF006, ADDS_R0], 3),
        // bfi r0, r1, #3, #4
        ("BFI, use", &[0xF361, 0x00C6, ADDS_R0], 2),
    ]);
}

#[test]
fn what_sets_flags_in_two_stages_takes_two_cycles() {
    take(&[
        ("MULS", &[0x4370], 2),
        ("MUL.W", &[0xFB00, 0xF006], 1),
        // adds.w r0, r1, #0x1fc0; adds.w r0, r1, r6, lsl #2
        ("ADDS, shifted constant", &[0xF511, 0x50FE], 2),
        ("ADDS, shifted register", &[0xEB11, 0x0086], 1),
        // A narrow branch behind a wide instruction isn't paired, and its flags come a cycle later.
        (
            "ADDS, shifted register, BEQ.W",
            &[0xEB11, 0x0086, 0xF000, 0x8000],
            3,
        ),
        ("ADDS.W, BEQ.W", &[0xEB11, 0x0006, 0xF000, 0x8000], 2),
    ]);
}

#[test]
fn multiple_transfers_take_a_cycle_a_word() {
    take(&[
        ("LDRD", &[0xE9D7, 0x0100], 2),
        ("STRD", &[0xE9C7, 0x0100], 2),
        ("PUSH of 3", &[0xB407], 3),
        ("LDMIA of 4", &[0xCF0F], 4),
        ("STMIA.W of 5", &[0xE887, 0x001F], 5),
        ("STR with a register offset", &[0x5138], 1),
        ("STR, LDR", &[STR_R0, LDR_R1], 2),
        ("VLDM of 4", &[0xEC97, 0x0A04], 4),
        ("VLDR of a double", &[0xED97, 0x0B00], 2),
    ]);
}

#[test]
fn divides_end_early_as_on_a_cortex_m4() {
    // udiv r0, r6, r5 (3 / 50); udiv r0, r5, r6 (50 / 3: 4 bits longer)
    take(&[
        ("UDIV, short", &[0xFBB6, 0xF0F5], 2),
        ("UDIV", &[0xFBB5, 0xF0F6], 5),
    ]);
}

#[test]
fn float_results_are_waited_for() {
    const VADD: [u16; 2] = [0xEE30, 0x0A81]; // vadd.f32 s0, s1, s2
    const VFMA: [u16; 2] = [0xEEA0, 0x0A81]; // vfma.f32 s0, s1, s2
    const WIDE: [u16; 2] = [0xF102, 0x0201]; // add.w r2, r2, #1
    let program = |parts: &[[u16; 2]]| parts.concat();
    for (name, code, expected) in [
        ("VADD", program(&[VADD]), 1),
        // vadd.f32 s3, s0, s4
        ("VADD, use", program(&[VADD, [0xEE70, 0x1A02]]), 3),
        (
            "VADD, other, use",
            program(&[VADD, WIDE, [0xEE70, 0x1A02]]),
            3,
        ),
        // vldr s1, [r7]
        ("VLDR, use", program(&[[0xEDD7, 0x0A00], VADD]), 2),
        ("VFMA, VFMA on one accumulator", program(&[VFMA, VFMA]), 4),
        ("VFMA, others, VFMA", program(&[VFMA, WIDE, WIDE, VFMA]), 4),
        // vfma.f32 s4, s3, s0: a factor
        ("VFMA, factor", program(&[VFMA, [0xEEA1, 0x2A80]]), 5),
        // vadd.f32 s30, s30, s31
        ("VFMA, another", program(&[VFMA, [0xEE3F, 0xFA2F]]), 4),
        // vmov r0, s0; add.w r0, r0, #1
        (
            "VMOV to core, use",
            program(&[[0xEE10, 0x0A10], [0xF100, 0x0001]]),
            3,
        ),
        // vmov s0, r0; vadd
        ("VMOV from core, use", program(&[[0xEE00, 0x0A90], VADD]), 2),
    ] {
        assert_eq!(cycles(&code), expected, "{name}");
    }
}

#[test]
fn a_skipped_instruction_takes_one_cycle() {
    // cmp r6, #3; it ne; with one of several cycles
    take(&[
        ("skipped MUL", &[0x2E03, 0xBF18, 0x4370], 2),
        ("skipped LDMIA", &[0x2E03, 0xBF18, 0xCF0F], 2),
    ]);
}

#[test]
fn a_loop_takes_what_was_measured() {
    // subs r5, #1; bne: 1 + 2 a pass; the last isn't taken.
    assert_eq!(cycles(&[0x3D01, 0xD1FD]), 49 * 3 + 1);
    // subs r5, #1; add r0, r1; bne: 3 a pass.
    assert_eq!(cycles(&[0x3D01, ADD_R0_R1, 0xD1FC]), 49 * 3 + 2);
}

#[test]
fn a_debugger_finds_a_cortex_m33() {
    let (mut machine, _) = machine(&[NOP]);
    let mut word = |address| machine.debug_read(address, AccessSize::Word).unwrap();
    assert_eq!(word(0xE000_ED00), 0x410F_D214);
    // FP_CTRL: version 2, eight comparators; DWT_CTRL: four; DAUTHSTATUS; DSCSR.
    assert_eq!(word(0xE000_2000), 0x1000_0080);
    assert_eq!(word(0xE000_1000), 0x4000_0000);
    assert_eq!(word(0xE000_EFB8), 0xF);
    assert_eq!(word(0xE000_EE08), 0);
    // The SCS: part 0xD21 of Arm, class 9, DEVARCH of Armv8-M.
    assert_eq!(
        [0xE000_EFE0, 0xE000_EFE4, 0xE000_EFF4, 0xE000_EFBC].map(&mut word),
        [0x21, 0xBD, 0x90, 0x4770_2A04]
    );
}

#[test]
fn a_breakpoint_may_be_anywhere_and_a_watchpoint_is_that_of_armv8m() {
    // str r0, [r7]; and then to RAM.
    let (mut machine, _) = machine(&[STR_R0, NOP]);
    let write = |machine: &mut Machine, address, value| {
        machine
            .debug_write(address, AccessSize::Word, value)
            .unwrap();
    };
    machine
        .write_bytes(RAM + 0x200, &[0x00, 0xBF, 0xFE, 0xE7])
        .unwrap();
    write(&mut machine, 0xE000_EDF0, 0xA05F_0001);
    write(&mut machine, 0xE000_EDFC, 1 << 24);
    // DWT_FUNCTION0: debug event on a write to the word.
    write(&mut machine, 0xE000_1020, RAM + 0x100);
    write(&mut machine, 0xE000_1028, 2 << 10 | 1 << 4 | 5);
    assert_eq!(machine.run(10_000), Ended::Halted);
    let stored = CODE + 2 * (MARGIN.len() + 1) as u32;
    assert_eq!(machine.pc(), stored);
    let function = machine.debug_read(0xE000_1028, AccessSize::Word).unwrap();
    assert_eq!(function & 1 << 24, 1 << 24, "MATCHED");
    // FP_COMP0 in RAM, which version 1 can't.
    write(&mut machine, 0xE000_1028, 0);
    write(&mut machine, 0xE000_2000, 3);
    write(&mut machine, 0xE000_2008, (RAM + 0x202) | 1);
    machine.set_register(15, RAM + 0x200);
    write(&mut machine, 0xE000_EDF0, 0xA05F_0001);
    assert_eq!(machine.run(10_000), Ended::Halted);
    assert_eq!(machine.pc(), RAM + 0x202);
}

#[test]
fn what_belongs_to_trustzone_or_to_another_core_is_named() {
    let told = |code: &[u16]| {
        let (mut machine, _) = machine(code);
        machine.run(1_000);
        machine.diagnostics().collect::<Vec<_>>().join("\n")
    };
    // bxns r0; tta r0, r1
    for code in [&[0x4704][..], &[0xE841, 0xF080]] {
        let text = told(code);
        assert!(text.contains("belongs to TrustZone"), "{text}");
    }
    // SAU_CTRL.ENABLE, through r7.
    let (mut machine, _) = machine(&[0x603E]); // str r6, [r7]
    machine.set_register(7, 0xE000_EDD0);
    machine.run(1_000);
    let text = machine.diagnostics().collect::<Vec<_>>().join("\n");
    assert!(text.contains("turns on TrustZone"), "{text}");
    // vsel on a Cortex-M4F, udiv on a Cortex-M0+.
    for (core, code, expected) in [
        (
            CoreModel::CortexM4F,
            [0xFE00, 0x0A00],
            "one of Armv8-M's, which a cortex-m4f doesn't have",
        ),
        (
            CoreModel::CortexM0Plus,
            [0xFBB6, 0xF0F5],
            "one of Armv7E-M's, which a cortex-m0plus doesn't have",
        ),
    ] {
        let mut machine = Machine::generic(&GenericChip {
            core,
            flash: AddressRange {
                origin: 0,
                length: 0x1000,
            },
            ram: AddressRange {
                origin: RAM,
                length: 0x1000,
            },
            clock_hz: 1_000_000,
            memory: GenericMemory::default(),
        })
        .unwrap();
        let mut words = vec![RAM + 0x800, CODE | 1];
        words.resize(CODE as usize / 4, CODE | 1);
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend(code.iter().flat_map(|half: &u16| half.to_le_bytes()));
        machine.write_bytes(0, &bytes).unwrap();
        machine.reset();
        machine.run(1_000);
        let text = machine.diagnostics().collect::<Vec<_>>().join("\n");
        assert!(text.contains(expected), "{text}");
    }
}
