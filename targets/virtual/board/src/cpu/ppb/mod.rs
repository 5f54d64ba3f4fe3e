//! Accesses to the Private Peripheral Bus: which register an address is.

mod armv8m;
mod baseline;
mod debug;
mod identification;
mod system_control;

use identification::{ID_REGISTERS, MVFR, component, rom_table};

use super::Core;
use super::op::Op;
use crate::marks::Observer;
use crate::memory::{AccessSize, BusFault};
use crate::system::Accessor;
use crate::system::debug::{MON_PEND, TRCENA};
use crate::system::exceptions::{Exceptions, Which, number};
use crate::system::scb::scr;

impl Core {
    /// Reads by the core (`op` is the instruction) or a debugger (`None`).
    pub fn read_ppb(
        &mut self,
        address: u32,
        size: AccessSize,
        now: u64,
        op: Option<&Op>,
    ) -> Result<u32, BusFault> {
        let word = self.read_ppb_word(address & !3, now, op)?;
        let shifted = word >> (8 * (address & 3));
        Ok(match size {
            AccessSize::Byte => shifted & 0xFF,
            AccessSize::HalfWord => shifted & 0xFFFF,
            AccessSize::Word => word,
        })
    }

    fn read_ppb_word(&mut self, address: u32, now: u64, op: Option<&Op>) -> Result<u32, BusFault> {
        let offset = address & 0xFFF;
        if !self.architecture.mainline {
            if !baseline::has(address, op.is_some()) {
                return self.no_register(address, "read of");
            }
            if let Some(value) = self.baseline_register(address) {
                return Ok(value);
            }
        }
        if self.architecture.armv8m
            && let Some(value) = self.armv8m_register(address)
        {
            return Ok(value);
        }
        let exceptions = &self.system.exceptions;
        let scb = &self.system.scb;
        let value = match address {
            0xE000_0000..=0xE000_0FCF => self.system.itm.read(offset, accessor(op.is_none())),
            0xE000_0FD0..=0xE000_0FFF => component(offset, [0x01, 0xB0, 0x3B, 0x00]).unwrap_or(0),
            0xE000_1000..=0xE000_1FFF => {
                if let Some(id) = component(offset, [0x02, 0xB0, 0x3B, 0x00]) {
                    id
                } else if offset == 0x1C && self.samples_pc() {
                    match op.is_none() && self.faults.drops_sample() {
                        true => u32::MAX,
                        false => self.next_pc,
                    }
                } else {
                    if offset == 4
                        && let Some(op) = op
                    {
                        self.note_cycle_count_read(op.index, now);
                    }
                    let totals = self.event_totals(now, op);
                    match self.system.dwt.read(offset, &totals) {
                        Some(value) => value,
                        None => return self.no_register(address, "read of"),
                    }
                }
            }
            0xE000_2000..=0xE000_2FFF => {
                let id = component(offset, [0x03, 0xB0, 0x2B, 0x00]);
                match id.or_else(|| self.system.fpb.read(offset)) {
                    Some(value) => value,
                    None => return self.no_register(address, "read of"),
                }
            }
            // Interrupt controller type: banks of 32 lines beyond the first.
            0xE000_E004 => exceptions.interrupts().div_ceil(32).saturating_sub(1),
            0xE000_E008 => scb.actlr,
            0xE000_E010..=0xE000_E01C => {
                // The cycle counter of a core without another.
                if let (0xE000_E018, false, Some(op)) = (address, self.architecture.mainline, op) {
                    self.note_cycle_count_read(op.index, now);
                }
                return Ok(self.system.systick.read(address & 0xF, now, op.is_none()));
            }
            0xE000_E100..=0xE000_E11C | 0xE000_E180..=0xE000_E19C => {
                Exceptions::lines(&exceptions.enabled, (address >> 2) & 7)
            }
            0xE000_E200..=0xE000_E21C | 0xE000_E280..=0xE000_E29C => {
                Exceptions::lines(&exceptions.pending, (address >> 2) & 7)
            }
            0xE000_E300..=0xE000_E31C => Exceptions::lines(&exceptions.active, (address >> 2) & 7),
            0xE000_E400..=0xE000_E4EC => {
                self.priorities(number::EXTERNAL + (address - 0xE000_E400))
            }
            0xE000_ED00 => self.architecture.cpuid,
            0xE000_ED04 => self.icsr(),
            0xE000_ED08 => scb.vtor,
            0xE000_ED0C => 0xFA05_0000 | exceptions.group << 8,
            0xE000_ED10 => scb.scr,
            0xE000_ED14 => scb.ccr,
            0xE000_ED18..=0xE000_ED20 => self.priorities(4 + (address - 0xE000_ED18)),
            0xE000_ED24 => self.shcsr(),
            0xE000_ED28 => scb.cfsr,
            0xE000_ED2C => scb.hfsr,
            0xE000_ED30 => self.system.debug.dfsr,
            0xE000_ED34 => scb.mmfar,
            0xE000_ED38 => scb.bfar,
            0xE000_ED3C => 0,
            0xE000_ED40..=0xE000_ED70 => {
                let index = (address - 0xE000_ED40) as usize >> 2;
                ID_REGISTERS[index]
            }
            0xE000_ED88 => scb.cpacr,
            0xE000_ED90..=0xE000_EDB8 => self.system.mpu.read(address - 0xE000_ED90),
            0xE000_EDF0 => self.system.debug.read_dhcsr(),
            0xE000_EDF4 => 0,
            0xE000_EDF8 => self.system.debug.dcrdr,
            0xE000_EDFC => {
                let pending = Exceptions::is(&exceptions.pending, number::DEBUG_MONITOR);
                self.system.debug.demcr | if pending { MON_PEND } else { 0 }
            }
            0xE000_EF34 => scb.fpccr,
            0xE000_EF38 => scb.fpcar,
            0xE000_EF3C => scb.fpdscr,
            0xE000_EF40..=0xE000_EF48 if scb.fpu => MVFR[(address - 0xE000_EF40) as usize >> 2],
            0xE000_EF40..=0xE000_EF48 => 0,
            0xE000_EFA0..=0xE000_EFFC => component(offset, [0x0C, 0xB0, 0x0B, 0x00]).unwrap_or(0),
            0xE004_0FD0..=0xE004_0FFF => component(offset, [0xA1, 0xB9, 0x0B, 0x00]).unwrap_or(0),
            0xE004_0000..=0xE004_0FCF => self.system.tpiu.read(offset),
            // ETM: only its identification.
            0xE004_1000..=0xE004_1FFF => component(offset, [0x25, 0xB9, 0x0B, 0x00]).unwrap_or(0),
            0xE004_2000..=0xE004_4FFF
                if let Some(value) = self.chip.read_debug_unit(address - 0xE004_2000) =>
            {
                value
            }
            0xE00F_F000..=0xE00F_FFFF => {
                let identity = self.chip.description().identity;
                rom_table(offset, identity, self.architecture.mainline)
            }
            _ => return self.no_register(address, "read of"),
        };
        Ok(value)
    }

