//! RCC: clock sources, PLL1, prescalers, and what switches peripherals on and resets them (RM0456,
//! chapter 11).
//!
//! Simplified: a source is ready as soon as it is enabled. Clock interrupts, the clock security system, clock
//! output, the fractional part of PLL1 and the other PLLs' frequencies aren't modelled; their registers keep
//! what is written.

use crate::chips::ResetReason;
use crate::chips::stm32::{CAUSES, Clocks, Gate, REMOVE_CAUSES, Resetter, Write, causes};

const CR: u32 = 0x00;
const ICSCR1: u32 = 0x08;
const CFGR1: u32 = 0x1C;
const CFGR2: u32 = 0x20;
const CFGR3: u32 = 0x24;
const PLL1CFGR: u32 = 0x28;
const PLL1DIVR: u32 = 0x34;
const CIFR: u32 = 0x54;
const CICR: u32 = 0x58;
const AHB1RSTR: u32 = 0x60;
const APB3RSTR: u32 = 0x80;
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
const LAST: u32 = 0x114;

const WORDS: usize = LAST as usize / 4 + 1;

/// Registers that aren't zero after a reset; those that keep clocks on while the core sleeps are all ones.
const RESET: [(u32, u32); 9] = [
    (CR, 0x35),
    (ICSCR1, 0x4400_0000),
    (PLL1DIVR, 0x0101_0280),
    (0x3C, 0x0101_0280),
    (0x44, 0x0101_0280),
    (AHB1ENR, 0xD020_0100),
    (0x90, 0xC000_0000),
    (AHB3ENR, 0x8000_0000),
    (CSR, CSR_RESET),
];
const CSR_RESET: u32 = 0x4400;
const KEPT_ON: std::ops::RangeInclusive<u32> = 0xB0..=0xD0;

/// Enable bits of CR, each with its ready bit behind it: MSIS, MSIK, HSI16, HSI48, SHSI, HSE, PLL1 to 3.
const SOURCES: [(u32, u32); 9] = [
    (0, 2),
    (4, 5),
    (8, 10),
    (12, 13),
    (14, 15),
    (16, 17),
    (24, 25),
    (26, 27),
    (28, 29),
];
/// CSSON can only be set.
const CSSON: u32 = 1 << 19;

/// MSI's ranges, Hz (ICSCR1.MSISRANGE).
const MSI_HZ: [u64; 16] = [
    48_000_000, 24_000_000, 16_000_000, 12_000_000, 4_000_000, 2_000_000, 1_330_000, 1_000_000,
    3_072_000, 1_536_000, 1_024_000, 768_000, 400_000, 200_000, 133_000, 100_000,
];
const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-144 gives the chip as its external clock (UM2861).
const HSE_HZ: u64 = 8_000_000;
const LSE_HZ: u64 = 32_768;

/// The clocks' registers.
#[derive(Clone, Debug)]
pub(super) struct Rcc {
    registers: [u32; WORDS],
    /// The source that SYSCLK comes from, as CFGR1.SWS shows it.
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
        let with_ready = |value: u32, enable: u32, ready: u32| {
            value & !(1 << ready) | (value >> enable & 1) << ready
        };
        Some(match offset {
            CR => SOURCES
                .iter()
                .fold(value, |word, &(on, is)| with_ready(word, on, is)),
            CFGR1 => value & !0xC | self.source << 2,
            // LSE, LSESYS and LSI.
            BDCR => [(0, 1), (7, 11), (26, 27)]
                .iter()
                .fold(value, |word, &(on, is)| with_ready(word, on, is)),
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
            CR => self.set(CR, value | 1 << self.enable_bit(self.source) | old & CSSON),
            CFGR1 => self.set(CFGR1, value & !0xC),
            // A running PLL keeps its settings but for its outputs.
            PLL1CFGR if self.is_on(CR, 24) => {
                let outputs = 7 << 16;
                self.set(PLL1CFGR, old & !outputs | value & outputs);
            }
            PLL1DIVR if self.is_on(CR, 24) => {}
            BDCR if !backup_access => {}
            BDCR if value & 1 << 16 != 0 => self.set(BDCR, 1 << 16),
            CSR => {
                let causes = if value & REMOVE_CAUSES != 0 { 0 } else { old };
                self.set(CSR, value & 0xFF00 | causes & CAUSES);
            }
            CIFR => {}
            _ => self.set(offset, value),
        }
        let wanted = self.get(CFGR1) & 3;
        if self.is_on(CR, self.enable_bit(wanted)) {
            self.source = wanted;
        }
        Some(())
    }

