//! RCC: clock sources, PLL, prescalers, and what switches peripherals on and resets them (RM0444,
//! chapter 5).
//!
//! Simplified: a source is ready as soon as it is enabled. Clock interrupts, the clock security
//! system and clock output aren't modelled; their registers keep what is written.

use crate::chips::ResetReason;
use crate::chips::stm32::{CAUSES, Clocks, Gate, REMOVE_CAUSES, Resetter, Write, causes};

const CR: u32 = 0x00;
const CFGR: u32 = 0x08;
const PLLCFGR: u32 = 0x0C;
const CIFR: u32 = 0x1C;
const CICR: u32 = 0x20;
const IOPRSTR: u32 = 0x24;
const APBRSTR2: u32 = 0x30;
pub(super) const IOPENR: u32 = 0x34;
pub(super) const AHBENR: u32 = 0x38;
pub(super) const APBENR1: u32 = 0x3C;
pub(super) const APBENR2: u32 = 0x40;
const CCIPR: u32 = 0x54;
const BDCR: u32 = 0x5C;
const CSR: u32 = 0x60;

const WORDS: usize = CSR as usize / 4 + 1;

/// Registers that aren't zero after a reset.
const RESET: [(u32, u32); 7] = [
    (CR, 0x500),
    (PLLCFGR, 0x1000),
    (AHBENR, 0x100),
    (0x44, 0x3F),
    (0x48, 0x0005_1303),
    (0x4C, 0xFFFF_FFB7),
    (0x50, 0x0017_D801),
];

/// Enable bits of CR, each with its ready bit behind it: HSI16, HSE, HSI48, PLL.
const SOURCES: [(u32, u32); 4] = [(8, 10), (16, 17), (22, 23), (24, 25)];
const READY: u32 = 1 << 10 | 1 << 17 | 1 << 23 | 1 << 25;
/// CSSON can only be set.
const CSSON: u32 = 1 << 19;

const HSI16_HZ: u64 = 16_000_000;
/// What the ST-LINK of a Nucleo-64 gives the chip as its external clock (UM2324).
const HSE_HZ: u64 = 8_000_000;
const LSI_HZ: u64 = 32_000;
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
        self.set(CSR, causes(before, reason, by));
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
        let ready = |enable: u32, ready: u32| (value >> enable & 1) << ready;
        Some(match offset {
            CR => SOURCES
                .iter()
                .fold(value & !READY, |word, &(on, is)| word | ready(on, is)),
            CFGR => value & !0x38 | self.source << 3,
            BDCR | CSR => value & !2 | ready(0, 1),
            // Flags of interrupts that aren't modelled.
            CIFR | CICR => 0,
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
                    0 => 1 << 8,
                    1 => 1 << 16,
                    2 => 1 << 24,
                    _ => 0,
                };
                self.set(CR, value & !READY | needed | old & CSSON);
            }
            CFGR => self.set(CFGR, value & !0x38),
            // A running PLL keeps its settings.
            PLLCFGR if self.is_on(CR, 24) => {
                let outputs = 1 << 16 | 1 << 24 | 1 << 28;
                self.set(PLLCFGR, old & !outputs | value & outputs);
            }
            BDCR if !backup_access => {}
            BDCR if value & 1 << 16 != 0 => self.set(BDCR, 1 << 16),
            CSR => {
                let causes = if value & REMOVE_CAUSES != 0 { 0 } else { old };
                self.set(CSR, value & 1 | causes & CAUSES);
            }
            CIFR => {}
            _ => self.set(offset, value),
        }
        let wanted = self.get(CFGR) & 7;
        let is_there = match wanted {
            0 => self.is_on(CR, 8),
            1 => self.is_on(CR, 16),
            2 => self.is_on(CR, 24),
            3 => self.is_on(CSR, 0),
            4 => self.is_on(BDCR, 0),
            _ => false,
        };
        if is_there {
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
        self.is_on(gate.register - IOPENR + IOPRSTR, gate.bit)
    }

    /// Whether a write to the register may have reset peripherals.
    pub fn resets_peripherals(offset: u32) -> bool {
        (IOPRSTR..=APBRSTR2).contains(&offset)
    }

    /// The PLL's output R, Hz.
    fn pll(&self) -> u64 {
        let settings = self.get(PLLCFGR);
        let field = |from: u32, bits: u32| u64::from(settings >> from & ((1 << bits) - 1));
        let source = match field(0, 2) {
            2 => HSI16_HZ,
            3 => HSE_HZ,
            _ => 0,
        };
        source / (field(4, 3) + 1) * field(8, 7) / (field(29, 3) + 1)
    }

    /// The frequencies that follow from the registers.
    pub fn clocks(&self) -> Clocks {
        let settings = self.get(CFGR);
        let system = match self.source {
            // HSISYS: HSI16 divided by CR.HSIDIV.
            0 => HSI16_HZ >> (self.get(CR) >> 11 & 7),
            1 => HSE_HZ,
            2 => self.pll(),
            3 => LSI_HZ,
            _ => LSE_HZ,
        };
        // There is one bus.
        let ppre = [settings >> 12; 2];
        Clocks {
            hsi16: if self.is_on(CR, 8) { HSI16_HZ } else { 0 },
            lse: if self.is_on(BDCR, 0) { LSE_HZ } else { 0 },
            ..Clocks::prescaled(system, settings >> 8, ppre)
        }
    }

    /// The clock of a serial port, Hz: the two bits of CCIPR from `select` on choose it. Ports without a
    /// choice have that of their bus.
    pub fn serial_clock(&self, select: Option<u32>) -> u64 {
        let clocks = self.clocks();
        match select.map_or(0, |from| self.get(CCIPR) >> from & 3) {
            0 => clocks.apb[0],
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
    fn runs_at_16_mhz_after_reset_and_slower_if_hsidiv_says_so() {
        let mut rcc = Rcc::new();
        assert_eq!(rcc.clocks().core, 16_000_000);
        assert_eq!(rcc.read(CR), Some(0x500));
        write(&mut rcc, CR, 0x500 | 3 << 11);
        assert_eq!(rcc.clocks().core, 2_000_000);
    }

    #[test]
    fn the_pll_makes_64_mhz_of_the_hsi16() {
        let mut rcc = Rcc::new();
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
        assert_eq!(rcc.clocks().core, 64_000_000);
        // The bus divided by four: its timers run at twice its clock.
        write(&mut rcc, CFGR, 2 | 5 << 12);
        let clocks = rcc.clocks();
        assert_eq!(clocks.apb, [16_000_000; 2]);
        assert_eq!(clocks.timer_divider, [2; 2]);
        // USART2 by HSI16.
        write(&mut rcc, CCIPR, 2 << 2);
        assert_eq!(rcc.serial_clock(Some(2)), 16_000_000);
    }

    #[test]
    fn bytes_of_the_backup_domain_need_permission_and_outlive_a_reset() {
        let mut rcc = Rcc::new();
        write(&mut rcc, BDCR, 1);
        assert_eq!(rcc.read(BDCR), Some(0));
        let on = Write { value: 1, mask: 1 };
        rcc.write(BDCR, on, true).unwrap();
        rcc.reset(ResetReason::Software, None);
        assert_eq!(rcc.read(BDCR), Some(3));
        assert_eq!(rcc.read(CSR).unwrap() >> 28 & 1, 1);
    }
}
