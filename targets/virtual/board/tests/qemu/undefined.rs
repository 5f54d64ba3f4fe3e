//! What no encoding of the manual covers is UNDEFINED and faults, here and on QEMU.

use std::time::Duration;

use crate::machines::emulator::{self, Path};
use crate::machines::oracle;
use crate::programs::assembler::{Assembler, Label};
use crate::programs::encodings::table;
use crate::programs::image::{Image, M33, RAM};
use crate::programs::rng::Rng;

const CFSR: u32 = 0xE000_ED28;
/// CFSR bits: UNDEFINSTR and NOCP.
const UNDEFINSTR: u32 = 1 << 16;
const NOCP: u32 = 1 << 19;
/// Patterns in an image.
const PATTERNS: usize = 8000;

/// Covered by an encoding, or known to differ on QEMU.
fn covered(chip: &str, bits: u32, width: u32) -> bool {
    // QEMU has LDREXD and STREXD (of Armv8-M LDAEXD and STLEXD too), which table A5-19 leaves UNDEFINED in the M
    // profile, and takes HLT #0x3C, in Armv7-M without a meaning (table A5-6), for a semihosting call; it has
    // SETEND as well, where the same table has nothing but CPS.
    let ordered = if chip == M33 { 0x80 } else { 0 };
    let exclusive_double = bits & !ordered & 0xFFE0_00F0 == 0xE8C0_0070;
    let semihosting = width == 16 && bits == 0xBABC;
    let set_end = width == 16 && bits & 0xFFF7 == 0xB650;
    exclusive_double
        || semihosting
        || set_end
        || table()
            .iter()
            .filter(|encoding| chip == M33 || !encoding.armv8m)
            .any(|encoding| encoding.width == width && encoding.matches(bits))
}

/// A 32-bit pattern that no encoding covers.
fn random_undefined(chip: &str, rng: &mut Rng) -> u32 {
    loop {
        let first = 0xE800 + rng.below(0x1800);
        let bits = first << 16 | rng.word() >> 16;
        if !covered(chip, bits, 32) {
            return bits;
        }
    }
}

/// An image that runs each instruction and leaves the CFSR of its fault, or 0.
fn image(chip: &'static str, instructions: &[u32]) -> Image {
    let start = 0x40;
    let mut code = Assembler::new(start);
    let handler = code.mark();
    // The fault's status goes to r9, execution goes on at r8.
    code.mov32(0, CFSR).ldr(9, 0, 0).str(9, 0, 0);
    code.str(8, 13, 24).bx(14);
    let _ = handler;
    let entry = code.here();
    code.poke(0xE000_ED88, 0x00F0_0000)
        .wide(0xF3BF_8F4F)
        .wide(0xF3BF_8F6F);
    code.mov32(10, RAM);
    for &bits in instructions {
        let next: Label = code.label();
        code.address(8, next).mov32(9, 0);
        if bits > 0xFFFF {
            code.wide(bits);
        } else {
            code.narrow(bits);
        }
        code.bind(next).str_next(9, 10);
    }
    code.align(4);
    let exit = code.here();
    code.wide(0).wide(0).wide(0).wide(0);
    let mut flash = Vec::new();
    flash.extend((RAM + 0x2_0000).to_le_bytes());
    flash.extend((entry | 1).to_le_bytes());
    while flash.len() < start as usize {
        flash.extend((start | 1).to_le_bytes());
    }
    flash.extend(code.finish());
    Image {
        chip,
        flash,
        exit,
        result_bytes: 4 * instructions.len() as u32,
    }
}

fn compare(chip: &'static str, instructions: &[u32]) {
    let image = image(chip, instructions);
    let outcome = oracle::run(std::slice::from_ref(&image), Duration::from_secs(60));
    let expected = outcome.results.first();
    let expected = expected.unwrap_or_else(|| panic!("QEMU: {}", outcome.messages));
    let run = emulator::run(&image, Path::Blocks);
    assert_eq!(run.problem, None);
    let mut text = String::new();
    let words = expected.chunks_exact(4).zip(run.result.chunks_exact(4));
    for (&bits, (expected, found)) in instructions.iter().zip(words) {
        let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        let (expected, found) = (word(expected), word(found));
        let fault = matches!(found, UNDEFINSTR | NOCP);
        if expected != found || !fault {
            text += &format!("{bits:08x}: CFSR on QEMU {expected:08x}, here {found:08x}\n");
        }
    }
    assert!(text.is_empty(), "{} differ:\n{text}", text.lines().count());
}

/// All undefined 16-bit instructions of a chip.
pub fn compare_narrow(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    let patterns: Vec<u32> = (0..0xE800)
        .filter(|&bits| !covered(chip, bits, 16))
        .collect();
    assert!(!patterns.is_empty());
    for chunk in patterns.chunks(PATTERNS) {
        compare(chip, chunk);
    }
}

/// Some undefined 32-bit instructions of a chip.
pub fn compare_wide(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    for seed in 0..4 {
        let mut rng = Rng::new(seed, 0);
        let patterns: Vec<u32> = (0..PATTERNS)
            .map(|_| random_undefined(chip, &mut rng))
            .collect();
        compare(chip, &patterns);
    }
}

#[test]
fn narrow_undefined_instructions_fault() {
    compare_narrow("nrf52840");
}

#[test]
fn wide_undefined_instructions_fault() {
    compare_wide("nrf52840");
}
