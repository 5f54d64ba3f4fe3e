//! RCC: what the clock control of all STM32 does with its registers. Which frequencies follow from them is each
//! family's own.
//!
//! Simplified: a source is ready as soon as it is enabled. Clock interrupts, the clock security system and clock
//! output aren't modelled; their registers keep what is written.

use super::peripheral::Write;
use super::resets::{CAUSES, REMOVE_CAUSES, Resetter, causes};
use crate::chips::ResetReason;

/// CR, in which sources are enabled, and its CSSON, which can only be set.
const CR: u32 = 0x00;
const CSSON: u32 = 1 << 19;
/// BDCR.BDRST.
const BACKUP_RESET: u32 = 1 << 16;

/// A bit of a register: the offset of that, and its number. That which resets a peripheral is at the same place of
/// a register so many bytes before the one that switches it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chips) struct Bit {
    pub register: u32,
    pub bit: u32,
}

impl Bit {
    pub const fn new(register: u32, bit: u32) -> Self {
        Self { register, bit }
    }
}

/// A flag that says that a source is ready.
#[derive(Debug)]
pub(in crate::chips) struct Ready {
    pub register: u32,
    /// The bit that enables the source; `None` for one that isn't there.
    pub enable: Option<u32>,
    pub flag: u32,
}

impl Ready {
    /// That of a source that is there.
    pub const fn new(register: u32, enable: u32, flag: u32) -> Self {
        Self {
            register,
            enable: Some(enable),
            flag,
        }
    }

    /// That of one that isn't.
    pub const fn never(register: u32, flag: u32) -> Self {
        Self {
            register,
            enable: None,
            flag,
        }
    }
}

/// Where things are in the RCC of a family. Registers are offsets.
#[derive(Debug)]
pub(in crate::chips) struct RccLayout {
    /// The last register.
    pub last: u32,
    /// Registers that aren't zero after a reset, but for CSR.
    pub reset: &'static [(u32, u32)],
    pub ready: &'static [Ready],
    /// The register whose field SW chooses the source of SYSCLK, and the first bit of SWS, which is as wide
    /// and shows it.
    pub switch: Bit,
    /// What enables each source that SW can choose.
    pub sources: &'static [Bit],
    /// What a running PLL keeps of its registers, whose enable bit is this one.
    pub pll: Option<(Bit, &'static [(u32, u32)])>,
    /// Flags of clock interrupts, and what clears them. Both read as zero.
    pub interrupt_flags: u32,
    pub interrupt_clear: u32,
    /// The first register that switches peripherals on.
    pub enables: u32,
    /// The first and the last register that resets them, in the same order.
    pub resets: [u32; 2],
    /// BDCR.
    pub backup: u32,
    /// CSR, what of it is set after a reset beside its causes, and what can be written.
    pub status: u32,
    pub status_reset: u32,
    pub status_writable: u32,
}

/// The clocks' registers.
#[derive(Clone, Debug)]
pub(in crate::chips) struct Rcc {
    layout: &'static RccLayout,
    registers: Vec<u32>,
    /// The source that SYSCLK comes from, as SWS shows it.
    source: u32,
}

impl Rcc {
    /// Whether a write to a register may reset peripherals.
    pub fn resets_peripherals(&self, offset: u32) -> bool {
        let [first, last] = self.layout.resets;
        (first..=last).contains(&offset)
    }

    /// As power comes up.
    pub fn new(layout: &'static RccLayout) -> Self {
        let mut rcc = Self {
            layout,
            registers: vec![0; layout.last as usize / 4 + 1],
            source: 0,
        };
        for &(offset, value) in layout.reset {
            rcc.set(offset, value);
        }
        rcc.set(layout.status, layout.status_reset);
        rcc
    }

