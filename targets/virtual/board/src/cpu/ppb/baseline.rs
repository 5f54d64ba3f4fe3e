//! Armv6-M's part of the Private Peripheral Bus (Armv6-M Architecture Reference Manual, DDI 0419, B3 and C1).

use super::identification::component;
use crate::cpu::Core;

/// CCR: the stack is aligned to 8 bytes, and unaligned accesses fault. Nothing of it can be changed.
const CCR: u32 = 1 << 9 | 1 << 3;

/// Whether there is a register at `address`. The registers for debugging are a debugger's alone.
pub(super) fn has(address: u32, by_code: bool) -> bool {
    match address {
        0xE000_E010..=0xE000_E01F
        | 0xE000_E100..=0xE000_E103
        | 0xE000_E180..=0xE000_E183
        | 0xE000_E200..=0xE000_E203
        | 0xE000_E280..=0xE000_E283
        | 0xE000_E400..=0xE000_E41F
        | 0xE000_ED00..=0xE000_ED17
        | 0xE000_ED1C..=0xE000_ED27
        | 0xE00F_F000..=0xE00F_FFFF => true,
        0xE000_1000..=0xE000_2FFF
        | 0xE000_ED30..=0xE000_ED33
        | 0xE000_EDF0..=0xE000_EDFF
        | 0xE000_EFD0..=0xE000_EFFF => !by_code,
        _ => false,
    }
}

/// What can be written of `value`.
pub(super) fn writable(address: u32, value: u32) -> u32 {
    /// DEMCR: DWTENA, VC_HARDERR, VC_CORERESET.
    const DEMCR: u32 = 1 << 24 | 1 << 10 | 1;
    match address {
        0xE000_EDFC => value & DEMCR,
        // VTOR.
        0xE000_ED08 => value & 0xFFFF_FF00,
        // There are no priority groups, and no reset of the core alone.
        0xE000_ED0C => value & 0xFFFF_0006,
        _ => value,
    }
}

impl Core {
    /// A register that shows less than Armv7-M's.
    pub(super) fn baseline_register(&self, address: u32) -> Option<u32> {
        /// SHCSR: SVCALLPENDED.
        const SVCALL_PENDED: u32 = 1 << 15;
        /// ICSR: RETTOBASE is Armv7-M's.
        const RETTOBASE: u32 = 1 << 11;
        let id = |part| component(address & 0xFFF, [part, 0xB0, 0x0B, 0x00]);
        match address {
            0xE000_1FD0..=0xE000_1FFF => id(0x0A),
            0xE000_2FD0..=0xE000_2FFF => id(0x0B),
            0xE000_EFD0..=0xE000_EFFF => id(0x08),
            0xE000_ED04 => Some(self.icsr() & !RETTOBASE),
            0xE000_ED0C => Some(0xFA05_0000),
            0xE000_ED14 => Some(CCR),
            0xE000_ED24 => Some(self.shcsr() & SVCALL_PENDED),
            _ => None,
        }
    }
}
