//! Random programs of every encoding of Armv6-M on a Cortex-M0+ here and on QEMU's Cortex-M0
//! (`qemu-system-arm -M microbit`): registers, flags and memory are equal, and so is what faults.
//!
//! A program writes what it finds to a file, through semihosting, which both carry out: every few
//! instructions a record of all registers, with the memory it works on before each 96 of them. Its handler of
//! HardFault counts and skips the instruction.
//!
//! CBZ, CBNZ and IT execute on QEMU's Cortex-M0, which doesn't have them (DDI 0419, A5.2.5), and its APSR has
//! a Q flag: programs stay away from these.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{
    AccessSize, AddressRange, CoreModel, Ended, GenericChip, GenericMemory, Machine, Timing,
};

use crate::machines::oracle;
use crate::programs::rng::Rng;
use crate::random_programs::environment;

/// The flash and the RAM of the nRF51 on the micro:bit.
const FLASH_BYTES: u32 = 0x4_0000;
const RAM: u32 = 0x2000_0000;
const RAM_BYTES: u32 = 0x4000;
/// Memory that programs work on, and the records behind it.
const SCRATCH: u32 = RAM + 0x400;
const SCRATCH_BYTES: u32 = 256;
const RECORDS: u32 = SCRATCH + SCRATCH_BYTES;
const RECORD_BYTES: u32 = 64;
const RECORDS_OF_A_WRITE: u32 = 96;
/// Where the next record goes; how often HardFault and SVCall were taken; parameters of semihosting.
const POINTER: u32 = RAM;
const FAULTS: u32 = RAM + 4;
const CALLS: u32 = RAM + 8;
const PARAMETERS: u32 = RAM + 16;
const STACK: u32 = RAM + RAM_BYTES - 0x100;
/// Where the file's name is, and where the program begins.
const NAME: u32 = 0xC0;
const CODE: u32 = 0x100;
/// Instructions between two records.
const GROUP: usize = 6;

/// A program and its instructions by record, for messages.
struct Program {
    bytes: Vec<u8>,
    groups: Vec<Vec<u16>>,
}

/// Emits half-words from [`CODE`] on.
struct Code {
    halves: Vec<u16>,
}

impl Code {
    fn here(&self) -> u32 {
        CODE + 2 * self.halves.len() as u32
    }

    fn put(&mut self, halves: &[u16]) {
        self.halves.extend(halves);
    }

    /// BL to `target`.
    fn call(&mut self, target: u32) {
        let offset = target.wrapping_sub(self.here() + 4);
        let s = offset >> 24 & 1;
        let j = |bit: u32| (!(offset >> bit) & 1) ^ s;
        let first = 0xF000 | s << 10 | offset >> 12 & 0x3FF;
        let second = 0xD000 | j(23) << 13 | j(22) << 11 | offset >> 1 & 0x7FF;
        self.put(&[first as u16, second as u16]);
    }

    /// Loads `value` into `register` from behind a branch.
    fn constant(&mut self, register: u16, value: u32) {
        if self.here() & 2 != 0 {
            self.put(&[0xBF00]);
        }
        // ldr register, [pc, #0]; b over the word
        self.put(&[0x4800 | register << 8, 0xE001]);
        self.put(&[value as u16, (value >> 16) as u16]);
    }
}

/// Skips the instruction: the handler of HardFault. The stacked PC is at SP + 24.
fn count_and_skip(code: &mut Code) -> u32 {
    let start = code.here();
    code.constant(0, FAULTS);
    code.put(&[
        0x6801, // ldr  r1, [r0]
        0x3101, // adds r1, #1
        0x6001, // str  r1, [r0]
        0x9806, // ldr  r0, [sp, #24]
        0x8801, // ldrh r1, [r0]
        0x3002, // adds r0, #2
        0x0AC9, // lsrs r1, r1, #11
        0x291D, // cmp  r1, #29
        0xD300, // blo  over the next
        0x3002, // adds r0, #2
        0x9006, // str  r0, [sp, #24]
        0x4770, // bx   lr
    ]);
    start
}

