//! RCC: clock sources, prescalers, and what switches peripherals on and resets them (RM0487, chapter "Reset and
//! clock control"). There is no PLL of the system clock's: one of the two MSI oscillators makes 96 MHz.
//!
//! Simplified: a source is ready as soon as it is enabled, but for HSE, which the board has no crystal for. Clock
//! interrupts, the clock security system, clock output and the PLL mode of the MSI, which makes it more precise,
//! aren't modelled; their registers keep what is written.

use crate::chips::ResetReason;
use crate::chips::stm32::{CAUSES, Clocks, Gate, REMOVE_CAUSES, Resetter, Write, causes};

const CR: u32 = 0x00;
const ICSCR1: u32 = 0x08;
const ICSCR2: u32 = 0x0C;
const ICSCR3: u32 = 0x10;
const CFGR1: u32 = 0x1C;
const CFGR2: u32 = 0x20;
const CFGR3: u32 = 0x24;
const CIFR: u32 = 0x54;
const CICR: u32 = 0x58;
const AHB1RSTR1: u32 = 0x60;
const APB3RSTR: u32 = 0x80;
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
const LAST: u32 = 0x134;

const WORDS: usize = LAST as usize / 4 + 1;

/// Registers that aren't zero after a reset; those that keep clocks on while the core sleeps are all ones.
const RESET: [(u32, u32); 7] = [
    (CR, 0x1D),
    (ICSCR1, 0xB400_0000),
    (ICSCR2, 0x820),
    (ICSCR3, 0x10_0000),
    (AHB1ENR1, 0x8000_0100),
    (AHB2ENR1, 0x4000_0000),
    (CSR, CSR_RESET),
];
const CSR_RESET: u32 = 0x1100;
const KEPT_ON: std::ops::RangeInclusive<u32> = 0xB0..=0xD0;

/// Enable bits of CR, each with its ready bit behind it: MSIS, MSIK, the PLL modes of both MSI, HSI16, HSI48.
const SOURCES: [(u32, u32); 6] = [(0, 2), (3, 4), (5, 9), (6, 10), (11, 13), (14, 15)];
const HSERDY: u32 = 1 << 17;
/// HSECSSON can only be set.
const HSECSSON: u32 = 1 << 19;

/// MSIRC0 and MSIRC1, Hz.
const MSI_HZ: [u64; 2] = [96_000_000, 24_000_000];
const HSI16_HZ: u64 = 16_000_000;
const LSE_HZ: u64 = 32_768;

/// The clocks' registers.
#[derive(Clone, Debug)]
pub(super) struct Rcc {
    registers: [u32; WORDS],
    /// The source that SYSCLK comes from, as CFGR1.SWS shows it: MSIS or HSI16.
    source: u32,
}

impl Rcc {
    pub fn new() -> Self {
        let mut registers = [0; WORDS];
        for (offset, value) in RESET {
            registers[offset as usize / 4] = value;
        }
        for offset in KEPT_ON.step_by(4) {
            registers[offset as usize / 4] = u32::MAX;
        }
        Self {
            registers,
            source: 0,
        }
    }

    /// The registers after a reset: the backup domain keeps its own, and CSR says what happened.
    pub fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        let (backup, before) = (self.get(BDCR), self.get(CSR));
        *self = Self::new();
        if reason != ResetReason::PowerOn {
            self.set(BDCR, backup);
        }
        self.set(CSR, CSR_RESET | causes(before, reason, by));
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    fn set(&mut self, offset: u32, value: u32) {
        self.registers[offset as usize / 4] = value;
    }

    fn is_on(&self, register: u32, bit: u32) -> bool {
        self.get(register) >> bit & 1 != 0
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let value = *self.registers.get(offset as usize / 4)?;
        let with_ready = |word: u32, &(enable, ready): &(u32, u32)| {
            word & !(1 << ready) | (word >> enable & 1) << ready
        };
        Some(match offset {
            CR => SOURCES.iter().fold(value & !HSERDY, with_ready),
            CFGR1 => value & !0xC | self.source << 2,
            // LSE and LSESYS.
            BDCR => [(0, 1), (7, 11)].iter().fold(value, with_ready),
            // LSI.
            CSR => with_ready(value, &(0, 1)),
            // Flags of interrupts that aren't modelled.
            CIFR | CICR => 0,
            _ => value,
        })
    }

    /// Writes a register. Those of the backup domain need `backup_access`, PWR_DBPR.DBP.
    pub fn write(&mut self, offset: u32, write: Write, backup_access: bool) -> Option<()> {
        let old = *self.registers.get(offset as usize / 4)?;
        let value = write.over(old);
        match offset {
            // The source of SYSCLK can't be switched off.
            CR => self.set(CR, value | 1 << enable_bit(self.source) | old & HSECSSON),
            CFGR1 => self.set(CFGR1, value & !0xC),
            BDCR if !backup_access => {}
            BDCR if value & 1 << 16 != 0 => self.set(BDCR, 1 << 16),
            CSR => {
                let causes = if value & REMOVE_CAUSES != 0 { 0 } else { old };
                self.set(CSR, value & 0x3307 | causes & CAUSES);
            }
            CIFR => {}
            _ => self.set(offset, value),
        }
        let wanted = self.get(CFGR1) & 3;
        if wanted < 2 && self.is_on(CR, enable_bit(wanted)) {
            self.source = wanted;
        }
        Some(())
    }

