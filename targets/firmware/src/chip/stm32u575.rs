//! STM32U575: 160 MHz from the internal oscillator, and how the flash is read (reference manual RM0456,
//! chapters 7, 8, 10 and 11).

use super::registers::{read, write};

/// What the board file says of flash and cache.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/setup.rs"));
}

const FLASH_ACR: *mut u32 = 0x4002_2000 as *mut u32;
const ICACHE_CR: *mut u32 = 0x4003_0400 as *mut u32;
const PWR_VOSR: *mut u32 = 0x4602_080C as *mut u32;
const RCC_CR: *mut u32 = 0x4602_0C00 as *mut u32;
const RCC_CFGR1: *mut u32 = 0x4602_0C1C as *mut u32;
const RCC_CFGR2: *mut u32 = 0x4602_0C20 as *mut u32;
const RCC_PLL1CFGR: *mut u32 = 0x4602_0C28 as *mut u32;
const RCC_PLL1DIVR: *mut u32 = 0x4602_0C34 as *mut u32;
const RCC_AHB3ENR: *mut u32 = 0x4602_0C94 as *mut u32;

/// RCC_AHB3ENR.PWREN.
const PWREN: u32 = 1 << 2;
/// PWR_VOSR: range 1 and the booster, and that both are there.
const RANGE_1: u32 = 3 << 16;
const VOSRDY: u32 = 1 << 15;
const BOOSTEN: u32 = 1 << 18;
const BOOSTRDY: u32 = 1 << 14;
/// RCC_CR.PLL1ON and PLL1RDY.
const PLL1ON: u32 = 1 << 24;
const PLL1RDY: u32 = 1 << 25;
/// RCC_PLL1CFGR and RCC_PLL1DIVR: from MSIS, which runs at 4 MHz after reset, × 80 / 2, output R on.
const PLL1_FROM_MSIS: u32 = 1 | 1 << 18;
const PLL1_160_MHZ: u32 = 79 | 1 << 24;
/// RCC_CFGR1: PLL1 as the system clock, as chosen and as in use. RCC_CFGR2: the core's divider.
const SW_PLL: u32 = 3;
const SWS_PLL: u32 = 3 << 2;
const HPRE: u32 = 0xF;
const HPRE_2: u32 = 8;

/// What the marking pin needs to know: RCC_AHB2ENR1, the ports, and the clock.
#[cfg(feature = "energy")]
pub const PORT_CLOCKS: usize = 0x4602_0C8C;
#[cfg(feature = "energy")]
pub const PORTS: usize = 0x4202_0000;
#[cfg(feature = "energy")]
pub const CYCLES_PER_MS: u32 = 160_000;

/// FLASH_ACR as the board file says.
const ACR: u32 = settings::WAIT_STATES | (settings::PREFETCH as u32) << 8;

/// Sets flash and cache, then the voltage, then the clock.
pub fn configure() {
    // The flash has to be slow enough before the core is fast.
    write(FLASH_ACR, ACR);
    while read(FLASH_ACR) != ACR {}
    // One way, which can be chosen while the cache is off.
    write(ICACHE_CR, 0);
    write(ICACHE_CR, u32::from(settings::INSTRUCTION_CACHE));

    write(RCC_AHB3ENR, read(RCC_AHB3ENR) | PWREN);
    // A read gives the clock time to reach the peripheral.
    read(RCC_AHB3ENR);
    write(PWR_VOSR, read(PWR_VOSR) | RANGE_1);
    while read(PWR_VOSR) & VOSRDY == 0 {}
    // The booster takes its clock from the source of the PLL.
    write(RCC_PLL1CFGR, PLL1_FROM_MSIS);
    write(RCC_PLL1DIVR, PLL1_160_MHZ);
    write(PWR_VOSR, read(PWR_VOSR) | BOOSTEN);
    while read(PWR_VOSR) & BOOSTRDY == 0 {}

    write(RCC_CR, read(RCC_CR) | PLL1ON);
    while read(RCC_CR) & PLL1RDY == 0 {}
    // Beyond 80 MHz in two steps, at least 1 µs apart: at 80 MHz that is 80 cycles.
    let dividers = read(RCC_CFGR2) & !HPRE;
    write(RCC_CFGR2, dividers | HPRE_2);
    write(RCC_CFGR1, read(RCC_CFGR1) | SW_PLL);
    while read(RCC_CFGR1) & SWS_PLL != SWS_PLL {}
    cortex_m::asm::delay(160);
    write(RCC_CFGR2, dividers);
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}
