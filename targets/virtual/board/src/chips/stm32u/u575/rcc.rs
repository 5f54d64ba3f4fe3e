//! RCC: clock sources, PLL1, prescalers, and what switches peripherals on and resets them (RM0456,
//! chapter 11).
//!
//! Simplified: the fractional part of PLL1 and the other PLLs' frequencies aren't modelled.

use crate::chips::stm32::{Bit, Clocks, Rcc, RccLayout, Ready};

const CR: u32 = 0x00;
const ICSCR1: u32 = 0x08;
const CFGR1: u32 = 0x1C;
const CFGR2: u32 = 0x20;
const CFGR3: u32 = 0x24;
const PLL1CFGR: u32 = 0x28;
const PLL1DIVR: u32 = 0x34;
pub(super) const AHB1ENR: u32 = 0x88;
pub(super) const AHB2ENR1: u32 = 0x8C;
pub(super) const AHB3ENR: u32 = 0x94;
pub(super) const APB1ENR1: u32 = 0x9C;
pub(super) const APB2ENR: u32 = 0xA4;
pub(super) const APB3ENR: u32 = 0xA8;
pub(super) const CCIPR1: u32 = 0xE0;
pub(super) const CCIPR3: u32 = 0xE8;
const BDCR: u32 = 0xF0;
const CSR: u32 = 0xF4;

/// The RCC as data.
pub(super) static LAYOUT: RccLayout = RccLayout {
    last: 0x114,
    reset: &[
        (CR, 0x35),
        (ICSCR1, 0x4400_0000),
        (PLL1DIVR, 0x0101_0280),
        (0x3C, 0x0101_0280),
        (0x44, 0x0101_0280),
        (AHB1ENR, 0xD020_0100),
        (0x90, 0xC000_0000),
        (AHB3ENR, 0x8000_0000),
        // What keeps clocks on while the core sleeps.
        (0xB0, u32::MAX),
        (0xB4, u32::MAX),
        (0xB8, u32::MAX),
        (0xBC, u32::MAX),
        (0xC0, u32::MAX),
        (0xC4, u32::MAX),
        (0xC8, u32::MAX),
        (0xCC, u32::MAX),
        (0xD0, u32::MAX),
    ],
    // MSIS, MSIK, HSI16, HSI48, SHSI, HSE, PLL1 to 3; LSE, LSESYS, LSI.
    ready: &[
        Ready::new(CR, 0, 2),
        Ready::new(CR, 4, 5),
        Ready::new(CR, 8, 10),
        Ready::new(CR, 12, 13),
        Ready::new(CR, 14, 15),
        Ready::new(CR, 16, 17),
        Ready::new(CR, 24, 25),
        Ready::new(CR, 26, 27),
        Ready::new(CR, 28, 29),
        Ready::new(BDCR, 0, 1),
        Ready::new(BDCR, 7, 11),
        Ready::new(BDCR, 26, 27),
    ],
    switch: Bit::new(CFGR1, 2),
    // MSIS, HSI16, HSE, PLL1.
    sources: &[
        Bit::new(CR, 0),
        Bit::new(CR, 8),
        Bit::new(CR, 16),
        Bit::new(CR, 24),
    ],
    // All but its outputs.
    pll: Some((
        Bit::new(CR, 24),
        &[(PLL1CFGR, !(7 << 16)), (PLL1DIVR, u32::MAX)],
    )),
    interrupt_flags: 0x54,
    interrupt_clear: 0x58,
    enables: AHB1ENR,
    resets: [0x60, 0x80],
    backup: BDCR,
    status: CSR,
    status_reset: 0x4400,
    status_writable: 0xFF00,
};

/// MSI's ranges, Hz (ICSCR1.MSISRANGE).
const MSI_HZ: [u64; 16] = [
    48_000_000, 24_000_000, 16_000_000, 12_000_000, 4_000_000, 2_000_000, 1_330_000, 1_000_000,
    3_072_000, 1_536_000, 1_024_000, 768_000, 400_000, 200_000, 133_000, 100_000,
];
const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-144 gives the chip as its external clock (UM2861).
const HSE_HZ: u64 = 8_000_000;
const LSE_HZ: u64 = 32_768;

