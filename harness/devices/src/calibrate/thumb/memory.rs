//! Loads, stores, and what moves the stack pointer.

use super::{Code, wide};

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

/// `mov sp, rm`: MOV register, T1.
pub fn mov_sp(rm: u16) -> Code {
    vec![0x4685 | rm << 3]
}

/// `mov rd, sp`, `rd` from r8 to r15: MOV register, T1.
pub fn mov_from_sp(rd: u16) -> Code {
    vec![0x46E8 | rd & 7]
}

/// `ldrh rt, [rn, #offset]`: LDRH immediate, T1.
pub fn ldrh(rt: u16, rn: u16, offset: u16) -> Code {
    vec![0x8800 | (offset / 2) << 6 | rn << 3 | rt]
}

/// `ldrb rt, [rn, #offset]`: LDRB immediate, T1.
pub fn ldrb(rt: u16, rn: u16, offset: u16) -> Code {
    vec![0x7800 | offset << 6 | rn << 3 | rt]
}

/// `strb rt, [rn, #offset]`: STRB immediate, T1.
pub fn strb(rt: u16, rn: u16, offset: u16) -> Code {
    vec![0x7000 | offset << 6 | rn << 3 | rt]
}

/// `ldm rn!, registers` below r8: LDM, T1. `rn` isn't one of them.
pub fn ldm_narrow(rn: u16, registers: u16) -> Code {
    vec![0xC800 | rn << 8 | registers]
}

/// `stm rn!, registers` below r8: STM, T1.
pub fn stm_narrow(rn: u16, registers: u16) -> Code {
    vec![0xC000 | rn << 8 | registers]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        super::super::check(&[
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
            ("mov sp, r1", mov_sp(1), &[0x468D]),
            ("mov r8, sp", mov_from_sp(8), &[0x46E8]),
            ("ldrh r4, [r0, #6]", ldrh(4, 0, 6), &[0x88C4]),
            ("ldrb r4, [r0, #3]", ldrb(4, 0, 3), &[0x78C4]),
            ("strb r4, [r0, #3]", strb(4, 0, 3), &[0x70C4]),
            ("ldmia r0!, {r1, r2, r4}", ldm_narrow(0, 0x16), &[0xC816]),
            ("stmia r0!, {r1, r2, r4}", stm_narrow(0, 0x16), &[0xC016]),
        ]);
    }
}
