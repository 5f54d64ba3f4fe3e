//! Which core and which components these are, as debuggers read it.

use crate::chips::ChipIdentity;

/// Debug features: ID_DFR0 and its neighbours, as the Cortex-M4 TRM (table 4-1) lists them.
pub(super) const ID_REGISTERS: [u32; 13] = [
    0x0000_0030,
    0x0000_0200,
    0x0010_0000,
    0x0000_0000,
    0x0010_0030,
    0x0000_0000,
    0x0100_0000,
    0x0000_0000,
    0x0114_1110,
    0x0211_2000,
    0x2123_2231,
    0x0111_1131,
    0x0131_0132,
];
/// MVFR0-2 of FPv4-SP: what MVFR2 tells of came with FPv5.
pub(super) const MVFR: [u32; 3] = [0x1011_0021, 0x1100_0011, 0];

/// Identification of a CoreSight component: PIDR0-3 as given, the rest is common. ITM
/// and TPIU have lock and claim registers; debuggers read those of the others all the same.
pub(super) fn component(offset: u32, peripheral: [u32; 4]) -> Option<u32> {
    Some(match offset {
        0xFA0..=0xFCC => 0,
        0xFD0 => 0x04,
        0xFD4..=0xFDC => 0,
        0xFE0..=0xFEC => peripheral[(offset as usize - 0xFE0) >> 2],
        0xFF0 => 0x0D,
        0xFF4 => 0xE0,
        0xFF8 => 0x05,
        0xFFC => 0xB1,
        _ => return None,
    })
}

/// The ROM table (Cortex-M4 TRM, table 4-2): SCS, DWT, FPB, ITM, TPIU, ETM, and the chip's own
/// identity (ADIv5.2, D1.2). That of a Cortex-M0+ ends behind the first three (its TRM, table 6-1).
pub(super) fn rom_table(offset: u32, chip: ChipIdentity, mainline: bool) -> u32 {
    const JEDEC: u32 = 1 << 3;
    let designer = u32::from(chip.designer);
    let part = u32::from(chip.part);
    match offset {
        0x00 => 0xFFF0_F003,
        0x04 => 0xFFF0_2003,
        0x08 => 0xFFF0_3003,
        0x0C..=0x14 if !mainline => 0,
        0x0C => 0xFFF0_1003,
        0x10 => 0xFFF4_1003,
        0x14 => 0xFFF4_2003,
        0xFCC => 1,
        0xFD0 => chip.continuation.into(),
        0xFE0 => part & 0xFF,
        0xFE4 => (designer & 0xF) << 4 | part >> 8 & 0xF,
        0xFE8 => JEDEC | designer >> 4 & 7,
        0xFF0 => 0x0D,
        0xFF4 => 0x10,
        0xFF8 => 0x05,
        0xFFC => 0xB1,
        _ => 0,
    }
}
