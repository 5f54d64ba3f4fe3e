//! STM32U385: 96 MHz from the internal oscillator, and how the flash is read (reference manual RM0487, chapters
//! "Embedded flash memory", "Instruction cache", "Power control" and "Reset and clock control").

use super::registers::{read, write};

/// What the board file says of flash and cache.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/setup.rs"));
}

const FLASH_ACR: *mut u32 = 0x4002_2000 as *mut u32;
const ICACHE_CR: *mut u32 = 0x4003_0400 as *mut u32;
const PWR_VOSR: *mut u32 = 0x4003_080C as *mut u32;
const RCC_CR: *mut u32 = 0x4003_0C00 as *mut u32;
const RCC_ICSCR1: *mut u32 = 0x4003_0C08 as *mut u32;
const RCC_CFGR4: *mut u32 = 0x4003_0C28 as *mut u32;
const RCC_AHB1ENR2: *mut u32 = 0x4003_0C94 as *mut u32;

/// RCC_AHB1ENR2.PWREN.
const PWREN: u32 = 1 << 2;
/// RCC_CFGR4: the booster's clock is MSIS, which the hardware divides.
const BOOSTSEL_MSIS: u32 = 1;
/// PWR_VOSR: the ranges and the booster, and that they are there.
const R1EN: u32 = 1 << 0;
const R2EN: u32 = 1 << 1;
const BOOSTEN: u32 = 1 << 8;
const R1RDY: u32 = 1 << 16;
const BOOSTRDY: u32 = 1 << 24;
/// RCC_ICSCR1: MSIS as this register says; MSIRC1 instead of MSIRC0, which has 96 MHz, and a divider.
const MSIRGSEL: u32 = 1 << 23;
const MSIS_OTHER: u32 = 1 << 31 | 3 << 29;
/// RCC_CR.MSISRDY.
const MSISRDY: u32 = 1 << 2;

/// What the marking pin needs to know: RCC_AHB2ENR1, the ports, and the clock.
#[cfg(feature = "energy")]
pub const PORT_CLOCKS: usize = 0x4003_0C8C;
#[cfg(feature = "energy")]
pub const PORTS: usize = 0x4202_0000;
#[cfg(feature = "energy")]
pub const CYCLES_PER_MS: u32 = 96_000;

/// FLASH_ACR as the board file says.
const ACR: u32 = settings::WAIT_STATES | (settings::PREFETCH as u32) << 8;

/// Sets flash and cache, then the voltage, then the clock, which is MSIS from reset on.
pub fn configure() {
    // The flash has to be slow enough before the core is fast.
    write(FLASH_ACR, ACR);
    while read(FLASH_ACR) != ACR {}
    // One way, which can be chosen while the cache is off.
    write(ICACHE_CR, 0);
    write(ICACHE_CR, u32::from(settings::INSTRUCTION_CACHE));

    write(RCC_AHB1ENR2, read(RCC_AHB1ENR2) | PWREN);
    // A read gives the clock time to reach the peripheral.
    read(RCC_AHB1ENR2);
    write(RCC_CFGR4, BOOSTSEL_MSIS);
    write(PWR_VOSR, read(PWR_VOSR) | BOOSTEN);
    while read(PWR_VOSR) & BOOSTRDY == 0 {}
    write(PWR_VOSR, read(PWR_VOSR) & !R2EN | R1EN);
    while read(PWR_VOSR) & R1RDY == 0 {}

    // The 12 MHz of after reset from this register, then the 96 MHz.
    write(RCC_ICSCR1, read(RCC_ICSCR1) | MSIRGSEL);
    write(RCC_ICSCR1, read(RCC_ICSCR1) & !MSIS_OTHER);
    while read(RCC_CR) & MSISRDY == 0 {}
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}
