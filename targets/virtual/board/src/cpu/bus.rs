//! Data accesses of the core: the fast way to flash and RAM, and the checked way to everything.

use super::op::{Kind, Op};
use super::{Core, Fault, Stop, Trap};
use crate::memory::{ANY_GROUP, AccessSize, BusFault, FLASH_GROUP, PERIPHERAL_GROUP, Place};
use crate::system::Accessor;
use crate::system::mpu::Access;
use crate::timing::TimingParameters;

impl Core {
    /// Loads `N` bytes, zero-extended.
    #[inline(always)]
    pub fn load<const TIMING: bool, const N: usize>(
        &mut self,
        op: &Op,
        address: u32,
    ) -> Result<u32, Trap> {
        let offset = address.wrapping_sub(self.memory.ram_origin) as usize;
        if let Some(bytes) = self.memory.ram.get(offset..offset + N) {
            let value = little_endian::<N>(bytes);
            if TIMING {
                if is_rare::<N>(op, address) {
                    self.any_load_timing::<N>(op, address);
                } else if op.flags != 0 {
                    let bank = self.memory.ram_bank(offset);
                    self.overlap_timing(op, bank & 0xF);
                    self.slow_bank_timing(bank, 1);
                }
            }
            return Ok(value);
        }
        let offset = address.wrapping_sub(self.memory.flash_origin);
        if offset < self.memory.flash_fast
            && let Some(bytes) = self.memory.flash.get(offset as usize..offset as usize + N)
        {
            let value = little_endian::<N>(bytes);
            if TIMING {
                if is_rare::<N>(op, address) {
                    self.any_load_timing::<N>(op, address);
                } else {
                    self.overlap_timing(op, FLASH_GROUP);
                    self.flash_read_timing(offset);
                }
            }
            return Ok(value);
        }
        if TIMING {
            self.any_load_timing::<N>(op, address);
        }
        self.load_checked(op, address, size::<N>())
    }

    /// Stores the low `N` bytes of `value`.
    #[inline(always)]
    pub fn store<const TIMING: bool, const N: usize>(
        &mut self,
        op: &Op,
        address: u32,
        value: u32,
    ) -> Result<(), Trap> {
        let offset = address.wrapping_sub(self.memory.ram_origin) as usize;
        if let Some(bytes) = self.memory.ram.get_mut(offset..offset + N) {
            bytes.copy_from_slice(&value.to_le_bytes()[..N]);
            if TIMING {
                if is_rare::<N>(op, address) {
                    self.any_store_timing::<N>(op, address);
                } else if op.flags & Op::CHAINED != 0 {
                    self.lost_overlap_timing(self.memory.ram_bank(offset) & 0xF);
                }
            }
            if self.memory.is_code(offset) {
                self.code_changed(Place::Ram(offset as u32));
            }
            return Ok(());
        }
        if TIMING {
            self.any_store_timing::<N>(op, address);
        }
        self.store_checked(op, address, size::<N>(), value)
    }

    /// Has what was decoded at a place thrown away before the next block.
    #[cold]
    fn code_changed(&mut self, place: Place) {
        self.stale_code.push(place);
        self.deadline = 0;
    }

    /// A split access.
    fn alignment_timing<const N: usize>(&mut self, address: u32) {
        if N > 1 && address as usize & (N - 1) != 0 {
            let cycles = unaligned_cycles::<N>(&self.timing, address);
            self.add_load_store_cycles(cycles);
        }
    }

    /// The memory that a load reaches: lost overlap with the load before it, and what the one
    /// behind it needs to know.
    #[inline(always)]
    fn overlap_timing(&mut self, op: &Op, group: u8) {
        if op.flags & Op::CHAINED != 0 {
            self.lost_overlap_timing(group);
        }
        self.last_group = group;
    }

    #[inline(always)]
    fn lost_overlap_timing(&mut self, group: u8) {
        if group != self.last_group && self.last_group != ANY_GROUP {
            self.add_load_store_cycles(u64::from(self.timing.lost_overlap));
        }
    }

    /// The timing of any load.
    #[cold]
    #[inline(never)]
    fn any_load_timing<const N: usize>(&mut self, op: &Op, address: u32) {
        let before = self.extra;
        self.alignment_timing::<N>(address);
        match self.memory.locate(address) {
            Some(Place::Ram(offset)) => {
                let bank = self.memory.ram_bank(offset as usize);
                self.overlap_timing(op, bank & 0xF);
                self.slow_bank_timing(bank, 1);
            }
            Some(Place::Flash(offset)) => {
                self.overlap_timing(op, FLASH_GROUP);
                self.flash_read_timing(offset);
            }
            None => self.overlap_timing(op, PERIPHERAL_GROUP),
        }
        self.absorb(op, before);
    }

    /// The timing of any store.
    #[cold]
    #[inline(never)]
    fn any_store_timing<const N: usize>(&mut self, op: &Op, address: u32) {
        let before = self.extra;
        self.alignment_timing::<N>(address);
        if op.flags & Op::CHAINED != 0 {
            let group = match self.memory.locate(address) {
                Some(Place::Ram(offset)) => self.memory.ram_bank(offset as usize) & 0xF,
                Some(Place::Flash(_)) => FLASH_GROUP,
                None => PERIPHERAL_GROUP,
            };
            self.lost_overlap_timing(group);
        }
        self.absorb(op, before);
    }

