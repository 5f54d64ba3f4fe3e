//! This chip's pins and flash (RM0487, chapters "Embedded flash memory" and "General-purpose I/Os").

use crate::chips::stm32::{FlashModel, PortLayout};
use crate::chips::stm32u::parts::{self, PORT, PORT_A, PORT_B};

/// Ports A to H; there is no port F.
pub(super) static PORTS: [PortLayout; 8] = [
    PORT_A,
    PORT_B,
    PORT,
    PORT,
    PORT,
    PortLayout {
        pins: 0,
        reset: &[],
    },
    PORT,
    PORT,
];

/// The times are those of an STM32U575.
pub(super) static FLASH: FlashModel = FlashModel {
    bank_bytes: 0x8_0000,
    page_bytes: [0x1000, 0x1000],
    program_bytes: 8,
    ..parts::FLASH
};