    /// The registers after a reset: the backup domain keeps its own, and CSR says what happened.
    pub fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        let layout = self.layout;
        let (backup, before) = (self.get(layout.backup), self.get(layout.status));
        *self = Self::new(layout);
        if reason != ResetReason::PowerOn {
            self.set(layout.backup, backup);
        }
        let causes = causes(before, reason, by);
        self.set(layout.status, layout.status_reset | causes);
    }

    /// What was written to a register.
    pub fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    fn set(&mut self, offset: u32, value: u32) {
        self.registers[offset as usize / 4] = value;
    }

    /// Whether a bit of a register is set.
    pub fn is_on(&self, register: u32, bit: u32) -> bool {
        self.get(register) >> bit & 1 != 0
    }

    /// `bits` bits of a register.
    pub fn field(&self, register: u32, from: u32, bits: u32) -> u64 {
        u64::from(self.get(register) >> from & ((1 << bits) - 1))
    }

    /// The number of the source that SYSCLK comes from.
    pub fn source(&self) -> u32 {
        self.source
    }

    /// The bits of SWS, in place.
    fn shown(&self) -> u32 {
        ((1 << self.layout.switch.bit) - 1) << self.layout.switch.bit
    }

    /// Reads a register; `None` if there is none.
    pub fn read(&self, offset: u32) -> Option<u32> {
        let layout = self.layout;
        let value = *self.registers.get(offset as usize / 4)?;
        if [layout.interrupt_flags, layout.interrupt_clear].contains(&offset) {
            return Some(0);
        }
        let flags = layout.ready.iter().filter(|it| it.register == offset);
        let value = flags.fold(value, |word, it| {
            let on = it.enable.map_or(0, |bit| word >> bit & 1);
            word & !(1 << it.flag) | on << it.flag
        });
        Some(if offset == layout.switch.register {
            value & !self.shown() | self.source << layout.switch.bit
        } else {
            value
        })
    }

    /// Writes a register. Those of the backup domain need `backup_access`.
    pub fn write(&mut self, offset: u32, write: Write, backup_access: bool) -> Option<()> {
        let layout = self.layout;
        let old = *self.registers.get(offset as usize / 4)?;
        let mut value = write.over(old);
        if offset == CR {
            value |= self.needed() | old & CSSON;
        } else if offset == layout.backup {
            if !backup_access {
                value = old;
            } else if value & BACKUP_RESET != 0 {
                value = BACKUP_RESET;
            }
        } else if offset == layout.status {
            let causes = if value & REMOVE_CAUSES != 0 { 0 } else { old };
            value = value & layout.status_writable | causes & CAUSES;
        }
        let kept = self.kept_by_pll(offset);
        self.set(offset, value & !kept | old & kept);
        let wanted = self.get(layout.switch.register) & ((1 << layout.switch.bit) - 1);
        let source = layout.sources.get(wanted as usize);
        if source.is_some_and(|it| self.is_on(it.register, it.bit)) {
            self.source = wanted;
        }
        Some(())
    }

    /// The bit of CR of the source of SYSCLK, which can't be switched off.
    fn needed(&self) -> u32 {
        let source = self.layout.sources.get(self.source as usize);
        source
            .filter(|it| it.register == CR)
            .map_or(0, |it| 1 << it.bit)
    }

    /// The bits of a register that a running PLL keeps.
    fn kept_by_pll(&self, offset: u32) -> u32 {
        let Some((on, settings)) = &self.layout.pll else {
            return 0;
        };
        let setting = settings.iter().find(|(register, _)| *register == offset);
        match setting {
            Some(&(_, kept)) if self.is_on(on.register, on.bit) => kept,
            _ => 0,
        }
    }

    /// Whether a peripheral is switched on.
    pub fn is_enabled(&self, gate: Bit) -> bool {
        self.is_on(gate.register, gate.bit)
    }

    /// Whether a peripheral is held in reset.
    pub fn is_reset(&self, gate: Bit) -> bool {
        let offset = gate.register - self.layout.enables + self.layout.resets[0];
        self.is_on(offset, gate.bit)
    }
}
