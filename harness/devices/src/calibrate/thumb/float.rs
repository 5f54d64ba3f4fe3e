//! The floating-point unit.

use super::{Code, wide};

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

/// `vmov rt, rt2, sm, sm1`: VMOV between two core registers and two singles, T1. Even registers.
pub fn vmov_from_pair(rt: u16, rt2: u16, sm: u16) -> Code {
    wide(0xEC50 | rt2, rt << 12 | 0xA10 | (sm / 2))
}

/// `vmov sm, sm1, rt, rt2`: the same, the other way.
pub fn vmov_to_pair(sm: u16, rt: u16, rt2: u16) -> Code {
    wide(0xEC40 | rt2, rt << 12 | 0xA10 | (sm / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        super::super::check(&[
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
            (
                "vmov r4, r8, s2, s3",
                vmov_from_pair(4, 8, 2),
                &[0xEC58, 0x4A11],
            ),
            (
                "vmov s2, s3, r4, r8",
                vmov_to_pair(2, 4, 8),
                &[0xEC48, 0x4A11],
            ),
        ]);
    }
}
