//! Flash and RAM of a virtual chip, with what the executor needs to find them fast.

mod access;

use std::ops::Range;

pub use access::{AccessSize, BusFault};

use crate::chips::{ChipDescription, MemoryRegion};

/// Which memory an address belongs to, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Byte offset in the flash.
    Flash(u32),
    /// Byte offset in the RAM.
    Ram(u32),
}

/// Granule of the code map: a store to a granule without code can't change any block.
pub(crate) const CODE_GRANULE_SHIFT: u32 = 7;
/// Granule of the bank map.
const BANK_GRANULE_SHIFT: u32 = 14;
/// Granules of the bank map: enough for 1 MiB of RAM.
const BANK_GRANULES: usize = 64;

/// Group of the flash in [`crate::chips::RamBank::group`]'s numbering.
pub(crate) const FLASH_GROUP: u8 = 0;
/// Group of everything that is neither flash nor RAM; a group of RAM has four bits.
pub(crate) const PERIPHERAL_GROUP: u8 = 0x10;
/// No load before it: there is no overlap to lose.
pub(crate) const ANY_GROUP: u8 = 0xFF;

pub(crate) struct Memory {
    pub flash: Box<[u8]>,
    /// The RAM while no access needs a check (MPU, watchpoints); empty otherwise.
    pub ram: Box<[u8]>,
    /// The RAM while every access needs a check; empty otherwise.
    pub checked_ram: Box<[u8]>,
    pub flash_origin: u32,
    /// Bytes of flash that can be read without a check: all or none.
    pub flash_fast: u32,
    pub ram_origin: u32,
    pub ram_length: u32,
    /// Nonzero where a granule of RAM has been decoded.
    pub ram_code: Box<[u8]>,
    /// First byte of the RAM behind which decoded granules lie, and the bytes to the last.
    code_start: usize,
    code_length: usize,
    /// Of each granule of RAM the bank group (low 4 bits), and whether the bank is granted late (bit 4).
    ram_banks: [u8; BANK_GRANULES],
    aliases: Vec<(u32, u32, Place)>,
}

impl Memory {
    pub fn new(chip: &ChipDescription) -> Self {
        let mut ram_banks = [0; BANK_GRANULES];
        let granules = chip.ram_banks.iter().flat_map(|bank| {
            let granules = (bank.length >> BANK_GRANULE_SHIFT) as usize;
            std::iter::repeat_n(
                bank.group & 0xF | u8::from(bank.granted_late) << 4,
                granules,
            )
        });
        for (slot, granule) in ram_banks.iter_mut().zip(granules) {
            *slot = granule;
        }
        let mut aliases = Vec::new();
        let mut add = |region: &MemoryRegion, place: fn(u32) -> Place| {
            for &(address, offset, length) in region.aliases.iter() {
                aliases.push((address, length, place(offset)));
            }
        };
        add(&chip.flash, Place::Flash);
        add(&chip.ram, Place::Ram);
        Self {
            flash: vec![0xFF; chip.flash.length as usize].into(),
            ram: vec![0; chip.ram.length as usize].into(),
            checked_ram: Box::default(),
            flash_origin: chip.flash.origin,
            flash_fast: chip.flash.length,
            ram_origin: chip.ram.origin,
            ram_length: chip.ram.length,
            ram_code: vec![0; (chip.ram.length >> CODE_GRANULE_SHIFT) as usize + 1].into(),
            code_start: 0,
            code_length: 0,
            ram_banks,
            aliases,
        }
    }

    /// The memory behind an address.
    pub fn locate(&self, address: u32) -> Option<Place> {
        let offset = address.wrapping_sub(self.ram_origin);
        if offset < self.ram_length {
            return Some(Place::Ram(offset));
        }
        let offset = address.wrapping_sub(self.flash_origin);
        if (offset as usize) < self.flash.len() {
            return Some(Place::Flash(offset));
        }
        self.aliases.iter().find_map(|&(start, length, place)| {
            let offset = address.wrapping_sub(start);
            (offset < length).then(|| match place {
                Place::Flash(first) => Place::Flash(first + offset),
                Place::Ram(first) => Place::Ram(first + offset),
            })
        })
    }

