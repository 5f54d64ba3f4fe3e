//! The instructions of which the sequences are made, as half-words (Armv7-M Architecture
//! Reference Manual, A7.7; the encoding is named with each). Registers are numbers below 16, below
//! 8 for the 16-bit encodings; offsets are in bytes.

/// Half-words of one instruction or several.
pub type Code = Vec<u16>;

/// One cycle, no effect, and unlike NOP never absorbed by a load before it: `mov r12, r12`
/// (MOV register, T1).
pub const FILL: u16 = 0x46E4;
/// NOP, T1.
pub const NOP: u16 = 0xBF00;

/// Condition codes (A7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Z set.
    Equal = 0,
    /// Z clear.
    NotEqual = 1,
}

/// `count` times [`FILL`].
pub fn fill(count: usize) -> Code {
    vec![FILL; count]
}

/// `count` times `code`.
pub fn repeat(code: &[u16], count: usize) -> Code {
    code.repeat(count)
}

/// One after the other.
pub fn join(parts: &[&[u16]]) -> Code {
    parts.concat()
}

fn wide(first: u16, second: u16) -> Code {
    vec![first, second]
}

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

/// `ldr rt, [rn, #offset]`: LDR immediate, T1.
pub fn ldr(rt: u16, rn: u16, offset: u16) -> Code {
    vec![0x6800 | (offset / 4) << 6 | rn << 3 | rt]
}

/// `ldr.w rt, [rn, #offset]`: LDR immediate, T3.
pub fn ldr_wide(rt: u16, rn: u16, offset: u16) -> Code {
    wide(0xF8D0 | rn, rt << 12 | offset)
}

/// `ldrh.w rt, [rn, #offset]`: LDRH immediate, T2.
pub fn ldrh_wide(rt: u16, rn: u16, offset: u16) -> Code {
    wide(0xF8B0 | rn, rt << 12 | offset)
}

/// `ldr rt, [rn, rm]`: LDR register, T1.
pub fn ldr_register(rt: u16, rn: u16, rm: u16) -> Code {
    vec![0x5800 | rm << 6 | rn << 3 | rt]
}

/// `ldr rt, [rn], #step`: LDR immediate, T4, post-indexed.
pub fn ldr_post(rt: u16, rn: u16, step: u16) -> Code {
    wide(0xF850 | rn, rt << 12 | 0xB00 | step)
}

/// `ldr rt, [rn, #step]!`: LDR immediate, T4, pre-indexed.
pub fn ldr_pre(rt: u16, rn: u16, step: u16) -> Code {
    wide(0xF850 | rn, rt << 12 | 0xF00 | step)
}

/// `str rt, [rn, #offset]`: STR immediate, T1.
pub fn str(rt: u16, rn: u16, offset: u16) -> Code {
    vec![0x6000 | (offset / 4) << 6 | rn << 3 | rt]
}

/// `str.w rt, [rn, #offset]`: STR immediate, T3.
pub fn str_wide(rt: u16, rn: u16, offset: u16) -> Code {
    wide(0xF8C0 | rn, rt << 12 | offset)
}

/// `str rt, [rn, rm]`: STR register, T1.
pub fn str_register(rt: u16, rn: u16, rm: u16) -> Code {
    vec![0x5000 | rm << 6 | rn << 3 | rt]
}

/// `str rt, [rn], #step`: STR immediate, T4, post-indexed.
pub fn str_post(rt: u16, rn: u16, step: u16) -> Code {
    wide(0xF840 | rn, rt << 12 | 0xB00 | step)
}

/// `ldm.w rn, registers`, bit *n* for r*n*: LDM, T2.
pub fn ldm(rn: u16, registers: u16) -> Code {
    wide(0xE890 | rn, registers)
}

/// `stm.w rn, registers`: STM, T2.
pub fn stm(rn: u16, registers: u16) -> Code {
    wide(0xE880 | rn, registers)
}

/// `push registers` below r8: PUSH, T1.
pub fn push(registers: u16) -> Code {
    vec![0xB400 | registers]
}

/// `pop registers` below r8: POP, T1.
pub fn pop(registers: u16) -> Code {
    vec![0xBC00 | registers]
}

/// `pop {pc}`: POP, T1.
pub fn pop_pc() -> Code {
    vec![0xBD00]
}