    /// The bit of CR that enables a source of SYSCLK.
    fn enable_bit(&self, source: u32) -> u32 {
        [0, 8, 16, 24][(source & 3) as usize]
    }

    /// Whether a peripheral is switched on.
    pub fn is_enabled(&self, gate: Gate) -> bool {
        self.is_on(gate.register, gate.bit)
    }

    /// Whether a peripheral is held in reset.
    pub fn is_reset(&self, gate: Gate) -> bool {
        self.is_on(gate.register - AHB1ENR + AHB1RSTR, gate.bit)
    }

    /// Whether a write to the register may have reset peripherals.
    pub fn resets_peripherals(offset: u32) -> bool {
        (AHB1RSTR..=APB3RSTR).contains(&offset)
    }

    fn msi(&self) -> u64 {
        // ICSCR1.MSIRGSEL chooses between the range there and that after standby in CSR.
        let settings = self.get(ICSCR1);
        let range = if settings >> 23 & 1 != 0 {
            settings >> 28
        } else {
            self.get(CSR) >> 12
        };
        MSI_HZ[(range & 0xF) as usize]
    }

    /// PLL1's output R, Hz.
    fn pll(&self) -> u64 {
        let (settings, dividers) = (self.get(PLL1CFGR), self.get(PLL1DIVR));
        let field = |word: u32, from: u32, bits: u32| u64::from(word >> from & ((1 << bits) - 1));
        let source = match settings & 3 {
            1 => self.msi(),
            2 => HSI16_HZ,
            3 => HSE_HZ,
            _ => 0,
        };
        source / (field(settings, 8, 4) + 1) * (field(dividers, 0, 9) + 1)
            / (field(dividers, 24, 7) + 1)
    }

    /// The frequencies that follow from the registers.
    pub fn clocks(&self) -> Clocks {
        let settings = self.get(CFGR2);
        let system = match self.source {
            0 => self.msi(),
            1 => HSI16_HZ,
            2 => HSE_HZ,
            _ => self.pll(),
        };
        let ppre = [settings >> 4, settings >> 8];
        Clocks {
            hsi16: if self.is_on(CR, 8) { HSI16_HZ } else { 0 },
            lse: if self.is_on(BDCR, 0) { LSE_HZ } else { 0 },
            ..Clocks::prescaled(system, settings, ppre)
        }
    }

    /// The clock of a serial port, Hz: a field of CCIPR1 or CCIPR3 chooses it; `bus` is its bus.
    pub fn serial_clock(&self, (register, from): (u32, u32), bus: usize) -> u64 {
        let clocks = self.clocks();
        match self.get(register) >> from & 3 {
            0 if bus == 2 => {
                let ppre = [self.get(CFGR3) >> 4; 2];
                Clocks::prescaled(clocks.core, 0, ppre).apb[0]
            }
            0 => clocks.apb[bus],
            1 => clocks.system,
            2 => clocks.hsi16,
            _ => clocks.lse,
        }
    }
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
    fn runs_at_4_mhz_after_reset() {
        assert_eq!(Rcc::new().clocks().core, 4_000_000);
    }

    #[test]
    fn pll1_makes_160_mhz_of_the_msi() {
        let mut rcc = Rcc::new();
        // 4 MHz × 80 / 2, output R on.
        write(&mut rcc, PLL1CFGR, 1 | 1 << 18);
        write(&mut rcc, PLL1DIVR, 79 | 1 << 24);
        write(&mut rcc, CR, 0x0100_0035);
        assert_eq!(rcc.read(CR).unwrap() >> 25 & 1, 1);
        write(&mut rcc, CFGR1, 3);
        assert_eq!(rcc.read(CFGR1), Some(0xF));
        assert_eq!(rcc.clocks().core, 160_000_000);
        // And then it can't be switched off.
        write(&mut rcc, CR, 0x35);
        assert_eq!(rcc.clocks().core, 160_000_000);
        // The bus divided by four, and the core by two.
        write(&mut rcc, CFGR2, 8 | 5 << 8);
        let clocks = rcc.clocks();
        assert_eq!((clocks.core, clocks.apb[1]), (80_000_000, 20_000_000));
        assert_eq!(clocks.timer_divider, [1, 2]);
    }
}
