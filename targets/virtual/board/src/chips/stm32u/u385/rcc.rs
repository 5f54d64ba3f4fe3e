//! RCC: clock sources, prescalers, and what switches peripherals on and resets them (RM0487, chapter "Reset and
//! clock control"). There is no PLL of the system clock's: one of the two MSI oscillators makes 96 MHz.
//!
//! Simplified: HSE is never ready, for the board has no crystal for it. The PLL mode of the MSI, which makes it
//! more precise, isn't modelled.

use crate::chips::stm32::{Bit, Clocks, Rcc, RccLayout, Ready};

const CR: u32 = 0x00;
const ICSCR1: u32 = 0x08;
const ICSCR2: u32 = 0x0C;
const ICSCR3: u32 = 0x10;
const CFGR1: u32 = 0x1C;
const CFGR2: u32 = 0x20;
const CFGR3: u32 = 0x24;
pub(super) const AHB1ENR1: u32 = 0x88;
pub(super) const AHB2ENR1: u32 = 0x8C;
pub(super) const AHB1ENR2: u32 = 0x94;
pub(super) const APB1ENR1: u32 = 0x9C;
pub(super) const APB2ENR: u32 = 0xA4;
pub(super) const APB3ENR: u32 = 0xA8;
const CCIPR1: u32 = 0x100;
const CCIPR3: u32 = 0x108;
const BDCR: u32 = 0x110;
const CSR: u32 = 0x114;

/// CR.HSERDY.
const HSERDY: u32 = 17;

