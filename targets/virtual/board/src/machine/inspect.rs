//! Looking at a machine and changing it, by address or by symbol.

use super::Machine;
use crate::elf::{Location, Symbol, SymbolError, Symbols};
use crate::memory::{AccessSize, BusFault, Place};

/// Why memory can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The symbol isn't there.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// Nothing that can be accessed like this is at the address.
    #[error("{length} bytes at {address:#010x} aren't wholly in flash or RAM")]
    Range {
        /// First address.
        address: u32,
        /// Bytes.
        length: usize,
    },
}

impl Machine {
    /// The symbols of the program that was loaded; none before.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The address of a location.
    ///
    /// # Errors
    /// [`SymbolError`] if it is a name that doesn't lead to one symbol.
    pub fn address_of<'a>(&self, location: impl Into<Location<'a>>) -> Result<u32, SymbolError> {
        match location.into() {
            Location::Address(address) => Ok(address),
            Location::Symbol(name) => Ok(self.symbols.find(name)?.address),
        }
    }

    /// The function that the program counter is in.
    pub fn function(&self) -> Option<&Symbol> {
        self.symbols.function_at(self.pc())
    }

    /// Fills `bytes` from flash or RAM. No time passes.
    ///
    /// # Errors
    /// [`MemoryError`] if the symbol isn't there, or not all bytes are in one memory.
    pub fn read_bytes<'a>(
        &self,
        location: impl Into<Location<'a>>,
        bytes: &mut [u8],
    ) -> Result<(), MemoryError> {
        let address = self.address_of(location)?;
        let length = bytes.len();
        self.read_memory(address, bytes)
            .ok_or(MemoryError::Range { address, length })
    }

    /// Overwrites flash or RAM, flash without regard to what the flash controller allows. No time
    /// passes.
    ///
    /// # Errors
    /// [`MemoryError`] if the symbol isn't there, or not all bytes are in one memory.
    pub fn write_bytes<'a>(
        &mut self,
        location: impl Into<Location<'a>>,
        bytes: &[u8],
    ) -> Result<(), MemoryError> {
        let address = self.address_of(location)?;
        let length = bytes.len();
        self.put(address, bytes)
            .ok_or(MemoryError::Range { address, length })
    }

    /// The word at a location in flash or RAM.
    ///
    /// # Errors
    /// As [`Self::read_bytes`].
    pub fn read_word<'a>(&self, location: impl Into<Location<'a>>) -> Result<u32, MemoryError> {
        let mut bytes = [0; 4];
        self.read_bytes(location, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Overwrites the word at a location in flash or RAM.
    ///
    /// # Errors
    /// As [`Self::write_bytes`].
    pub fn write_word<'a>(
        &mut self,
        location: impl Into<Location<'a>>,
        value: u32,
    ) -> Result<(), MemoryError> {
        self.write_bytes(location, &value.to_le_bytes())
    }

    /// Reads a register of a peripheral or of the core's system space, as a debugger does, but
    /// without letting time pass. `address` is that of a word.
    ///
    /// # Errors
    /// [`BusFault`] if nothing is there.
    pub fn read_peripheral(&mut self, address: u32) -> Result<u32, BusFault> {
        if address & 3 != 0 {
            return Err(BusFault);
        }
        self.read_at_once(address, AccessSize::Word)
    }

    /// The bytes of flash or RAM from `address` to the end of the memory; empty where there is
    /// neither.
    pub fn memory_from(&self, address: u32) -> &[u8] {
        let memory = &self.core.memory;
        let (bytes, offset) = match memory.locate(address) {
            Some(Place::Flash(offset)) => (&memory.flash[..], offset),
            Some(Place::Ram(offset)) => (memory.ram(), offset),
            None => return &[],
        };
        &bytes[offset as usize..]
    }

    /// Copies out of flash or RAM, without the access budget of single reads. `None` if the
    /// range isn't wholly in one memory.
    pub fn read_memory(&self, address: u32, bytes: &mut [u8]) -> Option<()> {
        let (memory, offset) = match self.core.memory.locate(address)? {
            Place::Flash(offset) => (&self.core.memory.flash[..], offset as usize),
            Place::Ram(offset) => (self.core.memory.ram(), offset as usize),
        };
        bytes.copy_from_slice(memory.get(offset..offset + bytes.len())?);
        Some(())
    }

    /// Copies into RAM. `None` if the range isn't wholly in RAM.
    pub fn write_memory(&mut self, address: u32, bytes: &[u8]) -> Option<()> {
        let Place::Ram(offset) = self.core.memory.locate(address)? else {
            return None;
        };
        let start = offset as usize;
        self.core
            .memory
            .ram_mut()
            .get_mut(start..start + bytes.len())?
            .copy_from_slice(bytes);
        self.core.ram_changed(offset, offset + bytes.len() as u32);
        Some(())
    }
}
