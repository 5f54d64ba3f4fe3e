//! Reset values of registers that aren't modelled, where they aren't zero (Product Specification,
//! the register tables of each peripheral). SPIM, TWIM and their like share a page: the values are
//! those of the first.

use crate::chips::unmodelled::{self, ResetValues};

/// A pin select register that selects no pin.
const DISCONNECTED: u32 = u32::MAX;

const RADIO: &ResetValues = &[
    (0x508, 0x2),
    (0x554, 0x40),
    (0x650, 0x200),
    (0x660, 0xA7),
    (0x66C, 0x052D_0000),
    (0xFFC, 0x1),
];
const SPIM: &ResetValues = &[
    (0x508, DISCONNECTED),
    (0x50C, DISCONNECTED),
    (0x510, DISCONNECTED),
    (0x514, DISCONNECTED),
    (0x524, 0x0400_0000),
    (0x560, 0x2),
    (0x564, 0x2),
    (0x56C, DISCONNECTED),
];
const NFCT: &ResetValues = &[
    (0x504, 0x480),
    (0x508, 0x1000),
    (0x50C, 0x1),
    (0x518, 0x17),
    (0x520, 0x15),
    (0x590, 0x6363),
    (0x59C, 0x2),
    (0x5A0, 0x1),
];
const SAADC: &ResetValues = &[(0x5F0, 0x1)];
const AAR: &ResetValues = &[(0x504, 0x1), (0x518, 0xFB)];
const QDEC: &ResetValues = &[
    (0x51C, DISCONNECTED),
    (0x520, DISCONNECTED),
    (0x524, DISCONNECTED),
    (0x540, 0x10),
];
const COMP: &ResetValues = &[(0x508, 0x4)];
const PDM: &ResetValues = &[
    (0x504, 0x0840_0000),
    (0x518, 0x28),
    (0x51C, 0x28),
    (0x540, DISCONNECTED),
    (0x544, DISCONNECTED),
];
const I2S: &ResetValues = &[
    (0x50C, 0x1),
    (0x510, 0x1),
    (0x514, 0x2000_0000),
    (0x518, 0x6),
    (0x51C, 0x1),
    (0x560, DISCONNECTED),
    (0x564, DISCONNECTED),
    (0x568, DISCONNECTED),
    (0x56C, DISCONNECTED),
    (0x570, DISCONNECTED),
];
const USBD: &ResetValues = &[
    (0x4C0, 0x1_0000),
    (0x50C, 0x100),
    (0x510, 0x1),
    (0x514, 0x1),
];
const QSPI: &ResetValues = &[
    (0x524, DISCONNECTED),
    (0x528, DISCONNECTED),
    (0x530, DISCONNECTED),
    (0x534, DISCONNECTED),
    (0x538, DISCONNECTED),
    (0x53C, DISCONNECTED),
    (0x600, 0x4_0480),
    (0x614, u32::MAX),
    (0x624, 0xB7),
    (0x634, 0x2000),
    (0x640, 0x200),
];

/// The reset value of a register on an APB page.
pub(super) fn reset_value(page: u32, offset: u32) -> u32 {
    let values = match page {
        0x01 => RADIO,
        // TWIS.CONFIG.
        0x03 | 0x04 if offset == 0x594 => return 1,
        0x03 | 0x04 | 0x23 | 0x2F => SPIM,
        0x05 => NFCT,
        0x07 => match offset {
            // CH[n].CONFIG and CH[n].LIMIT.
            0x510..0x590 if offset & 0xF == 0x8 => return 0x2_0000,
            0x510..0x590 if offset & 0xF == 0xC => return 0x7FFF_8000,
            _ => SAADC,
        },
        0x0F => AAR,
        0x12 => QDEC,
        0x13 => COMP,
        0x1D => PDM,
        0x25 => I2S,
        0x27 => USBD,
        0x29 => QSPI,
        // CryptoCell: HOST_IOT_LCS.
        0x1_002B if offset == 0xA60 => return 2,
        _ => return 0,
    };
    unmodelled::reset_value(values, offset)
}
