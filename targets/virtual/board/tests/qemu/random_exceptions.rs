//! Random sequences of everything that causes, masks or orders exceptions.

use std::time::Duration;

use super::random_programs::environment;
use crate::machines::emulator::{self, Path};
use crate::machines::oracle;
use crate::programs::assembler::condition;
use crate::programs::image::Image;
use crate::programs::rng::Rng;
use crate::programs::system_program::{CELLS, PROCESS_STACK, SystemProgram, special};

/// Images one QEMU process runs.
const BATCH: u64 = 100;
/// Interrupts used.
const INTERRUPTS: u32 = 8;
/// Entries into handlers that run their scripts.
const BUDGET: u32 = 40;
const ACTIONS: u32 = 30;

const NMI: usize = 2;
const HARD_FAULT: usize = 3;

/// Where a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Thread,
    Handler,
    /// HardFault and NMI, where a further fault would lock up.
    Critical,
}

fn image(seed: u64, index: u64) -> Image {
    let rng = &mut Rng::new(seed, index);
    let rng = std::cell::RefCell::new(rng);
    SystemProgram::image(
        |program| {
            let rng = &mut *rng.borrow_mut();
            let used = (2..7)
                .chain([11, 12, 14, 15])
                .chain(16..16 + INTERRUPTS as usize);
            for exception in used {
                let level = if matches!(exception, NMI | HARD_FAULT) {
                    Level::Critical
                } else {
                    Level::Handler
                };
                program.handler(exception, |program| script(program, rng, level));
            }
        },
        |program| thread(program, &mut rng.borrow_mut()),
    )
}

/// A handler's actions, as long as the budget lasts.
fn script(program: &mut SystemProgram, rng: &mut Rng, level: Level) {
    let done = program.code.label();
    program.code.mov32(0, CELLS + 4).ldr(1, 0, 0).cmp(1, 0);
    program.code.b_if(condition::EQ, done);
    program.code.subs(1, 1).str(1, 0, 0);
    for _ in 0..rng.below(4) {
        action(program, rng, level);
    }
    program.code.bind(done);
}

fn thread(program: &mut SystemProgram, rng: &mut Rng) {
    program.poke(CELLS + 4, BUDGET);
    // PRIGROUP, CCR (STKALIGN, DIV_0_TRP, UNALIGN_TRP), FPCCR, enabled faults and interrupts.
    program.poke(0xE000_ED0C, 0x05FA_0000 | rng.below(8) << 8);
    // QEMU aligns extended frames only if STKALIGN is set, PushStack (B1.5.6) always.
    let ccr = 0x210 | rng.below(2) << 3;
    program.poke(0xE000_ED14, ccr);
    if rng.one_in(2) {
        program.poke(0xE000_EF34, rng.below(4) << 30);
    }
    program.poke(0xE000_ED24, (rng.word() & 7) << 16);
    program.poke(0xE000_E100, rng.word() & 0xFF | 0x11);
    program.code.mov32(0, PROCESS_STACK).msr(special::PSP, 0);
    for exception in [4, 5, 6, 11, 12, 14, 15]
        .into_iter()
        .chain(16..16 + INTERRUPTS)
    {
        priority(program, rng, exception);
    }
    for register in 0..4 {
        set_single(program, register, rng.word());
    }
    program.barrier();
    for i in 0..ACTIONS {
        program.log_value(0xAC00_0000 | i);
        action(program, rng, Level::Thread);
    }
    // Everything that is left.
    program.code.narrow(0xB662).narrow(0xB661); // cpsie i; cpsie f
    program.code.mov32(0, 0).msr(special::BASEPRI, 0);
    program.barrier();
    program.log_state();
    for address in [
        0xE000_E100,
        0xE000_E200,
        0xE000_E300,
        0xE000_ED0C,
        0xE000_ED14,
    ] {
        program.log_word(address);
    }
}

fn priority(program: &mut SystemProgram, rng: &mut Rng, exception: u32) {
    program.set_priority(exception, rng.below(8) << 5);
}