/// `ldrd rt, rt2, [rn]`: LDRD immediate, T1.
pub fn ldrd(rt: u16, rt2: u16, rn: u16) -> Code {
    wide(0xE9D0 | rn, rt << 12 | rt2 << 8)
}

/// `strd rt, rt2, [rn]`: STRD immediate, T1.
pub fn strd(rt: u16, rt2: u16, rn: u16) -> Code {
    wide(0xE9C0 | rn, rt << 12 | rt2 << 8)
}

/// `ldrex rt, [rn]`: LDREX, T1.
pub fn ldrex(rt: u16, rn: u16) -> Code {
    wide(0xE850 | rn, rt << 12 | 0xF00)
}

/// `strex rd, rt, [rn]`: STREX, T1.
pub fn strex(rd: u16, rt: u16, rn: u16) -> Code {
    wide(0xE840 | rn, rt << 12 | rd << 8)
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

/// `mov sp, rm`: MOV register, T1.
pub fn mov_sp(rm: u16) -> Code {
    vec![0x4685 | rm << 3]
}

/// `mov rd, sp`, `rd` from r8 to r15: MOV register, T1.
pub fn mov_from_sp(rd: u16) -> Code {
    vec![0x46E8 | rd & 7]
}

/// `mov pc, rm`: MOV register, T1.
pub fn mov_pc(rm: u16) -> Code {
    vec![0x4687 | rm << 3]
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

/// `dsb sy`: DSB, T1.
pub fn dsb() -> Code {
    wide(0xF3BF, 0x8F4F)
}

/// `isb sy`: ISB, T1.
pub fn isb() -> Code {
    wide(0xF3BF, 0x8F6F)
}

/// `svc #0`: SVC, T1.
pub fn svc() -> Code {
    vec![0xDF00]
}

/// Three single-precision registers of a data-processing instruction (A6.4).
fn float3(opcode: u32, sd: u16, sn: u16, sm: u16) -> Code {
    let opcode = opcode
        | u32::from(sd >> 1) << 12
        | u32::from(sd & 1) << 22
        | u32::from(sn >> 1) << 16
        | u32::from(sn & 1) << 7
        | u32::from(sm >> 1)
        | u32::from(sm & 1) << 5;
    wide((opcode >> 16) as u16, opcode as u16)
}

/// `vadd.f32 sd, sn, sm`: VADD, T2.
pub fn vadd(sd: u16, sn: u16, sm: u16) -> Code {
    float3(0xEE30_0A00, sd, sn, sm)
}

/// `vmul.f32 sd, sn, sm`: VMUL, T2.
pub fn vmul(sd: u16, sn: u16, sm: u16) -> Code {
    float3(0xEE20_0A00, sd, sn, sm)
}

/// `vmla.f32 sd, sn, sm`: VMLA, T2.
pub fn vmla(sd: u16, sn: u16, sm: u16) -> Code {
    float3(0xEE00_0A00, sd, sn, sm)
}

/// `vfma.f32 sd, sn, sm`: VFMA, T2.
pub fn vfma(sd: u16, sn: u16, sm: u16) -> Code {
    float3(0xEEA0_0A00, sd, sn, sm)
}

/// `vdiv.f32 sd, sn, sm`: VDIV, T1.
pub fn vdiv(sd: u16, sn: u16, sm: u16) -> Code {
    float3(0xEE80_0A00, sd, sn, sm)
}

/// `vsqrt.f32 sd, sm`: VSQRT, T1.
pub fn vsqrt(sd: u16, sm: u16) -> Code {
    float3(0xEEB1_0AC0, sd, 0, sm)
}

/// `vldr sd, [rn, #offset]`: VLDR, T2. Even registers.
pub fn vldr(sd: u16, rn: u16, offset: u16) -> Code {
    wide(0xED90 | rn, (sd / 2) << 12 | 0xA00 | (offset / 4))
}

/// `vldr dd, [rn]`: VLDR, T1.
pub fn vldr_double(dd: u16, rn: u16) -> Code {
    wide(0xED90 | rn, dd << 12 | 0xB00)
}

/// `vstr sd, [rn, #offset]`: VSTR, T2. Even registers.
pub fn vstr(sd: u16, rn: u16, offset: u16) -> Code {
    wide(0xED80 | rn, (sd / 2) << 12 | 0xA00 | (offset / 4))
}

/// `vldm rn, {s0, ...}` with `count` registers: VLDM, T2.
pub fn vldm(rn: u16, count: u16) -> Code {
    wide(0xEC90 | rn, 0xA00 | count)
}

/// `vmov sn, rt`: VMOV, T1. Even registers.
pub fn vmov_to(sn: u16, rt: u16) -> Code {
    wide(0xEE00 | (sn / 2), rt << 12 | 0xA10)
}

/// `vmov rt, sn`: VMOV, T1. Even registers.
pub fn vmov_from(rt: u16, sn: u16) -> Code {
    wide(0xEE10 | (sn / 2), rt << 12 | 0xA10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The half-words are those that an assembler makes of the text.
    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        let cases: &[(&str, Code, &[u16])] = &[
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
            ("ldr r4, [r0, #4]", ldr(4, 0, 4), &[0x6844]),
            ("ldr.w r8, [r0, #4]", ldr_wide(8, 0, 4), &[0xF8D0, 0x8004]),
            ("ldrh.w r4, [r0, #1]", ldrh_wide(4, 0, 1), &[0xF8B0, 0x4001]),
            ("ldr r4, [r0, r3]", ldr_register(4, 0, 3), &[0x58C4]),
            ("ldr r4, [r0], #4", ldr_post(4, 0, 4), &[0xF850, 0x4B04]),
            ("ldr r4, [r0, #4]!", ldr_pre(4, 0, 4), &[0xF850, 0x4F04]),
            ("str r4, [r0, #8]", str(4, 0, 8), &[0x6084]),
            ("str.w r9, [r8]", str_wide(9, 8, 0), &[0xF8C8, 0x9000]),
            ("str r4, [r0, r3]", str_register(4, 0, 3), &[0x50C4]),
            ("str r4, [r0], #4", str_post(4, 0, 4), &[0xF840, 0x4B04]),
            ("ldm r0, {r8, r9}", ldm(0, 0x300), &[0xE890, 0x0300]),
            ("stm r1, {r8, r9}", stm(1, 0x300), &[0xE881, 0x0300]),
            ("push {r0, r1, r2}", push(7), &[0xB407]),
            ("pop {r0, r1, r2}", pop(7), &[0xBC07]),
            ("ldrd r8, r9, [r0]", ldrd(8, 9, 0), &[0xE9D0, 0x8900]),
            ("strd r8, r9, [r0]", strd(8, 9, 0), &[0xE9C0, 0x8900]),
            ("ldrex r4, [r0]", ldrex(4, 0), &[0xE850, 0x4F00]),
            ("strex r8, r4, [r0]", strex(8, 4, 0), &[0xE840, 0x4800]),
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
            ("mov sp, r1", mov_sp(1), &[0x468D]),
            ("mov r8, sp", mov_from_sp(8), &[0x46E8]),
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
            ("dsb sy", dsb(), &[0xF3BF, 0x8F4F]),
            ("isb sy", isb(), &[0xF3BF, 0x8F6F]),
            ("svc #0", svc(), &[0xDF00]),
            ("vadd.f32 s0, s1, s2", vadd(0, 1, 2), &[0xEE30, 0x0A81]),
            ("vmul.f32 s3, s4, s5", vmul(3, 4, 5), &[0xEE62, 0x1A22]),
            ("vmla.f32 s0, s1, s2", vmla(0, 1, 2), &[0xEE00, 0x0A81]),
            ("vfma.f32 s3, s0, s2", vfma(3, 0, 2), &[0xEEE0, 0x1A01]),
            ("vdiv.f32 s0, s1, s2", vdiv(0, 1, 2), &[0xEE80, 0x0A81]),
            ("vsqrt.f32 s0, s1", vsqrt(0, 1), &[0xEEB1, 0x0AE0]),
            ("vldr s0, [r0]", vldr(0, 0, 0), &[0xED90, 0x0A00]),
            ("vldr d0, [r0]", vldr_double(0, 0), &[0xED90, 0x0B00]),
            ("vstr s4, [r0]", vstr(4, 0, 0), &[0xED80, 0x2A00]),
            ("vldmia r0, {s0-s3}", vldm(0, 4), &[0xEC90, 0x0A04]),
            ("vmov s0, r4", vmov_to(0, 4), &[0xEE00, 0x4A10]),
            ("vmov r4, s0", vmov_from(4, 0), &[0xEE10, 0x4A10]),
        ];
        for (text, code, expected) in cases {
            assert_eq!(code, expected, "{text}");
        }
    }
}
