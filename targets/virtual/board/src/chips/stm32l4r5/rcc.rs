//! RCC: clock sources, PLL, prescalers, and what switches peripherals on and resets them (RM0432,
//! chapter 6).
//!
//! Simplified: a source is ready as soon as it is enabled. Clock interrupts, the clock security
//! system and clock output aren't modelled; their registers keep what is written.

use super::clocks::Clocks;
use super::peripheral::Write;
use crate::chips::ResetReason;

const CR: u32 = 0x00;
const CFGR: u32 = 0x08;
const PLLCFGR: u32 = 0x0C;
const CICR: u32 = 0x20;
const AHB1RSTR: u32 = 0x28;
const APB2RSTR: u32 = 0x40;
const AHB1ENR: u32 = 0x48;
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

/// Cause of the latest resets, in CSR.
mod cause {
    pub const OPTION_BYTES: u32 = 1 << 25;
    pub const PIN: u32 = 1 << 26;
    pub const BROWN_OUT: u32 = 1 << 27;
    pub const SOFTWARE: u32 = 1 << 28;
    pub const INDEPENDENT_WATCHDOG: u32 = 1 << 29;
    pub const WINDOW_WATCHDOG: u32 = 1 << 30;
    pub const ALL: u32 = 0xFF00_0000;
    /// RMVF.
    pub const REMOVE: u32 = 1 << 23;
}

/// Who resets the chip from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resetter {
    IndependentWatchdog,
    WindowWatchdog,
    OptionBytes,
}

/// The bit that switches a peripheral on: its register, counted from AHB1ENR, and its number. The
/// bit that resets it is at the same place among the registers from AHB1RSTR on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    pub register: u32,
    pub bit: u32,
}

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
        let (backup, causes) = (self.get(BDCR), self.get(CSR) & cause::ALL);
        *self = Self::new();
        let new = match (reason, by) {
            (ResetReason::PowerOn, _) => {
                self.set(CSR, 0x600 | cause::PIN | cause::BROWN_OUT);
                return;
            }
            (ResetReason::Pin, _) => 0,
            (ResetReason::Software, _) => cause::SOFTWARE,
            (ResetReason::Watchdog, Some(Resetter::WindowWatchdog)) => cause::WINDOW_WATCHDOG,
            (ResetReason::Watchdog, Some(Resetter::OptionBytes)) => cause::OPTION_BYTES,
            (ResetReason::Watchdog, _) => cause::INDEPENDENT_WATCHDOG,
        };
        self.set(BDCR, backup);
        // Every reset pulls the pin down too.
        self.set(CSR, 0x600 | causes | new | cause::PIN);
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
                let causes = if value & cause::REMOVE != 0 { 0 } else { old };
                self.set(CSR, value & 0xF1D | causes & cause::ALL);
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
        let enable = self.registers[AHB1ENR as usize / 4 + gate.register as usize];
        enable >> gate.bit & 1 != 0
    }

    /// Whether a peripheral is held in reset.
    pub fn is_reset(&self, gate: Gate) -> bool {
        let reset = self.registers[AHB1RSTR as usize / 4 + gate.register as usize];
        reset >> gate.bit & 1 != 0
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
        // A PLL without a source gives no clock. The core then stands still for good; here it
        // creeps, so that a debugger can see where.
        let system = system.max(1);
        let hpre = match settings >> 4 & 0xF {
            value @ 8..=11 => value - 7,
            value @ 12..=15 => value - 6,
            _ => 0,
        };
        let core = (system >> hpre).max(1);
        let ppre = [8, 11].map(|from| match settings >> from & 7 {
            value @ 4..=7 => value - 3,
            _ => 0,
        });
        Clocks {
            system,
            core,
            apb: ppre.map(|shift| core >> shift),
            timer_divider: ppre.map(|shift| 1 << shift >> u32::from(shift != 0)),
            hsi16: if self.get(CR) >> 8 & 1 != 0 {
                HSI16_HZ
            } else {
                0
            },
            lse: if self.get(BDCR) & 1 != 0 { LSE_HZ } else { 0 },
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
