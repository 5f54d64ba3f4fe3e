//! In what the pins, EXTI and flash controller of these chips differ from those of other STM32 (RM0456, chapters
//! 7, 13, 15 and 23).

use crate::chips::stm32::{Bits, ExtiLayout, FlashModel, Offsets, PortLayout, Selection};

const MODER: u32 = 0x00;

const fn port(reset: &'static [(u32, u32)]) -> PortLayout {
    PortLayout { pins: 16, reset }
}

/// Port A, some of whose pins are the debugger's.
pub(super) const PORT_A: PortLayout = port(&[
    (MODER, 0xABFF_FFFF),
    (0x08, 0x0800_0000),
    (0x0C, 0x6400_0000),
]);
/// Port B, likewise.
pub(super) const PORT_B: PortLayout = port(&[(MODER, 0xFFFF_FEBF), (0x08, 0xC0), (0x0C, 0x100)]);
/// Any other of 16 pins.
pub(super) const PORT: PortLayout = port(&[(MODER, 0xFFFF_FFFF)]);

/// Each of the lines 0 to 15 has an interrupt line of its own.
pub(super) static EXTI: ExtiLayout = ExtiLayout {
    selection: Selection::Exti,
    vectors: &[
        (11, 1 << 0),
        (12, 1 << 1),
        (13, 1 << 2),
        (14, 1 << 3),
        (15, 1 << 4),
        (16, 1 << 5),
        (17, 1 << 6),
        (18, 1 << 7),
        (19, 1 << 8),
        (20, 1 << 9),
        (21, 1 << 10),
        (22, 1 << 11),
        (23, 1 << 12),
        (24, 1 << 13),
        (25, 1 << 14),
        (26, 1 << 15),
    ],
    masks: [0, 0],
    syscfg_words: 0x78 / 4,
    syscfg_reset: &[],
    remapping: 0,
};

/// The flash controller, with sizes and times of the STM32U575.
///
/// WRP1AR, WRP1BR, WRP2AR and WRP2BR are the seventh, eighth, eleventh and twelfth option register. Those of
/// the Security Extension, which is off, keep what is written.
pub(super) const FLASH: FlashModel = FlashModel {
    offsets: Offsets {
        key: 0x08,
        option_key: 0x10,
        status: 0x20,
        control: 0x28,
        ecc: 0x30,
        // Keys of the secure side and of power-down, the secure SR and CR, OPSR.
        ignored: &[0x0C, 0x18, 0x1C, 0x24, 0x2C, 0x34],
    },
    acr_reset: 0x1,
    acr_writable: 0x790F,
    latency: Bits { from: 0, count: 4 },
    page: Bits { from: 3, count: 7 },
    second_bank: 1 << 11,
    // PG, PER, MER1, PNB, BKER, BWR, MER2 and the interrupts.
    control_writable: 0xCFFF | 7 << 24,
    bank_bytes: 0x10_0000,
    page_bytes: [0x2000, 0x2000],
    program_bytes: 16,
    options: &[
        (0x40, 0x1FEF_F8AA),
        (0x44, 0x0800_007F),
        (0x48, 0x0BF9_007F),
        (0x4C, 0x0C00_007C),
        (0x50, 0xFF80_FF80),
        (0x54, 0),
        (0x58, 0xFF80_FFFF),
        (0x5C, 0xFF80_FFFF),
        (0x60, 0xFF80_FF80),
        (0x64, 0),
        (0x68, 0xFF80_FFFF),
        (0x6C, 0xFF80_FFFF),
    ],
    dual_bank: 1 << 21,
    protected: [[6, 7], [10, 11]],
    protected_pages: 0x7F,
    // The option bytes are reached through these registers alone.
    option_banks: [&[], &[]],
    // STM32U575xx data sheet, flash memory characteristics, typical.
    program_us: 118,
    erase_page_us: 1_500,
    erase_bank_us: 195_000,
};
