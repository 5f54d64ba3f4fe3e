//! Data processing.

use super::{Code, wide};

/// `adds rd, #value`: ADD immediate, T2.
pub fn adds(rd: u16, value: u16) -> Code {
    vec![0x3000 | rd << 8 | value]
}

/// `subs rd, #value`: SUB immediate, T2.
pub fn subs(rd: u16, value: u16) -> Code {
    vec![0x3800 | rd << 8 | value]
}

/// `movs rd, #value`: MOV immediate, T1.
pub fn movs(rd: u16, value: u16) -> Code {
    vec![0x2000 | rd << 8 | value]
}

/// `cmp rn, #value`: CMP immediate, T1.
pub fn cmp(rn: u16, value: u16) -> Code {
    vec![0x2800 | rn << 8 | value]
}

/// `cmp.w rn, #value`: CMP immediate, T2.
pub fn cmp_wide(rn: u16, value: u16) -> Code {
    wide(0xF1B0 | rn, 0x0F00 | value)
}

/// `add.w rd, rn, #value`: ADD immediate, T3.
pub fn add_wide(rd: u16, rn: u16, value: u16) -> Code {
    wide(0xF100 | rn, rd << 8 | value)
}

/// `muls rd, rn, rd`: MUL, T1.
pub fn muls(rd: u16, rn: u16) -> Code {
    vec![0x4340 | rn << 3 | rd]
}

/// `mla rd, rn, rm, ra`: MLA, T1.
pub fn mla(rd: u16, rn: u16, rm: u16, ra: u16) -> Code {
    wide(0xFB00 | rn, ra << 12 | rd << 8 | rm)
}

/// `smlad rd, rn, rm, ra`: SMLAD, T1.
pub fn smlad(rd: u16, rn: u16, rm: u16, ra: u16) -> Code {
    wide(0xFB20 | rn, ra << 12 | rd << 8 | rm)
}

/// `smlal low, high, rn, rm`: SMLAL, T1.
pub fn smlal(low: u16, high: u16, rn: u16, rm: u16) -> Code {
    wide(0xFBC0 | rn, low << 12 | high << 8 | rm)
}

/// `udiv rd, rn, rm`: UDIV, T1.
pub fn udiv(rd: u16, rn: u16, rm: u16) -> Code {
    wide(0xFBB0 | rn, 0xF0F0 | rd << 8 | rm)
}

/// `sdiv rd, rn, rm`: SDIV, T1.
pub fn sdiv(rd: u16, rn: u16, rm: u16) -> Code {
    wide(0xFB90 | rn, 0xF0F0 | rd << 8 | rm)
}

/// `lsls rd, rm, #distance`: LSL immediate, T1.
pub fn lsls(rd: u16, rm: u16, distance: u16) -> Code {
    vec![distance << 6 | rm << 3 | rd]
}

/// `asr.w rd, rn, rm`: ASR register, T2.
pub fn asr_wide(rd: u16, rn: u16, rm: u16) -> Code {
    wide(0xFA40 | rn, 0xF000 | rd << 8 | rm)
}

/// `add rd, rm`: ADD register, T2.
pub fn add(rd: u16, rm: u16) -> Code {
    vec![0x4400 | (rd & 8) << 4 | rm << 3 | rd & 7]
}

/// `uxtb rd, rm`: UXTB, T1.
pub fn uxtb(rd: u16, rm: u16) -> Code {
    vec![0xB2C0 | rm << 3 | rd]
}

/// `rev rd, rm`: REV, T1.
pub fn rev(rd: u16, rm: u16) -> Code {
    vec![0xBA00 | rm << 3 | rd]
}

/// An operand of four bytes: rd, rn, and rm shifted to the left.
fn shifted(opcode: u16, rd: u16, rn: u16, rm: u16, distance: u16) -> Code {
    let second = (distance >> 2) << 12 | rd << 8 | (distance & 3) << 6 | rm;
    wide(opcode | rn, second)
}

/// `add.w rd, rn, rm, lsl #distance`: ADD register, T3.
pub fn add_shifted(rd: u16, rn: u16, rm: u16, distance: u16) -> Code {
    shifted(0xEB00, rd, rn, rm, distance)
}

/// `adds.w rd, rn, rm, lsl #distance`: ADD register, T3.
pub fn adds_shifted(rd: u16, rn: u16, rm: u16, distance: u16) -> Code {
    shifted(0xEB10, rd, rn, rm, distance)
}

/// The constant 0x1FC0 of an instruction of four bytes, shifted from the lowest eight bits (A5.3.2).
pub const SHIFTED: u16 = 0xDFE;
/// The constant 0x1B1B1B1B, eight bits repeated.
pub const REPEATED: u16 = 0x31B;

