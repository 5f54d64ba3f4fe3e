//! In what this chip's pins, EXTI and flash controller differ from those of other STM32 (RM0444, chapters
//! 3, 6, 7 and 12).

use crate::chips::stm32::{Bits, ExtiLayout, FlashModel, Offsets, PortLayout, Selection};

const MODER: u32 = 0x00;

const fn port(reset: &'static [(u32, u32)]) -> PortLayout {
    PortLayout { pins: 16, reset }
}

const OTHER: PortLayout = port(&[(MODER, 0xFFFF_FFFF)]);

/// Ports A to F.
pub(super) static PORTS: [PortLayout; 6] = [
    port(&[
        (MODER, 0xEBFF_FFFF),
        (0x08, 0x0C00_0000),
        (0x0C, 0x2400_0000),
    ]),
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    PortLayout {
        pins: 14,
        reset: &[(MODER, 0x0FFF_FFFF)],
    },
];

pub(super) static EXTI: ExtiLayout = ExtiLayout {
    selection: Selection::Exti,
    // EXTI 0 and 1, 2 and 3, 4 to 15.
    vectors: &[(5, 0x3), (6, 0xC), (7, 0xFFF0)],
    masks: [0xFFF8_0000, 0x1F],
    // CFGR1, CFGR2, and from 0x80 on which peripherals assert each interrupt line: of these none does.
    syscfg_words: 0x40,
    syscfg_reset: &[],
    remapping: 0x3,
};

/// WRP1AR, WRP1BR, WRP2AR and WRP2BR are the fourth, fifth, tenth and eleventh option register.
pub(super) static FLASH: FlashModel = FlashModel {
    offsets: Offsets {
        key: 0x08,
        option_key: 0x0C,
        status: 0x10,
        control: 0x14,
        ecc: 0x18,
        // ECC2R and SECR.
        ignored: &[0x1C, 0x80],
    },
    // The instruction cache on, no wait states, no prefetch, the debugger's access on.
    acr_reset: 0x0004_0600,
    acr_writable: 0x0005_0F07,
    latency: Bits { from: 0, count: 3 },
    // Pages of the second bank count from 256 on in PNB, which has ten bits: seven tell pages of a bank apart.
    page: Bits { from: 3, count: 7 },
    second_bank: 1 << 13,
    // PG, PER, MER1, PNB, BKER, MER2, STRT to FSTPG, and the interrupts.
    control_writable: 0xBFFF | 1 << 18 | 7 << 24,
    bank_bytes: 0x4_0000,
    page_bytes: [0x800, 0x800],
    program_bytes: 8,
    options: &[
        (0x20, 0xFFFF_FEAA),
        (0x24, 0x1FF),
        (0x28, 0),
        (0x2C, 0x7F),
        (0x30, 0x7F),
        (0x34, 0x1FF),
        (0x38, 0),
        (0x44, 0x1FF),
        (0x48, 0),
        (0x4C, 0x7F),
        (0x50, 0x7F),
        (0x54, 0x1FF),
        (0x58, 0),
    ],
    dual_bank: 1 << 21,
    protected: [[3, 4], [9, 10]],
    protected_pages: 0x7F,
    option_banks: [&[0, 1, 2, 3, 4, 5, 6], &[7, 8, 9, 10, 11, 12]],
    // STM32G0B1xB/xC/xE data sheet, flash memory characteristics, typical.
    program_us: 85,
    erase_page_us: 22_000,
    erase_bank_us: 22_000,
};
