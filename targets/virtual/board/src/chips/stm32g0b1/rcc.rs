//! RCC: clock sources, PLL, prescalers, and what switches peripherals on and resets them (RM0444,
//! chapter 5).

use crate::chips::stm32::{Bit, Clocks, Rcc, RccLayout, Ready};

const CR: u32 = 0x00;
const CFGR: u32 = 0x08;
const PLLCFGR: u32 = 0x0C;
pub(super) const IOPENR: u32 = 0x34;
pub(super) const AHBENR: u32 = 0x38;
pub(super) const APBENR1: u32 = 0x3C;
pub(super) const APBENR2: u32 = 0x40;
const CCIPR: u32 = 0x54;
const BDCR: u32 = 0x5C;
const CSR: u32 = 0x60;

/// The RCC as data.
pub(super) static LAYOUT: RccLayout = RccLayout {
    last: CSR,
    reset: &[
        (CR, 0x500),
        (PLLCFGR, 0x1000),
        (AHBENR, 0x100),
        (0x44, 0x3F),
        (0x48, 0x0005_1303),
        (0x4C, 0xFFFF_FFB7),
        (0x50, 0x0017_D801),
    ],
    // HSI16, HSE, HSI48, PLL; LSE; LSI.
    ready: &[
        Ready::new(CR, 8, 10),
        Ready::new(CR, 16, 17),
        Ready::new(CR, 22, 23),
        Ready::new(CR, 24, 25),
        Ready::new(BDCR, 0, 1),
        Ready::new(CSR, 0, 1),
    ],
    switch: Bit::new(CFGR, 3),
    // HSISYS, HSE, PLL, LSI, LSE.
    sources: &[
        Bit::new(CR, 8),
        Bit::new(CR, 16),
        Bit::new(CR, 24),
        Bit::new(CSR, 0),
        Bit::new(BDCR, 0),
    ],
    // All but its outputs.
    pll: Some((
        Bit::new(CR, 24),
        &[(PLLCFGR, !(1 << 16 | 1 << 24 | 1 << 28))],
    )),
    interrupt_flags: 0x1C,
    interrupt_clear: 0x20,
    enables: IOPENR,
    resets: [0x24, 0x30],
    backup: BDCR,
    status: CSR,
    status_reset: 0,
    status_writable: 1,
};

const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-64 gives the chip as its external clock (UM2324).
const HSE_HZ: u64 = 8_000_000;
const LSI_HZ: u64 = 32_000;
const LSE_HZ: u64 = 32_768;

/// The PLL's output R, Hz.
fn pll(rcc: &Rcc) -> u64 {
    let field = |from, bits| rcc.field(PLLCFGR, from, bits);
    let source = match field(0, 2) {
        2 => HSI16_HZ,
        3 => HSE_HZ,
        _ => 0,
    };
    source / (field(4, 3) + 1) * field(8, 7) / (field(29, 3) + 1)
}

/// The frequencies that follow from the registers.
pub(super) fn clocks(rcc: &Rcc) -> Clocks {
    let settings = rcc.get(CFGR);
    let system = match rcc.source() {
        // HSISYS: HSI16 divided by CR.HSIDIV.
        0 => HSI16_HZ >> rcc.field(CR, 11, 3),
        1 => HSE_HZ,
        2 => pll(rcc),
        3 => LSI_HZ,
        _ => LSE_HZ,
    };
    // There is one bus.
    let ppre = [settings >> 12; 2];
    Clocks {
        hsi16: if rcc.is_on(CR, 8) { HSI16_HZ } else { 0 },
        lse: if rcc.is_on(BDCR, 0) { LSE_HZ } else { 0 },
        ..Clocks::prescaled(system, settings >> 8, ppre)
    }
}

/// The clock of a serial port, Hz: the two bits of CCIPR from `select` on choose it. Ports without a
/// choice have that of their bus.
pub(super) fn serial_clock(rcc: &Rcc, select: Option<u32>) -> u64 {
    let clocks = clocks(rcc);
    match select.map_or(0, |from| rcc.field(CCIPR, from, 2)) {
        0 => clocks.apb[0],
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
    fn runs_at_16_mhz_after_reset_and_slower_if_hsidiv_says_so() {
        let mut rcc = new();
        assert_eq!(clocks(&rcc).core, 16_000_000);
        assert_eq!(rcc.read(CR), Some(0x500));
        write(&mut rcc, CR, 0x500 | 3 << 11);
        assert_eq!(clocks(&rcc).core, 2_000_000);
    }

    #[test]
    fn the_pll_makes_64_mhz_of_the_hsi16() {
        let mut rcc = new();
        // 16 MHz × 8 / 2.
        write(&mut rcc, PLLCFGR, 2 | 8 << 8 | 1 << 28 | 1 << 29);
        write(&mut rcc, CFGR, 2);
        assert_eq!(
            rcc.read(CFGR),
            Some(2),
            "a PLL that is off isn't switched to"
        );
        write(&mut rcc, CR, 0x0100_0500);
        assert_eq!(rcc.read(CR).unwrap() >> 25 & 1, 1);
        assert_eq!(rcc.read(CFGR), Some(2 | 2 << 3));
        assert_eq!(clocks(&rcc).core, 64_000_000);
        // The bus divided by four: its timers run at twice its clock.
        write(&mut rcc, CFGR, 2 | 5 << 12);
        let clocks = clocks(&rcc);
        assert_eq!(clocks.apb, [16_000_000; 2]);
        assert_eq!(clocks.timer_divider, [2; 2]);
        // USART2 by HSI16.
        write(&mut rcc, CCIPR, 2 << 2);
        assert_eq!(serial_clock(&rcc, Some(2)), 16_000_000);
    }

    #[test]
    fn bytes_of_the_backup_domain_need_permission_and_outlive_a_reset() {
        let mut rcc = new();
        write(&mut rcc, BDCR, 1);
        assert_eq!(rcc.read(BDCR), Some(0));
        let on = Write { value: 1, mask: 1 };
        rcc.write(BDCR, on, true).unwrap();
        rcc.reset(ResetReason::Software, None);
        assert_eq!(rcc.read(BDCR), Some(3));
        assert_eq!(rcc.read(CSR).unwrap() >> 28 & 1, 1);
    }
}
