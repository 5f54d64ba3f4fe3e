//! In what this chip's pins, EXTI and flash controller differ from those of other STM32 (RM0432, chapters
//! 3, 8, 9 and 17).

use crate::chips::stm32::{Bits, ExtiLayout, FlashModel, Offsets, PortLayout, Selection};

const MODER: u32 = 0x00;
const PUPDR: u32 = 0x0C;

const fn port(reset: &'static [(u32, u32)]) -> PortLayout {
    PortLayout { pins: 16, reset }
}

const OTHER: PortLayout = port(&[(MODER, 0xFFFF_FFFF)]);

/// Ports A to I.
pub(super) static PORTS: [PortLayout; 9] = [
    port(&[
        (MODER, 0xABFF_FFFF),
        (0x08, 0x0C00_0000),
        (PUPDR, 0x6400_0000),
    ]),
    port(&[(MODER, 0xFFFF_FEBF), (0x08, 0xC0), (PUPDR, 0x100)]),
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    PortLayout {
        pins: 12,
        reset: &[(MODER, 0x00FF_FFFF)],
    },
];

pub(super) static EXTI: ExtiLayout = ExtiLayout {
    selection: Selection::Syscfg,
    // EXTI 0 to 4, 5 to 9 and 10 to 15.
    vectors: &[
        (6, 1 << 0),
        (7, 1 << 1),
        (8, 1 << 2),
        (9, 1 << 3),
        (10, 1 << 4),
        (23, 0x3E0),
        (40, 0xFC00),
    ],
    masks: [0xFF82_0000, 0x87],
    syscfg_words: 11,
    syscfg_reset: &[(0x04, 0x7C00_0001)],
    remapping: 0x107,
};

/// WRP1AR, WRP1BR, WRP2AR and WRP2BR are the fourth, fifth, eighth and ninth option register.
pub(super) static FLASH: FlashModel = FlashModel {
    offsets: Offsets {
        key: 0x08,
        option_key: 0x0C,
        status: 0x10,
        control: 0x14,
        ecc: 0x18,
        ignored: &[0x04, 0x130],
    },
    // Both caches on, no wait states, no prefetch.
    acr_reset: 0x600,
    acr_writable: 0x6FFF,
    latency: Bits { from: 0, count: 4 },
    page: Bits { from: 3, count: 8 },
    second_bank: 1 << 11,
    // PG to MER2, FSTPG, and the interrupts.
    control_writable: 0x8FFF | 1 << 18 | 7 << 24,
    bank_bytes: 0x10_0000,
    page_bytes: [0x1000, 0x2000],
    program_bytes: 8,
    options: &[
        (0x20, 0xFFEF_F8AA),
        (0x24, u32::MAX),
        (0x28, 0xFFFF_0000),
        (0x2C, 0xFF00_FFFF),
        (0x30, 0xFF00_FFFF),
        (0x44, u32::MAX),
        (0x48, 0xFFFF_0000),
        (0x4C, 0xFF00_FFFF),
        (0x50, 0xFF00_FFFF),
    ],
    dual_bank: 1 << 22,
    protected: [[3, 4], [7, 8]],
    protected_pages: 0xFF,
    option_banks: [&[0, 1, 2, 3, 4], &[5, 6, 7, 8]],
    // STM32L4R5xx data sheet, flash memory characteristics, typical.
    program_us: 82,
    erase_page_us: 22_020,
    erase_bank_us: 22_130,
};
