//! Armv8-M's part of the Private Peripheral Bus, where it isn't Armv7-M's (Armv8-M Architecture Reference Manual,
//! DDI 0553, D1.2), without the Security Extension: what belongs to that reads as zero.

use crate::cpu::Core;
use crate::memory::BusFault;

/// AIRCR.BFHFNMINS: BusFault, HardFault and NMI aren't secure.
const BFHFNMINS: u32 = 1 << 13;
/// SAU_CTRL, and its bit that turns the unit on.
const SAU_CTRL: u32 = 0xE000_EDD0;
const SAU_ENABLE: u32 = 1;
/// DAUTHSTATUS: debugging and tracing of what isn't secure are there and allowed.
const AUTHENTICATION: u32 = 0xF;

/// Identification of the core: ID_PFR0 to ID_ISAR5, CLIDR and CTR, as the Cortex-M33 Technical Reference Manual
/// (100230, table 3-1) lists them.
const ID_REGISTERS: [u32; 16] = [
    0x0000_0030,
    0x0000_0200,
    0x0020_0000,
    0x0000_0000,
    0x0010_1F40,
    0x0000_0000,
    0x0100_0000,
    0x0000_0000,
    0x0110_1110,
    0x0221_2000,
    0x2023_2232,
    0x0111_1131,
    0x0131_0132,
    0x0000_0000,
    0x0000_0000,
    0x8000_C000,
];
/// MVFR0-2 of FPv5-SP.
const MVFR: [u32; 3] = [0x1011_0021, 0x1100_0011, 0x40];

/// The units with an identification of their own, by the page they are in: what DEVARCH and DEVTYPE say.
const UNITS: [(u32, u32, u32); 4] = [
    (0xE000_0000, 0x4770_1A01, 0x43),
    (0xE000_1000, 0x4770_1A02, 0x00),
    (0xE000_2000, 0x4770_1A03, 0x00),
    (0xE000_E000, 0x4770_2A04, 0x00),
];

/// What identifies a unit of the core as CoreSight component (class 9) of the Cortex-M33.
fn identification(address: u32) -> Option<u32> {
    let &(_, architecture, kind) = UNITS.iter().find(|(page, ..)| *page == address & !0xFFF)?;
    Some(match address & 0xFFF {
        0xFBC => architecture,
        0xFCC => kind,
        0xFD0 => 0x04,
        0xFD4..=0xFDC => 0,
        0xFE0 => 0x21,
        0xFE4 => 0xBD,
        0xFE8 => 0x0B,
        0xFEC => 0,
        0xFF0 => 0x0D,
        0xFF4 => 0x90,
        0xFF8 => 0x05,
        0xFFC => 0xB1,
        _ => return None,
    })
}

/// Whether all that is at `address` reads as zero and ignores writes: CPPWR, NVIC_ITNS, the cache registers of a
/// core without caches, NSACR, the SAU, SecureFault's registers, DAUTHCTRL, DSCSR, the cache maintenance.
fn is_zero(address: u32) -> bool {
    matches!(
        address,
        0xE000_E00C
            | 0xE000_E380..=0xE000_E3BC
            | 0xE000_ED80..=0xE000_ED84
            | 0xE000_ED8C
            | 0xE000_EDD0..=0xE000_EDE8
            | 0xE000_EE04..=0xE000_EE08
            | 0xE000_EF50..=0xE000_EF78
            | 0xE002_E000..=0xE002_EFFF
    )
}

impl Core {
    /// A register that shows something else than Armv7-M's, or that Armv7-M doesn't have.
    pub(super) fn armv8m_register(&self, address: u32) -> Option<u32> {
        let exceptions = &self.system.exceptions;
        Some(match address {
            _ if is_zero(address) => 0,
            0xE000_ED0C => 0xFA05_0000 | BFHFNMINS | exceptions.group << 8,
            0xE000_ED40..=0xE000_ED7C => ID_REGISTERS[(address - 0xE000_ED40) as usize >> 2],
            0xE000_EDC0 | 0xE000_EDC4 => self.system.mpu.read(address - 0xE000_ED90),
            0xE000_EF40..=0xE000_EF48 if self.system.scb.fpu => {
                MVFR[(address - 0xE000_EF40) as usize >> 2]
            }
            0xE000_EFB8 => AUTHENTICATION,
            _ => return identification(address),
        })
    }

    /// Writes a register that Armv7-M doesn't have; `None` if it is none of those.
    pub(super) fn write_armv8m(
        &mut self,
        address: u32,
        value: u32,
    ) -> Option<Result<(), BusFault>> {
        match address {
            SAU_CTRL if value & SAU_ENABLE != 0 => self.report(
                "the program turns on TrustZone (SAU_CTRL.ENABLE): this core has no Security Extension, and \
                 nothing becomes secure"
                    .to_owned(),
            ),
            0xE002_E000..=0xE002_EFFF => self.report(format!(
                "the program writes to {address:#010x}, where TrustZone's secure code sets up what isn't \
                 secure: this core has no Security Extension, and nothing is there"
            )),
            0xE000_EDC0 | 0xE000_EDC4 => {
                self.system.mpu.write(address - 0xE000_ED90, value);
            }
            0xE000_ED74..=0xE000_ED7C | 0xE000_EFB8 => {}
            _ if is_zero(address) => {}
            _ => return None,
        }
        Some(Ok(()))
    }
}