    /// Nothing that is modelled is at `address`. In the System Control Space, the DWT and the FPB such
    /// registers read as zero and ignore writes (B3.2.1); elsewhere the bus refuses.
    fn no_register(&mut self, address: u32, access: &str) -> Result<u32, BusFault> {
        self.report(format!(
            "{access} unmodelled system register {address:#010x}"
        ));
        match address {
            0xE000_1000..=0xE000_2FFF | 0xE000_E000..=0xE000_EFFF => Ok(0),
            _ => Err(BusFault),
        }
    }

    /// Writes by the core (`op` is the instruction) or a debugger.
    pub fn write_ppb(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        now: u64,
        op: Option<&Op>,
        by: Accessor,
    ) -> Result<(), BusFault> {
        let missing = !self.architecture.mainline && !baseline::has(address, op.is_some());
        if missing {
            return self.no_register(address, "write to").map(drop);
        }
        if (0xE000_0000..0xE000_1000).contains(&address) {
            self.write_itm(address & 0xFFF, size, value, by);
            return Ok(());
        }
        if size != AccessSize::Word {
            return self.write_ppb_narrow(address, size, value);
        }
        let value = if self.architecture.mainline {
            value
        } else {
            baseline::writable(address, value)
        };
        if !self.architecture.mainline && matches!(address, 0xE000_ED14 | 0xE000_ED24) {
            return Ok(());
        }
        self.deadline = 0;
        if self.architecture.armv8m
            && let Some(written) = self.write_armv8m(address, value)
        {
            return written;
        }
        let totals = self.event_totals(now, op);
        let exceptions = &mut self.system.exceptions;
        let scb = &mut self.system.scb;
        let index = (address >> 2) & 7;
        match address {
            0xE004_0000..=0xE004_0FFF => self.system.tpiu.write(address & 0xFFF, value),
            0xE004_1000..=0xE004_1FFF => {}
            0xE004_2000..=0xE004_4FFF
                if self.chip.write_debug_unit(address - 0xE004_2000, value) => {}
            0xE000_1000..=0xE000_1FFF => {
                let watched = self.system.dwt.watches_code();
                if !self.system.dwt.write(address & 0xFFF, value, &totals) {
                    return self.no_register(address, "write to").map(drop);
                }
                self.observe_dwt(watched);
            }
            0xE000_2000..=0xE000_2FFF => {
                if !self.system.fpb.write(address & 0xFFF, value) {
                    return self.no_register(address, "write to").map(drop);
                }
                self.flush_code = true;
            }
            0xE000_E008 => scb.actlr = value & 0x307,
            0xE000_E010..=0xE000_E01C => self.system.systick.write(address & 0xF, value, now),
            0xE000_E100..=0xE000_E11C => {
                exceptions.set_lines(Which::Enabled, index, value, true);
            }
            0xE000_E180..=0xE000_E19C => {
                exceptions.set_lines(Which::Enabled, index, value, false);
            }
            0xE000_E200..=0xE000_E21C => {
                exceptions.set_lines(Which::Pending, index, value, true);
            }
            0xE000_E280..=0xE000_E29C => {
                exceptions.set_lines(Which::Pending, index, value, false);
            }
            0xE000_E400..=0xE000_E4EC => {
                self.set_priorities(number::EXTERNAL + (address - 0xE000_E400), value);
            }
            0xE000_ED04 => self.write_icsr(value),
            0xE000_ED08 => scb.vtor = value & 0xFFFF_FF80,
            0xE000_ED0C => self.write_aircr(value),
            0xE000_ED10 => {
                scb.scr = value & 0x16;
                exceptions.send_event_on_pend = value & scr::SEVONPEND != 0;
            }
            0xE000_ED14 => scb.write_ccr(value),
            0xE000_ED18..=0xE000_ED20 => {
                self.set_priorities(4 + (address - 0xE000_ED18), value);
            }
            0xE000_ED24 => self.write_shcsr(value),
            0xE000_ED28 => scb.cfsr &= !value,
            0xE000_ED2C => scb.hfsr &= !value,
            0xE000_ED30 => self.system.debug.dfsr &= !value,
            0xE000_ED34 => scb.mmfar = value,
            0xE000_ED38 => scb.bfar = value,
            0xE000_ED3C => {}
            0xE000_ED88 => {
                // Only coprocessors 10 and 11, which go together.
                let access = value >> 20 & 3;
                scb.cpacr = if scb.fpu {
                    access << 20 | access << 22
                } else {
                    0
                };
                self.flush_code = true;
            }
            0xE000_ED90..=0xE000_EDB8 => {
                if self.system.mpu.write(address - 0xE000_ED90, value) {
                    self.flush_code = true;
                }
            }
            0xE000_EDF0 => self.write_dhcsr(value, by),
            0xE000_EDF4 => self.write_dcrsr(value),
            0xE000_EDF8 => self.system.debug.dcrdr = value,
            0xE000_EDFC => {
                self.system.debug.demcr = value & (TRCENA | 0x000D_07F1);
                Exceptions::put(
                    &mut exceptions.pending,
                    number::DEBUG_MONITOR,
                    value & MON_PEND != 0,
                );
                exceptions.check = true;
                let watched = self.system.dwt.watches_code();
                self.system.dwt.set_trace(value & TRCENA != 0, &totals);
                self.observe_dwt(watched);
            }
            0xE000_EF00 => {
                let exception = number::EXTERNAL + (value & 0x1FF);
                if exceptions.exists(exception) {
                    exceptions.pend(exception);
                }
            }
            0xE000_EF34 if scb.fpu => scb.fpccr = value & scb.fpccr_bits(),
            0xE000_EF38 if scb.fpu => scb.fpcar = value & !7,
            0xE000_EF3C if scb.fpu => scb.fpdscr = value & 0x07C0_0000,
            // ICTR, active bits, CPUID, identification: read-only.
            0xE000_E004
            | 0xE000_E300..=0xE000_E31C
            | 0xE000_ED00
            | 0xE000_ED40..=0xE000_ED70
            | 0xE000_EF34..=0xE000_EF48
            | 0xE000_EFA0..=0xE000_EFFC => {}
            _ => return self.no_register(address, "write to").map(drop),
        }
        self.update_checks();
        Ok(())
    }

