//! Barriers, hints and special registers.

use super::{Code, wide};

/// `dsb sy`: DSB, T1.
pub fn dsb() -> Code {
    wide(0xF3BF, 0x8F4F)
}

/// `isb sy`: ISB, T1.
pub fn isb() -> Code {
    wide(0xF3BF, 0x8F6F)
}

/// `dmb sy`: DMB, T1.
pub fn dmb() -> Code {
    wide(0xF3BF, 0x8F5F)
}

/// `nop.w`: NOP, T2.
pub fn nop_wide() -> Code {
    wide(0xF3AF, 0x8000)
}

/// `mrs rd, apsr`: MRS, T1.
pub fn mrs(rd: u16) -> Code {
    wide(0xF3EF, 0x8000 | rd << 8)
}

/// `msr apsr_nzcvq, rn`: MSR, T1.
pub fn msr(rn: u16) -> Code {
    wide(0xF380 | rn, 0x8800)
}

/// `sev`: SEV, T1.
pub fn sev() -> Code {
    vec![0xBF40]
}

/// `wfe`: WFE, T1.
pub fn wfe() -> Code {
    vec![0xBF20]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_encoded_as_by_an_assembler() {
        super::super::check(&[
            ("dsb sy", dsb(), &[0xF3BF, 0x8F4F]),
            ("isb sy", isb(), &[0xF3BF, 0x8F6F]),
            ("dmb sy", dmb(), &[0xF3BF, 0x8F5F]),
            ("nop.w", nop_wide(), &[0xF3AF, 0x8000]),
            ("mrs r4, apsr", mrs(4), &[0xF3EF, 0x8400]),
            ("msr apsr_nzcvq, r3", msr(3), &[0xF383, 0x8800]),
            ("sev", sev(), &[0xBF40]),
            ("wfe", wfe(), &[0xBF20]),
        ]);
    }
}
