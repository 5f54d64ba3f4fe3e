//! This chip's pins and flash (RM0456, chapters 7 and 13).

use crate::chips::stm32::{FlashModel, PortLayout};
use crate::chips::stm32u::parts::{self, PORT, PORT_A, PORT_B};

/// Ports A to I.
pub(super) static PORTS: [PortLayout; 9] = [
    PORT_A,
    PORT_B,
    PORT,
    PORT,
    PORT,
    PORT,
    PORT,
    PORT,
    PortLayout {
        pins: 8,
        reset: &[(0x00, 0xFFFF)],
    },
];

pub(super) static FLASH: FlashModel = parts::FLASH;
