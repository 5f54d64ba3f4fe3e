//! STM32G0B1: 64 MHz from the internal oscillator, and how the flash is read (reference manual RM0444,
//! chapters 3 and 5). Its supply is in range 1 after reset, which allows that clock.

use super::registers::{read, write};

/// What the board file says of flash and cache.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/setup.rs"));
}

const FLASH_ACR: *mut u32 = 0x4002_2000 as *mut u32;
const RCC_CR: *mut u32 = 0x4002_1000 as *mut u32;
const RCC_CFGR: *mut u32 = 0x4002_1008 as *mut u32;
const RCC_PLLCFGR: *mut u32 = 0x4002_100C as *mut u32;

/// RCC_CR.PLLON and PLLRDY.
const PLLON: u32 = 1 << 24;
const PLLRDY: u32 = 1 << 25;
/// RCC_PLLCFGR: from HSI16, × 8 / 2, output R on.
const PLL_64_MHZ: u32 = 2 | 8 << 8 | 1 << 28 | 1 << 29;
/// RCC_CFGR: the PLL as the system clock, as chosen and as in use.
const SW: u32 = 7;
const SW_PLL: u32 = 2;
const SWS: u32 = 7 << 3;
const SWS_PLL: u32 = 2 << 3;

/// What the marking pin needs to know: RCC_IOPENR, the ports, and the clock.
#[cfg(feature = "energy")]
pub const PORT_CLOCKS: usize = 0x4002_1034;
#[cfg(feature = "energy")]
pub const PORTS: usize = 0x5000_0000;
#[cfg(feature = "energy")]
pub const CYCLES_PER_MS: u32 = 64_000;

/// FLASH_ACR: LATENCY, PRFTEN and ICEN, and their values by the board file. Another bit of it is the
/// debugger's access, which stays as it is.
const ACR_MASK: u32 = 7 | 1 << 8 | 1 << 9;
const ACR: u32 = settings::WAIT_STATES
    | (settings::PREFETCH as u32) << 8
    | (settings::INSTRUCTION_CACHE as u32) << 9;

/// Sets flash and cache, then the clock.
pub fn configure() {
    // The flash has to be slow enough before the core is fast.
    write(FLASH_ACR, read(FLASH_ACR) & !ACR_MASK | ACR);
    while read(FLASH_ACR) & ACR_MASK != ACR {}

    write(RCC_PLLCFGR, PLL_64_MHZ);
    write(RCC_CR, read(RCC_CR) | PLLON);
    while read(RCC_CR) & PLLRDY == 0 {}
    write(RCC_CFGR, read(RCC_CFGR) & !SW | SW_PLL);
    while read(RCC_CFGR) & SWS != SWS_PLL {}
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}