fn msi(rcc: &Rcc) -> u64 {
    // ICSCR1.MSIRGSEL chooses between the range there and that after standby in CSR.
    let range = if rcc.is_on(ICSCR1, 23) {
        rcc.field(ICSCR1, 28, 4)
    } else {
        rcc.field(CSR, 12, 4)
    };
    MSI_HZ[range as usize]
}

/// PLL1's output R, Hz.
fn pll(rcc: &Rcc) -> u64 {
    let source = match rcc.field(PLL1CFGR, 0, 2) {
        1 => msi(rcc),
        2 => HSI16_HZ,
        3 => HSE_HZ,
        _ => 0,
    };
    source / (rcc.field(PLL1CFGR, 8, 4) + 1) * (rcc.field(PLL1DIVR, 0, 9) + 1)
        / (rcc.field(PLL1DIVR, 24, 7) + 1)
}

/// The frequencies that follow from the registers.
pub(super) fn clocks(rcc: &Rcc) -> Clocks {
    let settings = rcc.get(CFGR2);
    let system = match rcc.source() {
        0 => msi(rcc),
        1 => HSI16_HZ,
        2 => HSE_HZ,
        _ => pll(rcc),
    };
    let ppre = [settings >> 4, settings >> 8];
    Clocks {
        hsi16: if rcc.is_on(CR, 8) { HSI16_HZ } else { 0 },
        lse: if rcc.is_on(BDCR, 0) { LSE_HZ } else { 0 },
        ..Clocks::prescaled(system, settings, ppre)
    }
}

/// The clock of a serial port, Hz: a field of CCIPR1 or CCIPR3 chooses it; `bus` is its bus.
pub(super) fn serial_clock(rcc: &Rcc, (register, from): (u32, u32), bus: usize) -> u64 {
    let clocks = clocks(rcc);
    match rcc.field(register, from, 2) {
        0 if bus == 2 => {
            let ppre = [rcc.get(CFGR3) >> 4; 2];
            Clocks::prescaled(clocks.core, 0, ppre).apb[0]
        }
        0 => clocks.apb[bus],
        1 => clocks.system,
        2 => clocks.hsi16,
        _ => clocks.lse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chips::stm32::Write;

    fn new() -> Rcc {
        Rcc::new(&LAYOUT)
    }

    fn write(rcc: &mut Rcc, offset: u32, value: u32) {
        let write = Write {
            value,
            mask: u32::MAX,
        };
        rcc.write(offset, write, false).unwrap();
    }

    #[test]
    fn runs_at_4_mhz_after_reset() {
        assert_eq!(clocks(&new()).core, 4_000_000);
    }

    #[test]
    fn pll1_makes_160_mhz_of_the_msi() {
        let mut rcc = new();
        // 4 MHz × 80 / 2, output R on.
        write(&mut rcc, PLL1CFGR, 1 | 1 << 18);
        write(&mut rcc, PLL1DIVR, 79 | 1 << 24);
        write(&mut rcc, CR, 0x0100_0035);
        assert_eq!(rcc.read(CR).unwrap() >> 25 & 1, 1);
        write(&mut rcc, CFGR1, 3);
        assert_eq!(rcc.read(CFGR1), Some(0xF));
        assert_eq!(clocks(&rcc).core, 160_000_000);
        // And then it can't be switched off.
        write(&mut rcc, CR, 0x35);
        assert_eq!(clocks(&rcc).core, 160_000_000);
        // The bus divided by four, and the core by two.
        write(&mut rcc, CFGR2, 8 | 5 << 8);
        let clocks = clocks(&rcc);
        assert_eq!((clocks.core, clocks.apb[1]), (80_000_000, 20_000_000));
        assert_eq!(clocks.timer_divider, [1, 2]);
    }
}
