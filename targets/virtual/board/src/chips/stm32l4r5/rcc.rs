//! RCC: clock sources, PLL, prescalers, and what switches peripherals on and resets them (RM0432,
//! chapter 6).
//!
//! Simplified: a source is ready as soon as it is enabled. Clock interrupts, the clock security
//! system and clock output aren't modelled; their registers keep what is written.

use crate::chips::ResetReason;
use crate::chips::stm32::{CAUSES, Clocks, Gate, REMOVE_CAUSES, Resetter, Write, causes};

const CR: u32 = 0x00;
const CFGR: u32 = 0x08;
const PLLCFGR: u32 = 0x0C;
const CICR: u32 = 0x20;
const AHB1RSTR: u32 = 0x28;
const APB2RSTR: u32 = 0x40;
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
const LAST: u32 = 0xA4;

const WORDS: usize = LAST as usize / 4 + 1;

/// Registers that aren't zero after a reset.
const RESET: [(u32, u32); 15] = [
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
    (CSR, 0x600),
    (CRRCR, 0),
    (LAST, 0),
];

/// Enable bits of CR, each with its ready bit behind it: MSI, HSI16, HSE, PLL, PLLSAI1, PLLSAI2.
const SOURCES: [(u32, u32); 6] = [(0, 1), (8, 10), (16, 17), (24, 25), (26, 27), (28, 29)];
const READY: u32 = 1 << 1 | 1 << 10 | 1 << 17 | 1 << 25 | 1 << 27 | 1 << 29;
/// CSSON can only be set.
const CSSON: u32 = 1 << 19;

/// MSI's ranges (CR.MSIRANGE), Hz.
const MSI_HZ: [u64; 12] = [
    100_000, 200_000, 400_000, 800_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000,
    24_000_000, 32_000_000, 48_000_000,
];
const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-144 gives the chip as its external clock (UM2179).
const HSE_HZ: u64 = 8_000_000;
const LSE_HZ: u64 = 32_768;

/// The clocks' registers.
#[derive(Clone, Debug)]
pub(super) struct Rcc {
    registers: [u32; WORDS],
    /// The source that SYSCLK comes from, as CFGR.SWS shows it.
    source: u32,
}