    /// Takes back a cycle of what a load or store has waited since `before`, if the fetch of a later
    /// instruction would have taken it.
    fn absorb(&mut self, op: &Op, before: u64) {
        if op.flags & Op::ABSORBS != 0 && self.extra != before {
            self.add_load_store_cycles(u64::MAX);
        }
    }

    /// Reads of `count` words of a bank of RAM that may be slow.
    #[inline(always)]
    pub fn slow_bank_timing(&mut self, bank: u8, count: u32) {
        if bank >> 4 != 0 {
            self.add_load_store_cycles(u64::from(self.timing.slow_ram * count));
        }
    }

    /// Wait states of a data read from flash, if it isn't of the sector that was read last.
    #[inline(always)]
    fn flash_read_timing(&mut self, offset: u32) {
        let sector = offset >> self.flash_sector_shift;
        if sector != self.last_flash_sector {
            self.last_flash_sector = sector;
            self.new_flash_sector_timing(offset);
        }
    }

    /// Wait states of a data read from flash, if the sector isn't in the data cache.
    #[inline(never)]
    fn new_flash_sector_timing(&mut self, offset: u32) {
        if self.flash_timing.data_cache
            && let Some(cache) = &mut self.data_cache
            && !cache.misses(offset)
        {
            return;
        }
        self.add_load_store_cycles(u64::from(self.flash_data_wait));
    }

    /// Time at an instruction inside the running block.
    pub fn now(&self, op: &Op) -> u64 {
        let before = if self.instructions_only {
            u64::from(op.index)
        } else {
            u64::from(op.prefix)
        };
        self.cycles.wrapping_add(self.extra).wrapping_add(before)
    }

    fn data_fault(&mut self, address: u32) -> Trap {
        self.stop = Some(Stop::Fault(Fault::DataBus(address)));
        Trap
    }

    #[cold]
    #[inline(never)]
    fn load_checked(&mut self, op: &Op, address: u32, size: AccessSize) -> Result<u32, Trap> {
        if address & (size.bytes() - 1) != 0 {
            return self.load_split(op, address, size);
        }
        let privileged = self.acts_privileged(op);
        self.need_permission(address, Access::Read, privileged)?;
        if self.faults.refuses(address, size) {
            return Err(self.data_fault(address));
        }
        let now = self.now(op);
        if (0xE000_0000..0xE010_0000).contains(&address) {
            // Of the PPB, unprivileged code reaches the ITM (B3.1.1).
            if !privileged && address >= 0xE000_1000 {
                return Err(self.data_fault(address));
            }
            let value = self
                .read_ppb(address, size, now, Some(op))
                .map_err(|BusFault| self.data_fault(address))?;
            self.watch(address, size, false, value);
            return Ok(value);
        }
        let value = self
            .read_bus(address, size, now)
            .map_err(|BusFault| self.data_fault(address))?
            ^ self.faults.flips_on_read(address, size);
        self.watch(address, size, false, value);
        Ok(value)
    }

    /// An unaligned load is several aligned ones; the PPB and devices take none.
    fn load_split(&mut self, op: &Op, address: u32, size: AccessSize) -> Result<u32, Trap> {
        if self.must_be_aligned(address) {
            self.stop = Some(Stop::Fault(Fault::Unaligned));
            return Err(Trap);
        }
        let mut value = 0;
        for i in 0..size.bytes() {
            let byte = self.load_checked(op, address.wrapping_add(i), AccessSize::Byte)?;
            value |= byte << (8 * i);
        }
        Ok(value)
    }

    #[cold]
    #[inline(never)]
    fn store_checked(
        &mut self,
        op: &Op,
        address: u32,
        size: AccessSize,
        value: u32,
    ) -> Result<(), Trap> {
        if address & (size.bytes() - 1) != 0 {
            if self.must_be_aligned(address) {
                self.stop = Some(Stop::Fault(Fault::Unaligned));
                return Err(Trap);
            }
            for i in 0..size.bytes() {
                let byte = value >> (8 * i) & 0xFF;
                self.store_checked(op, address.wrapping_add(i), AccessSize::Byte, byte)?;
            }
            return Ok(());
        }
        let privileged = self.acts_privileged(op);
        self.need_permission(address, Access::Write, privileged)?;
        self.watch(address, size, true, value);
        if self.faults.refuses(address, size) {
            return Err(self.data_fault(address));
        }
        let now = self.now(op);
        if (0xE000_0000..0xE010_0000).contains(&address) {
            if !privileged && !self.unprivileged_may_write(address) {
                return Err(self.data_fault(address));
            }
            let by = if privileged {
                Accessor::Privileged
            } else {
                Accessor::Unprivileged
            };
            return self
                .write_ppb(address, size, value, now, Some(op), by)
                .map_err(|BusFault| self.data_fault(address));
        }
        self.write_bus(address, size, value, now)
            .map_err(|BusFault| self.data_fault(address))
    }

