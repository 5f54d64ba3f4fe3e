//! Data accesses of the core: the fast way to flash and RAM, and the checked way to everything.

use super::execute::LONG;
use super::op::{Kind, Op};
use super::{Core, Fault, Stop, Trap};
use crate::chips::FlashTiming;
use crate::memory::{ANY_GROUP, AccessSize, BusFault, FLASH_GROUP, PERIPHERAL_GROUP, Place};
use crate::system::Accessor;
use crate::system::mpu::Access;
use crate::system::scb::{ccr, cfsr};
use crate::timing::TimingParameters;
use crate::timing::waits::{self, Waits};

/// Through what a read of data comes to the flash.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DataWay {
    /// Nothing.
    Flash,
    /// The one bus over which instructions come too.
    Port,
    /// The cache for instructions.
    InstructionCache,
    /// The cache for data.
    DataCache,
}

impl DataWay {
    pub fn of(timing: &FlashTiming) -> Self {
        if timing.single_port {
            Self::Port
        } else if timing.unified_cache && timing.instruction_cache {
            Self::InstructionCache
        } else if timing.data_cache {
            Self::DataCache
        } else {
            Self::Flash
        }
    }
}

impl Core {
    /// Loads `N` bytes, zero-extended. `S`: only on the short way, see [`super::execute`].
    #[inline(always)]
    pub fn load<const TIMING: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
        address: u32,
    ) -> Result<u32, Trap> {
        if !S {
            self.need_architecture::<N>(address)?;
        }
        let offset = address.wrapping_sub(self.memory.ram_origin) as usize;
        if let Some(bytes) = self.memory.ram.get(offset..offset + N) {
            let value = little_endian::<N>(bytes);
            if TIMING {
                let split = is_split::<N>(address);
                if S && split && !self.architecture.mainline {
                    return Err(Trap);
                }
                if split {
                    let waits = self.ram_load_waits(op, offset);
                    self.wait(op, split_cycles::<N>(&self.timing, address) + waits);
                } else if op.flags != 0 {
                    let waits = self.ram_load_waits(op, offset);
                    self.wait(op, waits);
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
                if is_split::<N>(address) {
                    if S {
                        return Err(Trap);
                    }
                    self.any_load_timing::<N>(op, address);
                } else {
                    let waits = self.flash_load_waits::<S>(op, offset)?;
                    self.wait(op, waits);
                }
            }
            return Ok(value);
        }
        if S {
            return Err(Trap);
        }
        if TIMING {
            self.any_load_timing::<N>(op, address);
        }
        self.load_checked(op, address, size::<N>())
    }

    /// Stores the low `N` bytes of `value`. `S`: only on the short way, see [`super::execute`].
    #[inline(always)]
    pub fn store<const TIMING: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
        address: u32,
        value: u32,
    ) -> Result<(), Trap> {
        if !S {
            self.need_architecture::<N>(address)?;
        }
        let offset = address.wrapping_sub(self.memory.ram_origin) as usize;
        let is_code = self.memory.is_code(offset);
        if S && (is_code || TIMING && is_split::<N>(address)) {
            return Err(Trap);
        }
        if let Some(bytes) = self.memory.ram.get_mut(offset..offset + N) {
            bytes.copy_from_slice(&value.to_le_bytes()[..N]);
            if TIMING {
                if is_split::<N>(address) {
                    self.any_store_timing::<N>(op, address);
                } else if op.flags & Op::CHAINED != 0 {
                    let waits = self.lost_overlap(op, self.memory.ram_bank(offset) & 0xF);
                    self.wait(op, waits);
                }
            }
            if is_code {
                self.code_changed(Place::Ram(offset as u32));
            }
            return Ok(());
        }
        if S {
            return Err(Trap);
        }
        if TIMING {
            self.any_store_timing::<N>(op, address);
        }
        self.store_checked(op, address, size::<N>(), value)
    }

    /// Loads words from consecutive addresses, of which the first is aligned.
    #[inline(always)]
    pub fn load_words<const TIMING: bool, const S: bool>(
        &mut self,
        op: &Op,
        address: u32,
        words: &mut [u32],
    ) -> Result<(), Trap> {
        self.need_alignment::<S>(address)?;
        if !S {
            // Behind its first word a bank is granted.
            let behind = Op {
                flags: op.flags | Op::GRANTED,
                ..*op
            };
            for (at, word) in words.iter_mut().enumerate() {
                let op = if at == 0 { op } else { &behind };
                let address = address.wrapping_add(4 * at as u32);
                *word = self.load::<TIMING, LONG, 4>(op, address)?;
            }
            return Ok(());
        }
        let start = address.wrapping_sub(self.memory.ram_origin) as usize;
        let range = start..start + 4 * words.len();
        let Some(bytes) = self.memory.ram.get(range) else {
            return Err(Trap);
        };
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = little_endian::<4>(bytes);
        }
        if TIMING && op.flags != 0 {
            let waits = self.ram_load_waits(op, start);
            self.wait(op, waits);
        }
        Ok(())
    }

    /// Stores words at consecutive addresses.
    #[inline(always)]
    pub fn store_words<const TIMING: bool, const S: bool>(
        &mut self,
        op: &Op,
        address: u32,
        words: &[u32],
    ) -> Result<(), Trap> {
        self.need_alignment::<S>(address)?;
        if !S {
            for (&word, address) in words
                .iter()
                .zip((0..).map(|at| address.wrapping_add(4 * at)))
            {
                self.store::<TIMING, LONG, 4>(op, address, word)?;
            }
            return Ok(());
        }
        let start = address.wrapping_sub(self.memory.ram_origin) as usize;
        let range = start..start + 4 * words.len();
        if self.memory.may_be_code(&range) {
            return Err(Trap);
        }
        let Some(bytes) = self.memory.ram.get_mut(range) else {
            return Err(Trap);
        };
        for (word, bytes) in words.iter().zip(bytes.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        if TIMING && op.flags & Op::CHAINED != 0 {
            for at in 0..words.len() {
                let bank = self.memory.ram_bank(start + 4 * at);
                let waits = self.lost_overlap(op, bank & 0xF);
                self.wait(op, waits);
            }
        }
        Ok(())
    }

    /// Has what was decoded at a place thrown away before the next block.
    #[cold]
    fn code_changed(&mut self, place: Place) {
        self.stale_code.push(place);
        self.deadline = 0;
    }

    /// Cycles that a load from RAM waits beyond its static ones, without those for which the bank isn't
    /// granted: they are added here, for no fetch goes on meanwhile.
    #[inline(always)]
    pub(super) fn ram_load_waits(&mut self, op: &Op, offset: usize) -> Waits {
        let bank = self.memory.ram_bank(offset);
        if bank == self.last_group {
            // Granted at once, and the one before: nothing is lost.
            return 0;
        }
        let lost = self.lost_overlap(op, bank & 0xF);
        if bank >> 4 != 0 {
            let chained = op.flags & Op::CHAINED != 0 && lost == 0;
            if !chained && op.flags & Op::GRANTED == 0 {
                self.add_load_store_cycles(self.timing.bank_grant.into());
            }
        }
        self.last_group = bank & 0xF;
        lost
    }

    /// Cycles that a load from flash takes beyond its static ones: wait states if it isn't of the
    /// sector that was read last, nor in the data cache. There is no short way to look into that. Over one bus
    /// the instructions up to there are fetched too.
    #[inline(always)]
    fn flash_load_waits<const S: bool>(&mut self, op: &Op, offset: u32) -> Result<Waits, Trap> {
        let mut waits = 0;
        let sector = offset >> self.flash_sector_shift;
        if sector != self.last_flash_sector {
            let missing = match self.data_way {
                DataWay::Flash => true,
                DataWay::Port => {
                    self.last_group = FLASH_GROUP;
                    let waits = self.followed.load::<S>(self.now(op), self.extra);
                    return waits.map(|waits| waits::of_flash(waits as u32)).ok_or(Trap);
                }
                _ if S => return Err(Trap),
                DataWay::InstructionCache => self.cache.misses(offset),
                DataWay::DataCache => (self.data_cache.as_mut()).is_none_or(|it| it.misses(offset)),
            };
            if missing {
                waits = self.flash_data_wait;
            }
            self.last_flash_sector = sector;
        }
        waits += self.lost_overlap(op, FLASH_GROUP);
        self.last_group = FLASH_GROUP;
        Ok(waits)
    }

    /// What a load or store loses that was to overlap with the load before it, if that reached another
    /// memory than `group`.
    #[inline(always)]
    fn lost_overlap(&self, op: &Op, group: u8) -> Waits {
        let chained = op.flags & Op::CHAINED != 0;
        if chained && group != self.last_group && self.last_group != ANY_GROUP {
            self.timing.lost_overlap.into()
        } else {
            0
        }
    }

    /// Adds what a load or store waits, but for a cycle that the fetch of a later instruction would
    /// have taken, or with one that it takes because of the wait.
    #[inline(always)]
    fn wait(&mut self, op: &Op, waits: Waits) {
        if waits != 0 {
            let absorbed = u64::from(op.flags & Op::ABSORBS != 0);
            let restarted = u64::from(op.flags & Op::RESTARTS != 0);
            self.add_load_store_cycles(waits + restarted - absorbed);
        }
    }

    /// The timing of any load.
    #[cold]
    #[inline(never)]
    fn any_load_timing<const N: usize>(&mut self, op: &Op, address: u32) {
        let split = split_cycles::<N>(&self.timing, address);
        let waits = match self.memory.locate(address) {
            Some(Place::Ram(offset)) => self.ram_load_waits(op, offset as usize),
            // The long way is never closed.
            Some(Place::Flash(offset)) => self.flash_load_waits::<LONG>(op, offset).unwrap_or(0),
            None => {
                let lost = self.lost_overlap(op, PERIPHERAL_GROUP);
                self.last_group = PERIPHERAL_GROUP;
                lost
            }
        };
        self.wait(op, split + waits);
    }

    /// The timing of any store.
    #[cold]
    #[inline(never)]
    fn any_store_timing<const N: usize>(&mut self, op: &Op, address: u32) {
        let split = split_cycles::<N>(&self.timing, address);
        let group = match self.memory.locate(address) {
            Some(Place::Ram(offset)) => self.memory.ram_bank(offset as usize) & 0xF,
            Some(Place::Flash(_)) => FLASH_GROUP,
            None => PERIPHERAL_GROUP,
        };
        let lost = self.lost_overlap(op, group);
        self.wait(op, split + lost);
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

    /// The bus refused an access: a fault, or with CCR.BFHFNMIGN at negative priority something to
    /// ignore (B3.2.8); a load then brings zero.
    fn bus_error(&mut self, address: u32) -> Result<u32, Trap> {
        if self.system.scb.ccr & ccr::BFHFNMIGN != 0 && self.current_priority() < 0 {
            self.system.scb.cfsr |= cfsr::PRECISERR | cfsr::BFARVALID;
            self.system.scb.bfar = address;
            return Ok(0);
        }
        Err(self.data_fault(address))
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
            self.waiting.disturb();
            let value = match self.read_ppb(address, size, now, Some(op)) {
                Ok(value) => value,
                Err(BusFault) => self.bus_error(address)?,
            };
            self.watch(address, size, false, value);
            return Ok(value);
        }
        let value = match self.read_bus(address, size, now) {
            Ok(value) => value,
            Err(BusFault) => self.bus_error(address)?,
        } ^ self.faults.flips_on_read(address, size);
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
                .or_else(|BusFault| self.bus_error(address).map(drop));
        }
        self.write_bus(address, size, value, now)
            .or_else(|BusFault| self.bus_error(address).map(drop))
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
        self.system.scb.ccr & ccr::UNALIGN_TRP != 0 || matches!(address >> 29, 2 | 5..=7)
    }

    /// Armv6-M has no unaligned accesses (DDI 0419, A3.2).
    #[inline(always)]
    fn need_architecture<const N: usize>(&mut self, address: u32) -> Result<(), Trap> {
        if is_split::<N>(address) && !self.architecture.mainline {
            self.stop = Some(Stop::Fault(Fault::Unaligned));
            return Err(Trap);
        }
        Ok(())
    }

    /// Of the PPB, unprivileged code may write to the ITM, and to STIR if CCR.USERSETMPEND says so
    /// (B3.1.1).
    fn unprivileged_may_write(&self, address: u32) -> bool {
        match address {
            0xE000_0000..0xE000_1000 => true,
            0xE000_EF00 => self.system.scb.ccr & ccr::USERSETMPEND != 0,
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
        if let Some(word) = self.chip.peek(address & !3, now) {
            return Ok(word >> (8 * (address & 3)) & size.mask());
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
        // 0x2200_0000 and 0x4200_0000, 32 MB each.
        if !self.chip.description().bit_band || !matches!(address >> 25, 0x11 | 0x21) {
            return None;
        }
        let offset = address & 0x01FF_FFFF;
        Some(((address & 0xF000_0000) + (offset >> 5), offset >> 2 & 7))
    }
}

/// Whether the bus takes several accesses for `N` bytes.
#[inline(always)]
const fn is_split<const N: usize>(address: u32) -> bool {
    address as usize & (N - 1) != 0
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
fn split_cycles<const N: usize>(rules: &TimingParameters, address: u32) -> Waits {
    waits::of_unaligned(match N {
        4 if address & 1 != 0 => rules.unaligned_odd_word,
        _ if is_split::<N>(address) => rules.unaligned,
        _ => 0,
    })
}