fn count_call(code: &mut Code) -> u32 {
    let start = code.here();
    code.constant(0, CALLS);
    code.put(&[0x6801, 0x3101, 0x6001, 0x4770]);
    start
}

/// Writes what is between [`SCRATCH`] and the pointer to the file, and begins anew.
fn flush(code: &mut Code) -> u32 {
    let start = code.here();
    code.put(&[0xB510]); // push {r4, lr}
    code.constant(4, POINTER);
    code.constant(1, PARAMETERS);
    code.constant(2, SCRATCH);
    code.put(&[
        0x604A, // str  r2, [r1, #4]
        0x6823, // ldr  r3, [r4]
        0x1A9B, // subs r3, r3, r2
        0x608B, // str  r3, [r1, #8]
        0x2005, // movs r0, #5: SYS_WRITE
        0xBEAB,
    ]);
    code.constant(2, RECORDS);
    code.put(&[0x6022, 0xBD10]); // str r2, [r4]; pop {r4, pc}
    start
}

/// Leaves a record of all registers and flags, which it doesn't change.
fn record(code: &mut Code, flush: u32) -> u32 {
    let start = code.here();
    code.put(&[0xB50F, 0xF3EF, 0x8000]); // push {r0-r3, lr}; mrs r0, apsr
    code.constant(1, POINTER);
    code.put(&[0x680A, 0x6010]); // ldr r2, [r1]; str r0, [r2]
    for register in 0..4 {
        // ldr r3, [sp, #4 x register]; str r3, [r2, #...]
        code.put(&[0x9B00 | register, 0x6013 | (register + 1) << 6]);
    }
    for register in 4..8 {
        code.put(&[0x6010 | (register + 1) << 6 | register]);
    }
    for (at, register) in (9..).zip([8, 9, 10, 11, 12, 13]) {
        code.put(&[0x4603 | register << 3, 0x6013 | at << 6]); // mov r3, register; str
    }
    code.constant(3, FAULTS);
    code.put(&[0x681B, 0x6013 | 15 << 6]);
    code.put(&[0x3240, 0x600A]); // adds r2, #64; str r2, [r1]
    code.constant(3, RECORDS + RECORDS_OF_A_WRITE * RECORD_BYTES);
    code.put(&[0x429A, 0xD303, 0xB401]); // cmp r2, r3; blo done; push {r0}
    code.call(flush);
    code.put(&[0xBC01]); // pop {r0}
    code.put(&[0xF380, 0x8800, 0xBD0F]); // msr apsr, r0; pop {r0-r3, pc}
    start
}

/// Program `index` of the run with this seed, with as many groups of instructions as fit into `bytes`.
fn program(seed: u64, index: u64, bytes: u32) -> Program {
    let mut rng = Rng::new(seed, index);
    let mut code = Code { halves: Vec::new() };
    let fault = count_and_skip(&mut code);
    let call = count_call(&mut code);
    let flush = flush(&mut code);
    let record = record(&mut code, flush);
    let leaf = code.here();
    code.put(&[0x4770]);
    let reset = code.here();
    // Opens the file, 5 for "wb", and clears what counts.
    code.constant(1, PARAMETERS);
    code.constant(2, NAME);
    code.put(&[
        0x600A, 0x2205, 0x604A, 0x2207, 0x608A, 0x2001, 0xBEAB, 0x6008,
    ]);
    code.constant(1, POINTER);
    code.constant(2, RECORDS);
    code.put(&[0x600A, 0x2200, 0x604A, 0x608A]);
    code.constant(7, SCRATCH);
    // Fills the memory to work on, and the registers.
    for at in (0..SCRATCH_BYTES as u16 / 4).step_by(31) {
        let count = (SCRATCH_BYTES as u16 / 4 - at).min(31);
        code.constant(6, SCRATCH + 4 * u32::from(at));
        for word in 0..count {
            code.constant(0, rng.word());
            code.put(&[0x6030 | word << 6]);
        }
    }
    for high in 8..13 {
        code.constant(0, rng.word());
        code.put(&[0x4680 | (high & 7)]);
    }
    for low in 0..7 {
        code.constant(low, rng.word());
    }
    let mut groups = Vec::new();
    while code.here() < bytes - 256 {
        let start = code.halves.len();
        for _ in 0..GROUP {
            instruction(&mut code, &mut rng, leaf);
        }
        groups.push(code.halves[start..].to_vec());
        code.call(record);
    }
    code.call(flush);
    code.constant(1, 0x2_0026);
    code.put(&[0x2018, 0xBEAB, 0xE7FE]); // SYS_EXIT
    // What the last literal loads reach.
    code.put(&[0; 64]);
    let mut image = vec![0; CODE as usize];
    let mut word = |at: usize, value: u32| image[at..at + 4].copy_from_slice(&value.to_le_bytes());
    word(0, STACK);
    word(4, reset | 1);
    for exception in 2..16 {
        word(4 * exception, fault | 1);
    }
    word(4 * 11, call | 1);
    image[NAME as usize..NAME as usize + 8].copy_from_slice(b"results\0");
    image.extend(code.halves.iter().flat_map(|half| half.to_le_bytes()));
    Program {
        bytes: image,
        groups,
    }
}