    /// All of the RAM, checked or not.
    pub fn ram(&self) -> &[u8] {
        if self.ram.is_empty() {
            &self.checked_ram
        } else {
            &self.ram
        }
    }

    /// All of the RAM, checked or not.
    pub fn ram_mut(&mut self) -> &mut [u8] {
        if self.ram.is_empty() {
            &mut self.checked_ram
        } else {
            &mut self.ram
        }
    }

    /// Sends every access through the checks, or lets RAM and flash be reached directly.
    pub fn set_checked(&mut self, checked: bool) {
        if checked == self.ram.is_empty() {
            return;
        }
        std::mem::swap(&mut self.ram, &mut self.checked_ram);
        self.flash_fast = if checked { 0 } else { self.flash.len() as u32 };
    }

    /// Reads little-endian bytes; `None` beyond the end of the memory.
    pub fn read(&self, place: Place, size: AccessSize) -> Option<u32> {
        let (bytes, offset) = match place {
            Place::Flash(offset) => (&self.flash[..], offset as usize),
            Place::Ram(offset) => (self.ram(), offset as usize),
        };
        let bytes = bytes.get(offset..offset + size.bytes() as usize)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |value, &byte| value << 8 | u32::from(byte)),
        )
    }

    /// Writes little-endian bytes to the RAM; `None` beyond its end. True if code was there.
    pub fn write_ram(&mut self, offset: u32, size: AccessSize, value: u32) -> Option<bool> {
        let length = size.bytes() as usize;
        let start = offset as usize;
        let bytes = self.ram_mut().get_mut(start..start + length)?;
        bytes.copy_from_slice(&value.to_le_bytes()[..length]);
        let first = self.ram_code[start >> CODE_GRANULE_SHIFT];
        let last = self.ram_code[(start + length - 1) >> CODE_GRANULE_SHIFT];
        Some(first | last != 0)
    }

    /// Notes that the granules `first..=last` of the RAM have been decoded.
    pub fn mark_code(&mut self, first: usize, last: usize) {
        let last = last.min(self.ram_code.len() - 1);
        self.ram_code[first.min(last)..=last].fill(1);
        let (mut start, mut end) = (
            first << CODE_GRANULE_SHIFT,
            (last + 1) << CODE_GRANULE_SHIFT,
        );
        if self.code_length != 0 {
            start = start.min(self.code_start);
            end = end.max(self.code_start + self.code_length);
        }
        (self.code_start, self.code_length) = (start, end - start);
    }

    /// Notes that nothing in RAM is decoded any more.
    pub fn forget_code(&mut self) {
        self.ram_code.fill(0);
        self.code_length = 0;
    }

    /// Whether the granule of a byte of RAM has been decoded.
    #[inline(always)]
    pub fn is_code(&self, offset: usize) -> bool {
        offset.wrapping_sub(self.code_start) < self.code_length
            && self.ram_code[offset >> CODE_GRANULE_SHIFT] != 0
    }

    /// Whether some byte of a range of RAM may have been decoded.
    #[inline(always)]
    pub fn may_be_code(&self, range: &Range<usize>) -> bool {
        range.start < self.code_start + self.code_length && range.end > self.code_start
    }

    /// Whether some of the RAM is granted late.
    pub fn has_banks_granted_late(&self) -> bool {
        self.ram_banks.iter().any(|bank| bank >> 4 != 0)
    }

    /// Bank group (low 4 bits), and whether the bank is granted late (bit 4), of a RAM offset.
    #[inline(always)]
    pub fn ram_bank(&self, offset: usize) -> u8 {
        self.ram_banks[(offset >> BANK_GRANULE_SHIFT) & (BANK_GRANULES - 1)]
    }
}