    /// Whether a peripheral is switched on.
    pub fn is_enabled(&self, gate: Gate) -> bool {
        self.is_on(gate.register, gate.bit)
    }

    /// Whether a peripheral is held in reset.
    pub fn is_reset(&self, gate: Gate) -> bool {
        self.is_on(gate.register - AHB1ENR1 + AHB1RSTR1, gate.bit)
    }

    /// Whether a write to the register may have reset peripherals.
    pub fn resets_peripherals(offset: u32) -> bool {
        (AHB1RSTR1..=APB3RSTR).contains(&offset)
    }

    /// MSIS or MSIK, Hz: which oscillator and its divider, from a bit and a field of ICSCR1, or from a field of
    /// CSR before ICSCR1.MSIRGSEL was set, when it is MSIRC1.
    fn msi(&self, select: u32, divider: u32, after_standby: u32) -> u64 {
        let settings = self.get(ICSCR1);
        let (oscillator, shift) = if settings >> 23 & 1 != 0 {
            (settings >> select & 1, settings >> divider & 3)
        } else {
            (1, self.get(CSR) >> after_standby & 3)
        };
        MSI_HZ[oscillator as usize] >> shift
    }

    /// The frequencies that follow from the registers.
    pub fn clocks(&self) -> Clocks {
        let settings = self.get(CFGR2);
        let system = match self.source {
            0 => self.msi(31, 29, 12),
            _ => HSI16_HZ,
        };
        let ppre = [settings >> 4, settings >> 8];
        Clocks {
            hsi16: if self.is_on(CR, 11) { HSI16_HZ } else { 0 },
            lse: if self.is_on(BDCR, 0) { LSE_HZ } else { 0 },
            ..Clocks::prescaled(system, settings, ppre)
        }
    }

    /// The clock of a serial port, Hz, by its number among the chip's serial ports.
    pub fn serial_clock(&self, number: usize) -> u64 {
        let clocks = self.clocks();
        if number == LPUART1 {
            return match self.get(CCIPR3) & 3 {
                0 => {
                    let ppre = [self.get(CFGR3) >> 4; 2];
                    Clocks::prescaled(clocks.core, 0, ppre).apb[0]
                }
                1 => clocks.hsi16,
                2 => clocks.lse,
                _ => self.msi(28, 26, 8),
            };
        }
        // USART1 is on APB2, the others on APB1.
        match self.is_on(CCIPR1, 2 * number as u32) {
            false => clocks.apb[usize::from(number == 0)],
            true => clocks.hsi16,
        }
    }
}

/// LPUART1 among the chip's serial ports.
const LPUART1: usize = 4;

/// The bit of CR that enables a source of SYSCLK, MSIS or HSI16.
fn enable_bit(source: u32) -> u32 {
    if source == 0 { 0 } else { 11 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(rcc: &mut Rcc, offset: u32, value: u32) {
        let write = Write {
            value,
            mask: u32::MAX,
        };
        rcc.write(offset, write, false).unwrap();
    }

    #[test]
    fn runs_at_12_mhz_after_reset() {
        assert_eq!(Rcc::new().clocks().core, 12_000_000);
    }

    #[test]
    fn both_oscillators_are_divided() {
        let mut rcc = Rcc::new();
        // MSIRC0, undivided, then by 8; MSIRC1 by 2.
        write(&mut rcc, ICSCR1, 1 << 23);
        assert_eq!(rcc.clocks().core, 96_000_000);
        write(&mut rcc, ICSCR1, 1 << 23 | 3 << 29);
        assert_eq!(rcc.clocks().core, 12_000_000);
        write(&mut rcc, ICSCR1, 1 << 23 | 1 << 31 | 1 << 29);
        assert_eq!(rcc.clocks().core, 12_000_000);
    }

    #[test]
    fn the_source_in_use_stays_on_and_one_that_is_off_is_not_chosen() {
        let mut rcc = Rcc::new();
        write(&mut rcc, CR, 0);
        assert_eq!(rcc.read(CR), Some(0b101));
        write(&mut rcc, CFGR1, 1);
        assert_eq!(rcc.read(CFGR1), Some(1), "HSI16 is off");
        write(&mut rcc, CR, 1 << 11);
        assert_eq!(rcc.read(CFGR1), Some(5));
        assert_eq!(rcc.clocks().core, 16_000_000);
        // HSE, which isn't there.
        write(&mut rcc, CR, 1 << 11 | 1 << 16);
        write(&mut rcc, CFGR1, 2);
        assert_eq!(rcc.read(CR).unwrap() & HSERDY, 0);
        assert_eq!(rcc.read(CFGR1), Some(6));
    }

    #[test]
    fn serial_ports_choose_their_clocks() {
        let mut rcc = Rcc::new();
        write(&mut rcc, CR, 1 << 11);
        // APB1 by 2, APB2 by 4, APB3 by 8.
        write(&mut rcc, CFGR2, 4 << 4 | 5 << 8);
        write(&mut rcc, CFGR3, 6 << 4);
        let clocks = |rcc: &Rcc| [0, 1, LPUART1].map(|number| rcc.serial_clock(number));
        assert_eq!(clocks(&rcc), [3_000_000, 6_000_000, 1_500_000]);
        write(&mut rcc, CCIPR1, 1 | 1 << 2);
        write(&mut rcc, CCIPR3, 3);
        assert_eq!(clocks(&rcc), [16_000_000, 16_000_000, 12_000_000]);
    }
}