/// A register that programs may change.
fn low(rng: &mut Rng) -> u16 {
    rng.below(7) as u16
}

/// One instruction, or a few that go together. R7 points to the memory to work on, SP stays.
fn instruction(code: &mut Code, rng: &mut Rng, leaf: u32) {
    let (d, n, m) = (low(rng), low(rng), low(rng));
    let imm = |rng: &mut Rng, bits: u32| rng.below(1 << bits) as u16;
    // An offset into the memory to work on, mostly aligned to `size`.
    let offset = |rng: &mut Rng, size: u32| {
        let aligned = rng.below(SCRATCH_BYTES / size) * size;
        let skewed = rng.one_in(8) && size > 1;
        (aligned + u32::from(skewed)).min(SCRATCH_BYTES - 4) as u16
    };
    match rng.below(27) {
        // Shifts by immediates; add and subtract of registers and small immediates.
        0 => code.put(&[(rng.below(3) as u16) << 11 | imm(rng, 5) << 6 | n << 3 | d]),
        1 => code.put(&[0x1800 | (rng.below(4) as u16) << 9 | m << 6 | n << 3 | d]),
        2 => code.put(&[0x2000 | (rng.below(4) as u16) << 11 | d << 8 | imm(rng, 8)]),
        3..=5 => code.put(&[0x4000 | (rng.below(16) as u16) << 6 | m << 3 | d]),
        6 => {
            // ADD, CMP and MOV with a high register; the destination is R8 to R12 or a low one.
            let high = 8 + rng.below(5) as u16;
            let kind = rng.below(3) as u16;
            let (to, from) = rng.pick(&[(high, m), (d, high), (high, 8 + m % 5)]);
            code.put(&[0x4400 | kind << 8 | (to & 8) << 4 | from << 3 | to & 7]);
        }
        7 => code.put(&[0x4800 | d << 8 | imm(rng, 3)]), // ldr literal
        8 | 9 => {
            // Register offset: STR, STRH, STRB, LDRSB, LDR, LDRH, LDRB, LDRSH.
            let kind = rng.below(8);
            let size = [4, 2, 1, 1, 4, 2, 1, 2][kind as usize];
            code.put(&[0x2000 | m << 8 | offset(rng, size)]);
            code.put(&[0x5000 | (kind as u16) << 9 | m << 6 | 7 << 3 | d]);
        }
        10 | 11 => {
            let kind = rng.pick(&[0x6000, 0x6800, 0x7000, 0x7800, 0x8000, 0x8800]);
            code.put(&[kind | imm(rng, 5) << 6 | 7 << 3 | d]);
        }
        12 => code.put(&[0x9000 | d << 8 | imm(rng, 4), 0x9800 | n << 8 | imm(rng, 4)]),
        13 => code.put(&[0xA800 | d << 8 | imm(rng, 8)]), // add d, sp, #
        14 => {
            // sub sp and add sp by as much.
            let by = imm(rng, 5);
            code.put(&[0xB080 | by, 0xB000 | by]);
        }
        15 => code.put(&[0xB200 | (rng.below(4) as u16) << 6 | m << 3 | d]),
        16 => code.put(&[rng.pick(&[0xBA00, 0xBA40, 0xBAC0]) | m << 3 | d]),
        17 => {
            // PUSH and POP of as many low registers.
            let list = 1 + rng.below(127) as u16;
            let mut other = 0;
            while (other as u16).count_ones() != list.count_ones() {
                other = 1 + rng.below(127);
            }
            code.put(&[0xB400 | list, 0xBC00 | other as u16]);
        }
        18 => {
            // STMIA and LDMIA from a copy of the pointer.
            let list = 1 + rng.below(127) as u16;
            let kind = rng.pick(&[0xC000, 0xC800]);
            // With the base in a list of STM only as its first register.
            let base = if kind == 0xC000 {
                list.trailing_zeros() as u16
            } else {
                d
            };
            code.put(&[0x4638 | base, kind | base << 8 | list]);
            if kind == 0xC800 {
                code.put(&[0x2000 | base << 8 | 1]);
            }
        }
        19 => {
            // A conditional branch over an instruction.
            code.put(&[0xD000 | (rng.below(14) as u16) << 8, 0x3001 | d << 8]);
        }
        20 => code.put(&[0xE000, 0x3001 | d << 8]),
        21 => code.call(leaf),
        22 => {
            // To what follows: BX, BLX and MOV to the PC, POP with it.
            let jump: &[u16] = rng.pick(&[
                &[0x3603, 0x4730][..],
                &[0x3603, 0x47B0],
                &[0x3602, 0x46B7],
                &[0x3605, 0xB440, 0xBD00],
            ]);
            code.put(&[0x467E]);
            code.put(jump);
        }
        23 => {
            let special = rng.pick(&[0_u16, 1, 2, 3, 8, 9, 16, 20]);
            code.put(&[0xF3EF, 0x8000 | d << 8 | special]);
            // The flags. QEMU keeps a Q flag, which Armv6-M doesn't have, so that bit stays clear.
            let bits = 28 << 6 | n << 3 | n;
            code.put(&[0x0800 | bits, bits, 0xF380 | n, 0x8800]);
        }
        24 => {
            // CPS, the hints but WFI and WFE, barriers, SVC.
            let harmless: &[u16] = rng.pick(&[
                &[0xB672, 0xB662][..],
                &[0xBF00],
                &[0xBF10],
                &[0xBF40],
                &[0xF3BF, 0x8F4F],
                &[0xF3BF, 0x8F5F],
                &[0xF3BF, 0x8F6F],
                &[0xDF00],
            ]);
            code.put(harmless);
        }
        25 => {
            // What Armv6-M doesn't have: UDF, 32-bit encodings.
            let wide = match rng.below(3) {
                0 => 0xE800 + imm(rng, 11),
                1 => 0xF800 + imm(rng, 11),
                _ => 0xF000 + imm(rng, 11),
            };
            if rng.one_in(4) {
                code.put(&[0xDE00 | imm(rng, 8)]);
            } else {
                code.put(&[wide, imm(rng, 15)]);
            }
        }
        _ => code.put(&[0xA000 | d << 8 | imm(rng, 8)]), // adr
    }
}