/// The RCC as data.
pub(super) static LAYOUT: RccLayout = RccLayout {
    last: 0x134,
    reset: &[
        (CR, 0x1D),
        (ICSCR1, 0xB400_0000),
        (ICSCR2, 0x820),
        (ICSCR3, 0x10_0000),
        (AHB1ENR1, 0x8000_0100),
        (AHB2ENR1, 0x4000_0000),
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
    // MSIS, MSIK, the PLL modes of both MSI, HSI16, HSI48; LSE, LSESYS; LSI.
    ready: &[
        Ready::new(CR, 0, 2),
        Ready::new(CR, 3, 4),
        Ready::new(CR, 5, 9),
        Ready::new(CR, 6, 10),
        Ready::new(CR, 11, 13),
        Ready::new(CR, 14, 15),
        Ready::never(CR, HSERDY),
        Ready::new(BDCR, 0, 1),
        Ready::new(BDCR, 7, 11),
        Ready::new(CSR, 0, 1),
    ],
    switch: Bit::new(CFGR1, 2),
    // MSIS, HSI16.
    sources: &[Bit::new(CR, 0), Bit::new(CR, 11)],
    pll: None,
    interrupt_flags: 0x54,
    interrupt_clear: 0x58,
    enables: AHB1ENR1,
    resets: [0x60, 0x80],
    backup: BDCR,
    status: CSR,
    status_reset: 0x1100,
    status_writable: 0x3307,
};

/// MSIRC0 and MSIRC1, Hz.
const MSI_HZ: [u64; 2] = [96_000_000, 24_000_000];
const HSI16_HZ: u64 = 16_000_000;
const LSE_HZ: u64 = 32_768;

/// MSIS or MSIK, Hz: which oscillator and its divider, from a bit and a field of ICSCR1, or from a field of
/// CSR before ICSCR1.MSIRGSEL was set, when it is MSIRC1.
fn msi(rcc: &Rcc, select: u32, divider: u32, after_standby: u32) -> u64 {
    let (oscillator, shift) = if rcc.is_on(ICSCR1, 23) {
        (rcc.field(ICSCR1, select, 1), rcc.field(ICSCR1, divider, 2))
    } else {
        (1, rcc.field(CSR, after_standby, 2))
    };
    MSI_HZ[oscillator as usize] >> shift
}

/// The frequencies that follow from the registers.
pub(super) fn clocks(rcc: &Rcc) -> Clocks {
    let settings = rcc.get(CFGR2);
    let system = match rcc.source() {
        0 => msi(rcc, 31, 29, 12),
        _ => HSI16_HZ,
    };
    let ppre = [settings >> 4, settings >> 8];
    Clocks {
        hsi16: if rcc.is_on(CR, 11) { HSI16_HZ } else { 0 },
        lse: if rcc.is_on(BDCR, 0) { LSE_HZ } else { 0 },
        ..Clocks::prescaled(system, settings, ppre)
    }
}

/// LPUART1 among the chip's serial ports.
const LPUART1: usize = 4;

/// The clock of a serial port, Hz, by its number among the chip's serial ports.
pub(super) fn serial_clock(rcc: &Rcc, number: usize) -> u64 {
    let clocks = clocks(rcc);
    if number == LPUART1 {
        return match rcc.field(CCIPR3, 0, 2) {
            0 => {
                let ppre = [rcc.get(CFGR3) >> 4; 2];
                Clocks::prescaled(clocks.core, 0, ppre).apb[0]
            }
            1 => clocks.hsi16,
            2 => clocks.lse,
            _ => msi(rcc, 28, 26, 8),
        };
    }
    // USART1 is on APB2, the others on APB1.
    match rcc.is_on(CCIPR1, 2 * number as u32) {
        false => clocks.apb[usize::from(number == 0)],
        true => clocks.hsi16,
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
    fn runs_at_12_mhz_after_reset() {
        assert_eq!(clocks(&new()).core, 12_000_000);
    }

    #[test]
    fn both_oscillators_are_divided() {
        let mut rcc = new();
        // MSIRC0, undivided, then by 8; MSIRC1 by 2.
        write(&mut rcc, ICSCR1, 1 << 23);
        assert_eq!(clocks(&rcc).core, 96_000_000);
        write(&mut rcc, ICSCR1, 1 << 23 | 3 << 29);
        assert_eq!(clocks(&rcc).core, 12_000_000);
        write(&mut rcc, ICSCR1, 1 << 23 | 1 << 31 | 1 << 29);
        assert_eq!(clocks(&rcc).core, 12_000_000);
    }

    #[test]
    fn the_source_in_use_stays_on_and_one_that_is_off_is_not_chosen() {
        let mut rcc = new();
        write(&mut rcc, CR, 0);
        assert_eq!(rcc.read(CR), Some(0b101));
        write(&mut rcc, CFGR1, 1);
        assert_eq!(rcc.read(CFGR1), Some(1), "HSI16 is off");
        write(&mut rcc, CR, 1 << 11);
        assert_eq!(rcc.read(CFGR1), Some(5));
        assert_eq!(clocks(&rcc).core, 16_000_000);
        // HSE, which isn't there.
        write(&mut rcc, CR, 1 << 11 | 1 << 16);
        write(&mut rcc, CFGR1, 2);
        assert_eq!(rcc.read(CR).unwrap() >> HSERDY & 1, 0);
        assert_eq!(rcc.read(CFGR1), Some(6));
    }

    #[test]
    fn serial_ports_choose_their_clocks() {
        let mut rcc = new();
        write(&mut rcc, CR, 1 << 11);
        // APB1 by 2, APB2 by 4, APB3 by 8.
        write(&mut rcc, CFGR2, 4 << 4 | 5 << 8);
        write(&mut rcc, CFGR3, 6 << 4);
        let hz = |rcc: &Rcc| [0, 1, LPUART1].map(|number| serial_clock(rcc, number));
        assert_eq!(hz(&rcc), [3_000_000, 6_000_000, 1_500_000]);
        write(&mut rcc, CCIPR1, 1 | 1 << 2);
        write(&mut rcc, CCIPR3, 3);
        assert_eq!(hz(&rcc), [16_000_000, 16_000_000, 12_000_000]);
    }
}