fn action(program: &mut SystemProgram, rng: &mut Rng, level: Level) {
    match rng.below(20) {
        0..=3 => program.poke(0xE000_E200, 1 << rng.below(INTERRUPTS)),
        4 => program.poke(0xE000_EF00, rng.below(INTERRUPTS)),
        5 => program.poke(0xE000_E200, rng.word() & 0xFF),
        6 => program.poke(0xE000_ED04, 1 << 28),
        7 => program.poke(0xE000_ED04, 1 << 26),
        8 => program.poke(0xE000_ED04, rng.pick(&[1 << 31, 1 << 27, 1 << 25, 5 << 26])),
        9 => {
            let register = rng.pick(&[special::BASEPRI, special::BASEPRI, special::BASEPRI_MAX]);
            program.code.mov32(0, rng.below(8) << 5).msr(register, 0);
        }
        10 => {
            // cpsid i, cpsie i
            program.code.narrow(rng.pick(&[0xB672, 0xB662, 0xB662]));
        }
        // QEMU lets FAULTMASK be set at priority -1, CPS and MSR (B5.2) don't.
        11 if level != Level::Critical => masked(program, rng),
        12 => {
            let exception = rng.pick(&[4, 5, 6, 11, 12, 14, 15, 16, 17, 18, 19, 20]);
            priority(program, rng, exception);
        }
        13 => program.poke(
            rng.pick(&[0xE000_E100, 0xE000_E180, 0xE000_E280]),
            rng.word() & 0xFF,
        ),
        14 => float(program, rng),
        15 if level == Level::Thread => stack(program, rng),
        16 if level != Level::Critical => {
            let number = rng.below(256);
            program.guarded(|code| {
                code.narrow(0xDF00 | number);
            });
        }
        17 | 18 if level != Level::Critical => fault(program, rng),
        _ => program.log_state(),
    }
    program.barrier();
}

/// FAULTMASK set, something pending, cleared again.
fn masked(program: &mut SystemProgram, rng: &mut Rng) {
    program.code.narrow(0xB671); // cpsid f
    program.poke(0xE000_E200, rng.word() & 0xFF);
    program.barrier();
    program.log_state();
    if !rng.one_in(4) {
        program.code.narrow(0xB661); // cpsie f
        return;
    }
    program.code.mov32(0, 0).msr(special::FAULTMASK, 0);
}

/// Arithmetic, so that there is a floating-point context.
fn float(program: &mut SystemProgram, rng: &mut Rng) {
    let operations = [
        0xEE30_0A20, // vadd.f32 s0, s0, s1
        0xEE70_0A81, // vadd.f32 s1, s1, s2
        0xEEB1_1A60, // vneg-like: vneg.f32 s2, s1
    ];
    // A new context's registers are UNKNOWN (B1.5.7): QEMU clears them, and takes the cumulative
    // flags of FPDSCR, where only bits 26:22 are copied by ExecuteFPCheck.
    program.code.mov32(0, rng.word() & 0xF7C0_009F);
    program.code.wide(0xEEE1_0A10); // vmsr fpscr, r0
    for register in 0..3 {
        set_single(program, register, rng.word());
    }
    program.code.wide(rng.pick(&operations));
    program.code.wide(0xEE10_0A10); // vmov r0, s0
    program.log(0);
    program.code.wide(0xEEF1_0A10); // vmrs r0, fpscr
    program.log(0);
}

/// `s<register> = value`, through R1.
fn set_single(program: &mut SystemProgram, register: u32, value: u32) {
    let number = (register >> 1) << 16 | (register & 1) << 7;
    program.code.mov32(1, value).wide(0xEE00_1A10 | number);
}

/// Switches the stack in use, or moves it by a word.
fn stack(program: &mut SystemProgram, rng: &mut Rng) {
    match rng.below(3) {
        0 => {
            // CONTROL with SPSEL changed and FPCA kept.
            program.code.mrs(0, special::CONTROL);
            program.code.wide(0xF080_0002).msr(special::CONTROL, 0); // eor r0, r0, #2
        }
        1 => {
            program.code.narrow(0xB081); // sub sp, #4
        }
        _ => {
            program.code.mrs(0, special::CONTROL);
            program.code.wide(0xF020_0004).msr(special::CONTROL, 0); // bic r0, r0, #4
        }
    }
}

