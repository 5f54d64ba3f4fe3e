//! Branches, conditions and SVC.

use super::memory::ldr_wide;
use super::{Code, wide};

/// Condition codes (A7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Z set.
    Equal = 0,
    /// Z clear.
    NotEqual = 1,
}

/// `b` over `skipped` half-words: B, T2.
pub fn b(skipped: u16) -> Code {
    // The offset counts from 4 bytes behind the branch.
    vec![0xE000 | skipped.wrapping_sub(1) & 0x7FF]
}

/// `b.w` over `skipped` half-words: B, T4.
pub fn b_wide(skipped: u16) -> Code {
    wide(0xF000, 0xB800 | skipped)
}

/// `bl` over `skipped` half-words: BL, T1.
pub fn bl(skipped: u16) -> Code {
    wide(0xF000, 0xF800 | skipped)
}

/// A conditional branch over `skipped` half-words: B, T1.
pub fn b_if(condition: Condition, skipped: u16) -> Code {
    vec![0xD000 | (condition as u16) << 8 | skipped.wrapping_sub(1) & 0xFF]
}

/// `bne.w` to `back` half-words before its own address: B, T3.
pub fn bne_back(back: usize) -> Code {
    // In half-words from 4 bytes behind the branch.
    let offset = -(back as i32 + 2);
    let field = |shift: u32, bits: u32| (offset >> shift) as u16 & ((1 << bits) - 1);
    wide(
        0xF040 | field(19, 1) << 10 | field(11, 6),
        0x8000 | field(17, 1) << 13 | field(18, 1) << 11 | field(0, 11),
    )
}

/// `cbz rn` over `skipped` half-words, at least one: CBZ, T1.
pub fn cbz(rn: u16, skipped: u16) -> Code {
    vec![0xB100 | (skipped - 1) << 3 | rn]
}

/// `cbnz rn` over `skipped` half-words, at least one: CBNZ, T1.
pub fn cbnz(rn: u16, skipped: u16) -> Code {
    vec![0xB900 | (skipped - 1) << 3 | rn]
}

/// `bx rm`: BX, T1.
pub fn bx(rm: u16) -> Code {
    vec![0x4700 | rm << 3]
}

/// `blx rm`: BLX register, T1.
pub fn blx(rm: u16) -> Code {
    vec![0x4780 | rm << 3]
}

/// `mov pc, rm`: MOV register, T1.
pub fn mov_pc(rm: u16) -> Code {
    vec![0x4687 | rm << 3]
}

/// `pop {pc}`: POP, T1.
pub fn pop_pc() -> Code {
    vec![0xBD00]
}

/// `ldr.w pc, [rn]`: LDR immediate, T3.
pub fn ldr_pc(rn: u16) -> Code {
    ldr_wide(15, rn, 0)
}

/// `tbb [rn, rm]`: TBB, T1.
pub fn tbb(rn: u16, rm: u16) -> Code {
    wide(0xE8D0 | rn, 0xF000 | rm)
}

/// `tbh [rn, rm, lsl #1]`: TBH, T1.
pub fn tbh(rn: u16, rm: u16) -> Code {
    wide(0xE8D0 | rn, 0xF010 | rm)
}

/// `it`, `itt`, `ittt` or `itttt` for `count` instructions of one condition: IT, T1.
pub fn it(condition: Condition, count: u16) -> Code {
    let same = if condition as u16 & 1 == 1 { 0xF } else { 0 };
    let mask = (same << (5 - count) | 1 << (4 - count)) & 0xF;
    vec![0xBF00 | (condition as u16) << 4 | mask]
}

/// `svc #0`: SVC, T1.
pub fn svc() -> Code {
    vec![0xDF00]
}

/// `bne` to `back` half-words before its own address, at most 126: B, T1.
pub fn bne_back_narrow(back: usize) -> Code {
    debug_assert!(back <= 126);
    vec![0xD100 | (back as u16 + 2).wrapping_neg() & 0xFF]
}

/// A conditional branch of four bytes over `skipped` half-words: B, T3.
pub fn b_if_wide(condition: Condition, skipped: u16) -> Code {
    wide(0xF000 | (condition as u16) << 6, 0x8000 | skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        super::super::check(&[
            ("b .+4", b(1), &[0xE000]),
            ("b .+2", b(0), &[0xE7FF]),
            ("b.w .+8", b_wide(2), &[0xF000, 0xB802]),
            ("bl .+8", bl(2), &[0xF000, 0xF802]),
            ("beq .+4", b_if(Condition::Equal, 1), &[0xD000]),
            ("bne .+4", b_if(Condition::NotEqual, 1), &[0xD100]),
            ("bne.w .-1020", bne_back(510), &[0xF47F, 0xAE00]),
            ("bne.w .-4092", bne_back(2046), &[0xF47F, 0xA800]),
            ("bne.w .-4100", bne_back(2050), &[0xF47E, 0xAFFC]),
            ("cbz r3, .+4", cbz(3, 1), &[0xB103]),
            ("cbnz r3, .+4", cbnz(3, 1), &[0xB903]),
            ("bx r8", bx(8), &[0x4740]),
            ("blx r8", blx(8), &[0x47C0]),
            ("mov pc, r8", mov_pc(8), &[0x46C7]),
            ("ldr pc, [r1]", ldr_pc(1), &[0xF8D1, 0xF000]),
            ("tbb [r0, r3]", tbb(0, 3), &[0xE8D0, 0xF003]),
            ("tbh [r0, r3, lsl #1]", tbh(0, 3), &[0xE8D0, 0xF013]),
            ("it eq", it(Condition::Equal, 1), &[0xBF08]),
            ("itt eq", it(Condition::Equal, 2), &[0xBF04]),
            ("itttt eq", it(Condition::Equal, 4), &[0xBF01]),
            ("it ne", it(Condition::NotEqual, 1), &[0xBF18]),
            ("itt ne", it(Condition::NotEqual, 2), &[0xBF1C]),
            ("itttt ne", it(Condition::NotEqual, 4), &[0xBF1F]),
            ("svc #0", svc(), &[0xDF00]),
            ("bne .-40", bne_back_narrow(20), &[0xD1EA]),
            (
                "beq.w .+8",
                b_if_wide(Condition::Equal, 2),
                &[0xF000, 0x8002],
            ),
            (
                "bne.w .+8",
                b_if_wide(Condition::NotEqual, 2),
                &[0xF040, 0x8002],
            ),
        ]);
    }
}