/// A constant of twelve bits as A5.3.2 encodes it.
fn constant(opcode: u16, rd: u16, rn: u16, constant: u16) -> Code {
    let first = opcode | (constant >> 11) << 10 | rn;
    wide(first, (constant >> 8 & 7) << 12 | rd << 8 | constant & 0xFF)
}

/// `eor rd, rn, #value`, of [`SHIFTED`] or [`REPEATED`]: EOR immediate, T1.
pub fn eor_constant(rd: u16, rn: u16, value: u16) -> Code {
    constant(0xF080, rd, rn, value)
}

/// `adds.w rd, rn, #value`, of the same: ADD immediate, T3.
pub fn adds_constant(rd: u16, rn: u16, value: u16) -> Code {
    constant(0xF110, rd, rn, value)
}

/// `bfi rd, rn, #first, #bits`: BFI, T1.
pub fn bfi(rd: u16, rn: u16, first: u16, bits: u16) -> Code {
    let last = first + bits - 1;
    wide(
        0xF360 | rn,
        (first >> 2) << 12 | rd << 8 | (first & 3) << 6 | last,
    )
}

/// `mul rd, rn, rm`: MUL, T2.
pub fn mul_wide(rd: u16, rn: u16, rm: u16) -> Code {
    wide(0xFB00 | rn, 0xF000 | rd << 8 | rm)
}

/// `sxtah rd, rn, rm`: SXTAH, T1.
pub fn sxtah(rd: u16, rn: u16, rm: u16) -> Code {
    wide(0xFA00 | rn, 0xF080 | rd << 8 | rm)
}

/// `qadd rd, rm, rn`: QADD, T1.
pub fn qadd(rd: u16, rm: u16, rn: u16) -> Code {
    wide(0xFA80 | rn, 0xF080 | rd << 8 | rm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        super::super::check(&[
            ("adds r4, #1", adds(4, 1), &[0x3401]),
            ("subs r4, #1", subs(4, 1), &[0x3C01]),
            ("movs r4, #0", movs(4, 0), &[0x2400]),
            ("cmp r3, #4", cmp(3, 4), &[0x2B04]),
            ("cmp.w r3, #4", cmp_wide(3, 4), &[0xF1B3, 0x0F04]),
            ("add.w r4, r4, #1", add_wide(4, 4, 1), &[0xF104, 0x0401]),
            ("muls r4, r3, r4", muls(4, 3), &[0x435C]),
            ("smlal r4, r8, r3, r3", smlal(4, 8, 3, 3), &[0xFBC3, 0x4803]),
            ("smlad r4, r3, r3, r4", smlad(4, 3, 3, 4), &[0xFB23, 0x4403]),
            ("mla r6, r5, r5, r6", mla(6, 5, 5, 6), &[0xFB05, 0x6605]),
            ("udiv r4, r8, r9", udiv(4, 8, 9), &[0xFBB8, 0xF4F9]),
            ("sdiv r4, r8, r9", sdiv(4, 8, 9), &[0xFB98, 0xF4F9]),
            ("lsls r0, r1, #2", lsls(0, 1, 2), &[0x0088]),
            ("asr.w r0, r1, r6", asr_wide(0, 1, 6), &[0xFA41, 0xF006]),
            ("add r0, r1", add(0, 1), &[0x4408]),
            ("add r12, r1", add(12, 1), &[0x448C]),
            ("uxtb r4, r3", uxtb(4, 3), &[0xB2DC]),
            ("rev r4, r3", rev(4, 3), &[0xBA1C]),
            (
                "add.w r0, r1, r6, lsl #2",
                add_shifted(0, 1, 6, 2),
                &[0xEB01, 0x0086],
            ),
            (
                "adds.w r0, r1, r6, lsl #9",
                adds_shifted(0, 1, 6, 9),
                &[0xEB11, 0x2046],
            ),
            (
                "eor r0, r1, #0x1fc0",
                eor_constant(0, 1, SHIFTED),
                &[0xF481, 0x50FE],
            ),
            (
                "eor r0, r1, #0x1b1b1b1b",
                eor_constant(0, 1, REPEATED),
                &[0xF081, 0x301B],
            ),
            (
                "adds.w r0, r1, #0x1fc0",
                adds_constant(0, 1, SHIFTED),
                &[0xF511, 0x50FE],
            ),
            ("bfi r0, r1, #3, #4", bfi(0, 1, 3, 4), &[0xF361, 0x00C6]),
            ("mul r0, r0, r6", mul_wide(0, 0, 6), &[0xFB00, 0xF006]),
            ("sxtah r0, r0, r1", sxtah(0, 0, 1), &[0xFA00, 0xF081]),
            ("qadd r0, r1, r6", qadd(0, 1, 6), &[0xFA86, 0xF081]),
        ]);
    }
}