fn fault(program: &mut SystemProgram, rng: &mut Rng) {
    let kind = rng.below(8);
    let value = rng.word();
    program.guarded(|code| {
        match kind {
            0 => code.wide(0xF7F0_A000), // udf.w
            // isb; udiv r1, r0, r1: QEMU 7.2's division faults with stale registers otherwise.
            1 => code.mov32(1, 0).wide(0xF3BF_8F6F).wide(0xFBB0_F1F1),
            2 => code.mov32(0, CELLS + 2).wide(0xE890_0006), // ldm r0, {r1, r2}
            3 => code.mov32(0, 0x6000_0000).ldr(1, 0, value & 0xFC), // nothing there
            4 => code.wide(0xEE00_0700),                     // cdp p7
            5 => code.mov32(0, 0x100).bx(0),                 // ARM state
            6 => code.narrow(0xBF08).wide(0xF7F0_A000).narrow(0xBF00), // it eq; udf.w
            _ => code.mov32(0, CELLS + 0x41).str(1, 0, 4),   // unaligned, if that is trapped
        };
    });
}

fn compare(chip: &'static str, seed: u64, first: u64, count: u64, paths: &[Path]) -> String {
    let images: Vec<Image> = (first..first + count)
        .map(|index| Image {
            chip,
            ..image(seed, index)
        })
        .collect();
    let outcome = oracle::run(&images, Duration::from_secs(20));
    let mut text = String::new();
    if outcome.results.len() < images.len() {
        text += &format!(
            "QEMU ended in image {} of seed {seed}: {}\n",
            first + outcome.results.len() as u64,
            outcome.messages
        );
    }
    for (i, (image, expected)) in images.iter().zip(&outcome.results).enumerate() {
        for &path in paths {
            let run = emulator::run(image, path);
            let place = format!("seed {seed} image {} {path:?}", first + i as u64);
            if let Some(problem) = &run.problem {
                text += &format!("{place}: {problem}\n");
            }
            text += &difference(expected, &run.result, &place);
        }
    }
    text
}

/// The first difference of two traces with what comes before it.
fn difference(expected: &[u8], found: &[u8], place: &str) -> String {
    let words = |bytes: &[u8]| -> Vec<u32> {
        let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        bytes.chunks_exact(4).map(word).collect()
    };
    let (expected, found) = (words(expected), words(found));
    let Some(at) = expected.iter().zip(&found).position(|(a, b)| a != b) else {
        return String::new();
    };
    let start = at.saturating_sub(30);
    format!(
        "{place}: word {at}: QEMU {:08x}, here {:08x}\n  before: {:08x?}\n  QEMU: {:08x?}\n  here: {:08x?}\n",
        expected[at],
        found[at],
        &expected[start..at],
        &expected[at..(at + 24).min(expected.len())],
        &found[at..(at + 24).min(found.len())],
    )
}

/// A few programs on a chip.
pub fn compare_some(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    let text = compare(chip, 1, 0, 100, &[Path::Blocks, Path::Untimed]);
    assert!(text.is_empty(), "{} lines:\n{text}", text.lines().count());
}

/// `TINYBENCH_SEED`, and `TINYBENCH_COUNT` programs, on a chip.
pub fn compare_all(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    let seed = environment("TINYBENCH_SEED", 1);
    let count = environment("TINYBENCH_COUNT", 2000);
    let mut text = String::new();
    for first in (0..count).step_by(BATCH as usize) {
        text += &compare(chip, seed, first, BATCH, &[Path::Blocks]);
        eprintln!("{chip}: {} programs with exceptions", first + BATCH);
    }
    assert!(text.is_empty(), "{} lines:\n{text}", text.lines().count());
}

#[test]
fn a_seeded_part_of_random_exceptions_is_equal() {
    compare_some("nrf52840");
}

#[test]
#[ignore = "takes minutes; scripts/emulator-vs-qemu runs it"]
fn random_exceptions_are_equal() {
    compare_all("nrf52840");
}