    /// Whether the access of an instruction is a privileged one.
    fn acts_privileged(&self, op: &Op) -> bool {
        let never = matches!(op.kind, Kind::LoadUnprivileged | Kind::StoreUnprivileged);
        self.privileged() && !never
    }

    /// Asks the MPU.
    fn need_permission(
        &mut self,
        address: u32,
        access: Access,
        privileged: bool,
    ) -> Result<(), Trap> {
        let view = self.view(privileged);
        if self.system.mpu.allows(address, access, view) {
            return Ok(());
        }
        self.stop = Some(Stop::Fault(Fault::DataAccess(address)));
        Err(Trap)
    }

    fn must_be_aligned(&self, address: u32) -> bool {
        self.system.scb.ccr & crate::system::scb::ccr::UNALIGN_TRP != 0
            || matches!(address >> 29, 2 | 5..=7)
    }

    /// Of the PPB, unprivileged code may write to the ITM, and to STIR if CCR.USERSETMPEND says so
    /// (B3.1.1).
    fn unprivileged_may_write(&self, address: u32) -> bool {
        match address {
            0xE000_0000..0xE000_1000 => true,
            0xE000_EF00 => self.system.scb.ccr & crate::system::scb::ccr::USERSETMPEND != 0,
            _ => false,
        }
    }

    /// Compares a data access with the watchpoints.
    fn watch(&mut self, address: u32, size: AccessSize, write: bool, value: u32) {
        if self.system.dwt.watches_data()
            && self.system.dwt.data_access(address, size, write, value)
            && self.system.debug.takes_watchpoints()
        {
            self.stop.get_or_insert(Stop::Watchpoint);
        }
    }

    /// An aligned read of anything but the PPB, by the core or a debugger.
    pub fn read_bus(&mut self, address: u32, size: AccessSize, now: u64) -> Result<u32, BusFault> {
        if let Some(place) = self.memory.locate(address) {
            return self.memory.read(place, size).ok_or(BusFault);
        }
        if let Some((word, bit)) = self.bit_band(address) {
            let value = self.read_bus(word & !3, AccessSize::Word, now)?;
            return Ok(value >> (bit | (word & 3) << 3) & 1);
        }
        self.with_chip(now, |chip, context| chip.read(address, size, context))
    }

    /// An aligned write to anything but the PPB, by the core or a debugger.
    pub fn write_bus(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        now: u64,
    ) -> Result<(), BusFault> {
        match self.memory.locate(address) {
            Some(place @ Place::Ram(offset)) => {
                match self.memory.write_ram(offset, size, value) {
                    Some(true) => self.code_changed(place),
                    Some(false) => {}
                    None => return Err(BusFault),
                }
                Ok(())
            }
            Some(Place::Flash(offset)) => {
                self.with_chip(now, |chip, context| {
                    chip.write_flash(offset, size, value, context)
                })?;
                let flash = &mut self.memory.flash;
                self.faults.after_programming(offset, size, flash);
                Ok(())
            }
            None => {
                if let Some((word, bit)) = self.bit_band(address) {
                    let bit = bit | (word & 3) << 3;
                    let old = self.read_bus(word & !3, AccessSize::Word, now)?;
                    let new = old & !(1 << bit) | (value & 1) << bit;
                    return self.write_bus(word & !3, AccessSize::Word, new, now);
                }
                self.with_chip(now, |chip, context| {
                    chip.write(address, size, value, context)
                })
            }
        }
    }

    /// Byte address and bit in it behind a bit-band alias (B3.1.1 of the Cortex-M4 TRM).
    fn bit_band(&self, address: u32) -> Option<(u32, u32)> {
        if !self.chip.description().bit_band || address & 0xDE00_0000 != 0x0200_0000 {
            return None;
        }
        if address >> 28 != 2 && address >> 28 != 4 {
            return None;
        }
        let offset = address & 0x01FF_FFFF;
        Some(((address & 0xF000_0000) + (offset >> 5), offset >> 2 & 7))
    }
}

/// Whether the timing of a load or store to flash or RAM takes more than the usual look: it is split,
/// or a later instruction may absorb what it waits.
#[inline(always)]
const fn is_rare<const N: usize>(op: &Op, address: u32) -> bool {
    address as usize & (N - 1) != 0 || op.flags & Op::ABSORBS != 0
}

const fn size<const N: usize>() -> AccessSize {
    match N {
        1 => AccessSize::Byte,
        2 => AccessSize::HalfWord,
        _ => AccessSize::Word,
    }
}

/// `N` bytes as a word.
#[inline(always)]
pub(super) fn little_endian<const N: usize>(bytes: &[u8]) -> u32 {
    let mut word = [0; 4];
    word[..N].copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

/// Cycles that splitting an unaligned access adds.
fn unaligned_cycles<const N: usize>(rules: &TimingParameters, address: u32) -> u64 {
    u64::from(if N == 4 && address & 1 != 0 {
        rules.unaligned_odd_word
    } else {
        rules.unaligned
    })
}