impl Rcc {
    pub fn new() -> Self {
        let mut registers = [0; WORDS];
        for (offset, value) in RESET {
            registers[offset as usize / 4] = value;
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
        self.set(CSR, 0x600 | causes(before, reason, by));
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    fn set(&mut self, offset: u32, value: u32) {
        self.registers[offset as usize / 4] = value;
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let value = *self.registers.get(offset as usize / 4)?;
        let ready = |enable: u32, ready: u32| (value >> enable & 1) << ready;
        Some(match offset {
            CR => SOURCES
                .iter()
                .fold(value & !READY, |word, &(on, is)| word | ready(on, is)),
            CFGR => value & !0xC | self.source << 2,
            BDCR | CSR | CRRCR => value & !2 | ready(0, 1),
            // Flags of interrupts that aren't modelled.
            0x1C | CICR => 0,
            _ => value,
        })
    }

    /// Writes a register. Those of the backup domain need `backup_access`, PWR_CR1.DBP.
    pub fn write(&mut self, offset: u32, write: Write, backup_access: bool) -> Option<()> {
        let old = *self.registers.get(offset as usize / 4)?;
        let value = write.over(old);
        match offset {
            CR => {
                // The source of SYSCLK can't be switched off.
                let needed = match self.source {
                    0 => 1,
                    1 => 1 << 8,
                    2 => 1 << 16,
                    _ => 1 << 24,
                };
                self.set(CR, value & !READY | needed | old & CSSON);
            }
            CFGR => self.set(CFGR, value & !0xC),
            // A running PLL keeps its settings.
            PLLCFGR if self.get(CR) >> 24 & 1 != 0 => {
                let outputs = 1 << 16 | 1 << 20 | 1 << 24;
                self.set(PLLCFGR, old & !outputs | value & outputs);
            }
            BDCR if !backup_access => {}
            BDCR if value & 1 << 16 != 0 => self.set(BDCR, 1 << 16),
            CSR => {
                let causes = if value & REMOVE_CAUSES != 0 { 0 } else { old };
                self.set(CSR, value & 0xF1D | causes & CAUSES);
            }
            0x1C => {}
            _ => self.set(offset, value),
        }
        let wanted = self.get(CFGR) & 3;
        let on = [0, 8, 16, 24].map(|bit| self.get(CR) >> bit & 1 != 0);
        if on[wanted as usize] {
            self.source = wanted;
        }
        Some(())
    }

    /// Whether a peripheral is switched on.
    pub fn is_enabled(&self, gate: Gate) -> bool {
        self.get(gate.register) >> gate.bit & 1 != 0
    }

    /// Whether a peripheral is held in reset.
    pub fn is_reset(&self, gate: Gate) -> bool {
        self.get(gate.register - AHB1ENR + AHB1RSTR) >> gate.bit & 1 != 0
    }

    /// Whether a write to the register may have reset peripherals.
    pub fn resets_peripherals(offset: u32) -> bool {
        (AHB1RSTR..=APB2RSTR).contains(&offset)
    }

    fn msi(&self) -> u64 {
        // CR.MSIRGSEL chooses between the range in CR and that after standby in CSR.
        let range = if self.get(CR) & 8 != 0 {
            self.get(CR) >> 4
        } else {
            self.get(CSR) >> 8
        };
        let range = MSI_HZ.get((range & 0xF) as usize);
        range.copied().unwrap_or(MSI_HZ[6])
    }

    /// The main PLL's output R, Hz.
    fn pll(&self) -> u64 {
        let settings = self.get(PLLCFGR);
        let field = |from: u32, bits: u32| u64::from(settings >> from & ((1 << bits) - 1));
        let source = match field(0, 2) {
            1 => self.msi(),
            2 => HSI16_HZ,
            3 => HSE_HZ,
            _ => 0,
        };
        source / (field(4, 4) + 1) * field(8, 7) / (2 * (field(25, 2) + 1))
    }

    /// The frequencies that follow from the registers.
    pub fn clocks(&self) -> Clocks {
        let settings = self.get(CFGR);
        let system = match self.source {
            0 => self.msi(),
            1 => HSI16_HZ,
            2 => HSE_HZ,
            _ => self.pll(),
        };
        let ppre = [settings >> 8, settings >> 11];
        Clocks {
            hsi16: if self.get(CR) >> 8 & 1 != 0 {
                HSI16_HZ
            } else {
                0
            },
            lse: if self.get(BDCR) & 1 != 0 { LSE_HZ } else { 0 },
            ..Clocks::prescaled(system, settings >> 4, ppre)
        }
    }

    /// The clock of a USART, Hz: field `select` of CCIPR chooses it; `bus` is its bus.
    pub fn usart_clock(&self, select: u32, bus: usize) -> u64 {
        let clocks = self.clocks();
        match self.get(CCIPR) >> (2 * select) & 3 {
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
        let clocks = Rcc::new().clocks();
        assert_eq!((clocks.system, clocks.core), (4_000_000, 4_000_000));
        assert_eq!(clocks.apb, [4_000_000; 2]);
    }

    #[test]
    fn the_pll_makes_120_mhz_of_the_msi() {
        let mut rcc = Rcc::new();
        // 4 MHz × 60 / 2.
        write(&mut rcc, PLLCFGR, 1 | 60 << 8 | 1 << 24);
        write(&mut rcc, CR, 0x0100_0063);
        assert_eq!(rcc.read(CR).unwrap() >> 25 & 1, 1);
        write(&mut rcc, CFGR, 3);
        assert_eq!(rcc.read(CFGR).unwrap() & 0xF, 0xF);
        assert_eq!(rcc.clocks().core, 120_000_000);
        // APB1 divided by four: its timers run at twice its clock.
        write(&mut rcc, CFGR, 3 | 5 << 8);
        let clocks = rcc.clocks();
        assert_eq!(clocks.apb, [30_000_000, 120_000_000]);
        assert_eq!(clocks.timer_divider, [2, 1]);
    }

    #[test]
    fn a_source_that_is_off_is_not_switched_to() {
        let mut rcc = Rcc::new();
        write(&mut rcc, CFGR, 1);
        assert_eq!(rcc.read(CFGR).unwrap() >> 2 & 3, 0);
        write(&mut rcc, CR, 0x163);
        assert_eq!(rcc.read(CFGR).unwrap() >> 2 & 3, 1);
        // And then it can't be switched off.
        write(&mut rcc, CR, 0);
        assert_eq!(rcc.read(CR).unwrap() >> 8 & 1, 1);
        assert_eq!(rcc.clocks().core, 16_000_000);
    }

    #[test]
    fn bytes_of_the_backup_domain_need_permission() {
        let mut rcc = Rcc::new();
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