/// What a program writes on QEMU.
fn on_qemu(program: &Program) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("image"), &program.bytes).expect("image written");
    let mut child = Command::new("qemu-system-arm")
        .current_dir(folder.path())
        .args(["-M", "microbit", "-display", "none", "-monitor", "none"])
        .args(["-serial", "none", "-kernel", "image"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("QEMU started");
    let start = Instant::now();
    while child.try_wait().expect("QEMU's state").is_none() {
        if start.elapsed() > Duration::from_secs(30) {
            child.kill().expect("QEMU ended");
            child.wait().expect("QEMU ended");
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    std::fs::read(folder.path().join("results")).unwrap_or_default()
}

/// What a program writes here, and how many instructions it took.
fn here(program: &Program, timing: Timing) -> (Vec<u8>, u64) {
    const DHCSR: u32 = 0xE000_EDF0;
    const RUN: u32 = 0xA05F_0001;
    let mut machine = Machine::generic(&GenericChip {
        core: CoreModel::CortexM0Plus,
        flash: AddressRange {
            origin: 0,
            length: FLASH_BYTES,
        },
        ram: AddressRange {
            origin: RAM,
            length: RAM_BYTES,
        },
        clock_hz: 16_000_000,
        memory: GenericMemory::default(),
    })
    .expect("there is such a chip");
    machine.set_timing(timing);
    machine.write_bytes(0, &program.bytes).expect("it fits");
    machine.reset();
    let mut written = Vec::new();
    loop {
        machine
            .debug_write(DHCSR, AccessSize::Word, RUN)
            .expect("a debug register");
        assert_eq!(machine.run(1 << 26), Ended::Halted, "{:#x}", machine.pc());
        let parameters = machine.register(1);
        match machine.register(0) {
            1 => {}
            5 => {
                let word = |at| machine.read_word(parameters + at).expect("parameters");
                let mut bytes = vec![0; word(8) as usize];
                machine.read_bytes(word(4), &mut bytes).expect("records");
                written.extend(bytes);
            }
            _ => return (written, machine.instructions()),
        }
        // The handle is 1, as nothing else is open; nothing is left to write.
        machine.set_register(0, u32::from(machine.register(0) == 1));
        machine.set_register(15, machine.pc() + 2);
    }
}

/// Runs a program on both and returns its instructions.
fn compare(seed: u64, index: u64, bytes: u32, timing: Timing) -> u64 {
    let program = program(seed, index, bytes);
    let expected = on_qemu(&program);
    let (found, instructions) = here(&program, timing);
    let place = format!("seed {seed} program {index} {timing:?}");
    let write = (SCRATCH_BYTES + RECORDS_OF_A_WRITE * RECORD_BYTES) as usize;
    for (number, (expected, found)) in expected.chunks(write).zip(found.chunks(write)).enumerate() {
        let (before, behind) = (SCRATCH_BYTES as usize, RECORD_BYTES as usize);
        let records = expected[before..]
            .chunks(behind)
            .zip(found[before..].chunks(behind));
        for (at, (expected, found)) in records.enumerate() {
            let group = number * RECORDS_OF_A_WRITE as usize + at;
            assert_eq!(
                words(expected),
                words(found),
                "{place}: flags, R0 to R12, SP and faults behind {:04x?}",
                program.groups.get(group)
            );
        }
        let memory = [expected, found].map(|it| words(&it[..before]));
        assert_eq!(
            memory[0], memory[1],
            "{place}: memory before record {number} x 96"
        );
    }
    assert_eq!(expected.len(), found.len(), "{place}: what was written");
    let records = (program.groups.len() as u32 * RECORD_BYTES) as usize;
    assert!(found.len() > records, "{place}: it came to its end");
    instructions
}

fn words(bytes: &[u8]) -> String {
    let words = bytes.chunks_exact(4).map(|it| {
        let word = u32::from_le_bytes([it[0], it[1], it[2], it[3]]);
        format!("{word:08x}")
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_seeded_part_of_armv6m_is_equal() {
    if !oracle::installed() {
        return;
    }
    compare(1, 0, 0x1_0000, Timing::Full);
    compare(1, 1, 0x1_0000, Timing::InstructionsOnly);
}

/// `TINYBENCH_SEED`, and a program for each 40 of `TINYBENCH_COUNT`.
#[test]
#[ignore = "takes a minute; scripts/emulator-vs-qemu runs it"]
fn every_encoding_of_armv6m_is_equal() {
    if !oracle::installed() {
        return;
    }
    let seed = environment("TINYBENCH_SEED", 1);
    let programs = environment("TINYBENCH_COUNT", 2000).div_ceil(40);
    let mut instructions = 0;
    for index in 0..programs {
        instructions += compare(seed, index, FLASH_BYTES, Timing::Full);
    }
    eprintln!("{programs} programs of Armv6-M, {instructions} instructions, all equal");
}