    /// Has the code decoded anew if the DWT has, or had, something to say about instructions.
    fn observe_dwt(&mut self, watched: bool) {
        let counts = self.system.dwt.counts_events();
        self.flush_code |= self.marks.observe(Observer::Events, counts);
        self.flush_code |= watched || self.system.dwt.watches_code();
    }

    fn write_itm(&mut self, offset: u32, size: AccessSize, value: u32, by: Accessor) {
        let trace = self.system.debug.demcr & TRCENA != 0;
        if !self.system.itm.write(offset, size, value, by, trace) {
            let port = offset >> 2;
            self.report(format!(
                "output of ITM port {port} is lost: nobody takes it"
            ));
        }
    }

    /// Byte and half-word writes reach priorities, fault status and the attributes of MPU regions.
    fn write_ppb_narrow(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
    ) -> Result<(), BusFault> {
        self.deadline = 0;
        let first = match address {
            // Armv6-M takes words alone (DDI 0419, B3.1.1).
            _ if !self.architecture.mainline => {
                self.report(format!(
                    "{}-byte write to system register {address:#010x}",
                    size.bytes()
                ));
                return Err(BusFault);
            }
            0xE000_E400..=0xE000_E4EF => number::EXTERNAL + (address - 0xE000_E400),
            0xE000_ED18..=0xE000_ED23 => 4 + (address - 0xE000_ED18),
            0xE000_ED28..=0xE000_ED2B => {
                self.system.scb.cfsr &= !(value << (8 * (address & 3)));
                return Ok(());
            }
            // MPU_RASR and its aliases, of which each half may be written (B3.5.9).
            0xE000_EDA0..=0xE000_EDBB
                if !self.architecture.armv8m
                    && address & 4 == 0
                    && size == AccessSize::HalfWord =>
            {
                let register = (address & !3) - 0xE000_ED90;
                let shift = 8 * (address & 2);
                let other = self.system.mpu.read(register) & !(0xFFFF << shift);
                self.flush_code |= self.system.mpu.write(register, other | value << shift);
                self.update_checks();
                return Ok(());
            }
            _ => {
                self.report(format!(
                    "{}-byte write to system register {address:#010x}",
                    size.bytes()
                ));
                return Err(BusFault);
            }
        };
        for i in 0..size.bytes() {
            self.system
                .exceptions
                .set_priority(first + i, (value >> (8 * i)) as u8);
        }
        Ok(())
    }

    /// Whether DWT_PCSR shows the PC (C1.8.5). To a debugger it does between blocks; a program sees
    /// the address behind its own block.
    fn samples_pc(&self) -> bool {
        let debug = &self.system.debug;
        debug.demcr & TRCENA != 0 && !debug.halted
    }
}

/// Who reads; the privilege of code makes no difference to what it reads.
fn accessor(debugger: bool) -> Accessor {
    if debugger {
        Accessor::Debugger
    } else {
        Accessor::Privileged
    }
}
