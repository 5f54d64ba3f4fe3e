//! STM32L4R5: 120 MHz from the internal oscillator, and how the flash is read (reference manual
//! RM0432, chapters 3, 5 and 6).

use super::registers::{read, write};

/// What the board file says of flash and caches.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/setup.rs"));
}

const FLASH_ACR: *mut u32 = 0x4002_2000 as *mut u32;
const RCC_CR: *mut u32 = 0x4002_1000 as *mut u32;
const RCC_CFGR: *mut u32 = 0x4002_1008 as *mut u32;
const RCC_PLLCFGR: *mut u32 = 0x4002_100C as *mut u32;
const RCC_APB1ENR1: *mut u32 = 0x4002_1058 as *mut u32;
const PWR_CR5: *mut u32 = 0x4000_7080 as *mut u32;

/// RCC_APB1ENR1.PWREN.
const PWREN: u32 = 1 << 28;
/// PWR_CR5.R1MODE: range 1 without boost.
const R1MODE: u32 = 1 << 8;
/// RCC_CR.PLLON and PLLRDY.
const PLLON: u32 = 1 << 24;
const PLLRDY: u32 = 1 << 25;
/// RCC_PLLCFGR: from the MSI, which runs at 4 MHz after reset, × 60 / 2, output R on.
const PLL_120_MHZ: u32 = 1 | 60 << 8 | 1 << 24;
/// RCC_CFGR: the PLL as the system clock, as chosen and as in use, and the core's divider.
const SW_PLL: u32 = 3;
const SWS_PLL: u32 = 3 << 2;
const HPRE: u32 = 0xF << 4;
const HPRE_2: u32 = 8 << 4;

/// What the marking pin needs to know: RCC_AHB2ENR, the ports, and the clock.
#[cfg(feature = "energy")]
pub const PORT_CLOCKS: usize = 0x4002_104C;
#[cfg(feature = "energy")]
pub const PORTS: usize = 0x4800_0000;
#[cfg(feature = "energy")]
pub const CYCLES_PER_MS: u32 = 120_000;

/// FLASH_ACR as the board file says.
const ACR: u32 = settings::WAIT_STATES
    | (settings::PREFETCH as u32) << 8
    | (settings::INSTRUCTION_CACHE as u32) << 9
    | (settings::DATA_CACHE as u32) << 10;

/// Sets flash and caches, then the voltage, then the clock.
pub fn configure() {
    // The flash has to be slow enough before the core is fast.
    write(FLASH_ACR, ACR);
    while read(FLASH_ACR) != ACR {}

    write(RCC_APB1ENR1, read(RCC_APB1ENR1) | PWREN);
    // A read gives the clock time to reach the peripheral.
    read(RCC_APB1ENR1);
    write(PWR_CR5, read(PWR_CR5) & !R1MODE);

    write(RCC_PLLCFGR, PLL_120_MHZ);
    write(RCC_CR, read(RCC_CR) | PLLON);
    while read(RCC_CR) & PLLRDY == 0 {}
    // Beyond 80 MHz in two steps, at least 1 µs apart: at 60 MHz that is 60 cycles (RM0432, 5.1.8).
    let clock = read(RCC_CFGR) & !(HPRE | SW_PLL);
    write(RCC_CFGR, clock | HPRE_2 | SW_PLL);
    while read(RCC_CFGR) & SWS_PLL != SWS_PLL {}
    cortex_m::asm::delay(120);
    write(RCC_CFGR, clock | SW_PLL);
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}
