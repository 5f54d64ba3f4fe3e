//! Which of the encodings Armv6-M has (Armv6-M Architecture Reference Manual, DDI 0419, A5): all others are
//! UNDEFINED there, and so are those that it leaves UNPREDICTABLE.

use super::encoding::bits;
use super::is_wide;

/// Whether Armv6-M has the instruction.
pub(super) fn has(first: u16, second: u16) -> bool {
    if is_wide(first) {
        return has_wide(first, second);
    }
    match first >> 8 {
        // CBZ and CBNZ.
        0xB1 | 0xB3 | 0xB9 | 0xBB => false,
        // CPS: PRIMASK alone.
        0xB6 => first & 3 == 2,
        // IT; the hints are there.
        0xBF => first & 0xF == 0,
        _ => true,
    }
}

/// BL, MSR, MRS, the barriers and UDF (A5.3).
fn has_wide(first: u16, second: u16) -> bool {
    if first & 0xF800 != 0xF000 || second & 0x8000 == 0 {
        return false;
    }
    if second & 0x5000 == 0x5000 {
        return true;
    }
    let special = matches!(second & 0xFF, 0..=3 | 5..=9 | 16 | 20);
    match bits(first, 4, 7) {
        // MSR of the flags or a special register.
        0b011_1000 => second & 0x7F00 == 0x0800 && special,
        0b011_1011 => matches!(bits(second, 4, 4), 4..=6),
        0b011_1110 => second & 0x7000 == 0 && special,
        0b111_1111 => second & 0x7000 == 0x2000,
        _ => false,
    }
}
