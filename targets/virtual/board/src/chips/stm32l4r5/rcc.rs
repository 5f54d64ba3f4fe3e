//! RCC: clock sources, PLL, prescalers, and what switches peripherals on and resets them (RM0432,
//! chapter 6).

use crate::chips::stm32::{Bit, Clocks, Rcc, RccLayout, Ready};

const CR: u32 = 0x00;
const CFGR: u32 = 0x08;
const PLLCFGR: u32 = 0x0C;
pub(super) const AHB1ENR: u32 = 0x48;
/// The enable registers, beside [`AHB1ENR`].
pub(super) const AHB2ENR: u32 = 0x4C;
pub(super) const APB1ENR1: u32 = 0x58;
pub(super) const APB1ENR2: u32 = 0x5C;
pub(super) const APB2ENR: u32 = 0x60;
const CCIPR: u32 = 0x88;
const BDCR: u32 = 0x90;
const CSR: u32 = 0x94;
const CRRCR: u32 = 0x98;

/// The RCC as data.
pub(super) static LAYOUT: RccLayout = RccLayout {
    last: 0xA4,
    reset: &[
        (CR, 0x63),
        (0x04, 0x1000_0000),
        (PLLCFGR, 0x1000),
        (0x10, 0x1000),
        (0x14, 0x1000),
        (AHB1ENR, 0x100),
        (0x68, 0x0007_1307),
        (0x6C, 0x0067_77FF),
        (0x70, 0x0000_0301),
        (0x78, 0xF2FE_CA3F),
        (0x7C, 0x0000_0023),
        (0x80, 0x0CE3_7C01),
    ],
    // MSI, HSI16, HSE, PLL, PLLSAI1, PLLSAI2; LSE; LSI; HSI48.
    ready: &[
        Ready::new(CR, 0, 1),
        Ready::new(CR, 8, 10),
        Ready::new(CR, 16, 17),
        Ready::new(CR, 24, 25),
        Ready::new(CR, 26, 27),
        Ready::new(CR, 28, 29),
        Ready::new(BDCR, 0, 1),
        Ready::new(CSR, 0, 1),
        Ready::new(CRRCR, 0, 1),
    ],
    switch: Bit::new(CFGR, 2),
    // MSI, HSI16, HSE, PLL.
    sources: &[
        Bit::new(CR, 0),
        Bit::new(CR, 8),
        Bit::new(CR, 16),
        Bit::new(CR, 24),
    ],
    // All but its outputs.
    pll: Some((
        Bit::new(CR, 24),
        &[(PLLCFGR, !(1 << 16 | 1 << 20 | 1 << 24))],
    )),
    interrupt_flags: 0x1C,
    interrupt_clear: 0x20,
    enables: AHB1ENR,
    resets: [0x28, 0x40],
    backup: BDCR,
    status: CSR,
    status_reset: 0x600,
    status_writable: 0xF1D,
};

/// MSI's ranges (CR.MSIRANGE), Hz.
const MSI_HZ: [u64; 12] = [
    100_000, 200_000, 400_000, 800_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000,
    24_000_000, 32_000_000, 48_000_000,
];
const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-144 gives the chip as its external clock (UM2179).
const HSE_HZ: u64 = 8_000_000;
const LSE_HZ: u64 = 32_768;

fn msi(rcc: &Rcc) -> u64 {
    // CR.MSIRGSEL chooses between the range in CR and that after standby in CSR.
    let range = if rcc.is_on(CR, 3) {
        rcc.field(CR, 4, 4)
    } else {
        rcc.field(CSR, 8, 4)
    };
    MSI_HZ.get(range as usize).copied().unwrap_or(MSI_HZ[6])
}

/// The main PLL's output R, Hz.
fn pll(rcc: &Rcc) -> u64 {
    let field = |from, bits| rcc.field(PLLCFGR, from, bits);
    let source = match field(0, 2) {
        1 => msi(rcc),
        2 => HSI16_HZ,
        3 => HSE_HZ,
        _ => 0,
    };
    source / (field(4, 4) + 1) * field(8, 7) / (2 * (field(25, 2) + 1))
}

/// The frequencies that follow from the registers.
pub(super) fn clocks(rcc: &Rcc) -> Clocks {
    let settings = rcc.get(CFGR);
    let system = match rcc.source() {
        0 => msi(rcc),
        1 => HSI16_HZ,
        2 => HSE_HZ,
        _ => pll(rcc),
    };
    let ppre = [settings >> 8, settings >> 11];
    Clocks {
        hsi16: if rcc.is_on(CR, 8) { HSI16_HZ } else { 0 },
        lse: if rcc.is_on(BDCR, 0) { LSE_HZ } else { 0 },
        ..Clocks::prescaled(system, settings >> 4, ppre)
    }
}

/// The clock of a USART, Hz: field `select` of CCIPR chooses it; `bus` is its bus.
pub(super) fn usart_clock(rcc: &Rcc, select: u32, bus: usize) -> u64 {
    let clocks = clocks(rcc);
    match rcc.field(CCIPR, 2 * select, 2) {
        0 => clocks.apb[bus],
        1 => clocks.system,
        2 => clocks.hsi16,
        _ => clocks.lse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chips::ResetReason;
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
        let clocks = clocks(&new());
        assert_eq!((clocks.system, clocks.core), (4_000_000, 4_000_000));
        assert_eq!(clocks.apb, [4_000_000; 2]);
    }

    #[test]
    fn the_pll_makes_120_mhz_of_the_msi() {
        let mut rcc = new();
        // 4 MHz × 60 / 2.
        write(&mut rcc, PLLCFGR, 1 | 60 << 8 | 1 << 24);
        write(&mut rcc, CR, 0x0100_0063);
        assert_eq!(rcc.read(CR).unwrap() >> 25 & 1, 1);
        write(&mut rcc, CFGR, 3);
        assert_eq!(rcc.read(CFGR).unwrap() & 0xF, 0xF);
        assert_eq!(clocks(&rcc).core, 120_000_000);
        // APB1 divided by four: its timers run at twice its clock.
        write(&mut rcc, CFGR, 3 | 5 << 8);
        let clocks = clocks(&rcc);
        assert_eq!(clocks.apb, [30_000_000, 120_000_000]);
        assert_eq!(clocks.timer_divider, [2, 1]);
    }

    #[test]
    fn a_source_that_is_off_is_not_switched_to() {
        let mut rcc = new();
        write(&mut rcc, CFGR, 1);
        assert_eq!(rcc.read(CFGR).unwrap() >> 2 & 3, 0);
        write(&mut rcc, CR, 0x163);
        assert_eq!(rcc.read(CFGR).unwrap() >> 2 & 3, 1);
        // And then it can't be switched off.
        write(&mut rcc, CR, 0);
        assert_eq!(rcc.read(CR).unwrap() >> 8 & 1, 1);
        assert_eq!(clocks(&rcc).core, 16_000_000);
    }

    #[test]
    fn bytes_of_the_backup_domain_need_permission() {
        let mut rcc = new();
        write(&mut rcc, BDCR, 1);
        assert_eq!(rcc.read(BDCR), Some(0));
        let on = Write { value: 1, mask: 1 };
        rcc.write(BDCR, on, true).unwrap();
        assert_eq!(rcc.read(BDCR), Some(3));
        rcc.reset(ResetReason::Software, None);
        assert_eq!(rcc.read(BDCR), Some(3), "it outlives a reset");
        assert_eq!(rcc.read(CSR).unwrap() >> 28 & 1, 1);
    }
}
