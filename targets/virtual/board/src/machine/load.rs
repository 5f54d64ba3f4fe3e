//! Putting a program on the board.

use super::Machine;
use crate::chips::MemoryRegion;
use crate::elf::{ElfError, Image, Segment};
use crate::memory::Place;

/// Why a program can't be put on this board. The board is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file isn't a program.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// A segment lies where this chip has no memory.
    #[error(
        "the program wants {start:#010x} to {end:#010x}, where {chip} has no memory; it has {}: \
         check memory.x and that the program is for this chip",
        regions(.memories)
    )]
    OutsideMemory {
        /// First address.
        start: u64,
        /// Address behind the last byte.
        end: u64,
        /// The chip.
        chip: &'static str,
        /// Its memories: name, first address, address behind the last byte.
        memories: Vec<(&'static str, u64, u64)>,
    },
    /// Nothing is where the core looks for its vector table.
    #[error(
        "the program has no vector table at {address:#010x}, where the core starts; \
         link it for the start of this chip's flash, not for another chip's or a place behind a \
         bootloader"
    )]
    NoVectorTable {
        /// Where it should be.
        address: u32,
    },
    /// The first word of the vector table isn't a stack pointer.
    #[error(
        "the vector table starts with {value:#010x}, which is no stack pointer into the RAM; \
         is the vector table the first thing in flash?"
    )]
    StackPointer {
        /// The word.
        value: u32,
    },
    /// The second word of the vector table doesn't lead into the program.
    #[error(
        "the reset vector is {value:#010x}, which is no address of Thumb code in the program; \
         is the vector table the first thing in flash?"
    )]
    ResetVector {
        /// The word.
        value: u32,
    },
}

fn regions(memories: &[(&'static str, u64, u64)]) -> String {
    let regions: Vec<_> = memories
        .iter()
        .map(|(name, start, end)| format!("{name} from {start:#010x} to {end:#010x}"))
        .collect();
    regions.join(" and ")
}

impl Machine {
    /// Erases the flash, puts a program into memory, keeps its symbols and resets: the next
    /// instruction is the first of the program. Hooks stay where they are.
    ///
    /// # Errors
    /// [`LoadError`] if the program isn't for this chip; nothing has changed then.
    pub fn load(&mut self, image: &Image) -> Result<(), LoadError> {
        for segment in image.segments() {
            self.check_place(segment)?;
        }
        self.check_vectors(image)?;
        self.core.memory.flash.fill(0xFF);
        for segment in image.segments() {
            // Checked to lie in one memory.
            let _ = self.put(segment.address, &segment.bytes);
        }
        self.core.flush_code = true;
        self.core.last_fault = None;
        self.symbols = image.shared_symbols();
        self.reset();
        Ok(())
    }

    /// [`Self::load`] of the bytes of an ELF file.
    ///
    /// # Errors
    /// [`LoadError`] if it isn't a program, or not for this chip; nothing has changed then.
    pub fn load_elf(&mut self, file: &[u8]) -> Result<(), LoadError> {
        self.load(&Image::parse(file)?)
    }

    fn check_place(&self, segment: &Segment) -> Result<(), LoadError> {
        let memory = &self.core.memory;
        let length = segment.bytes.len() as u32;
        let ends = [0, length - 1].map(|at| memory.locate(segment.address.wrapping_add(at)));
        let within = match ends {
            [Some(Place::Flash(first)), Some(Place::Flash(last))]
            | [Some(Place::Ram(first)), Some(Place::Ram(last))] => last - first == length - 1,
            _ => false,
        };
        if within {
            return Ok(());
        }
        let chip = self.core.chip.description();
        let range = |region: &MemoryRegion| {
            let start = u64::from(region.origin);
            (region.name, start, start + u64::from(region.length))
        };
        Err(LoadError::OutsideMemory {
            start: segment.range().start,
            end: segment.range().end,
            chip: chip.name,
            memories: vec![range(&chip.flash), range(&chip.ram)],
        })
    }

    /// The core takes stack pointer and first instruction from the start of flash (B1.5.5).
    fn check_vectors(&self, image: &Image) -> Result<(), LoadError> {
        let address = self.core.memory.flash_origin;
        let (Some(stack), Some(reset)) = (image.word(address), image.word(address + 4)) else {
            return Err(LoadError::NoVectorTable { address });
        };
        let ram = &self.core.chip.description().ram;
        // A full descending stack may start behind the last byte.
        if !(1..=ram.length).contains(&stack.wrapping_sub(ram.origin)) {
            return Err(LoadError::StackPointer { value: stack });
        }
        let code = reset & !1;
        if reset & 1 == 0 || !image.segments().iter().any(|s| s.contains(code)) {
            return Err(LoadError::ResetVector { value: reset });
        }
        Ok(())
    }

    /// Copies into flash or RAM, whatever the flash controller says. `None` if the range isn't
    /// wholly in one memory.
    pub(super) fn put(&mut self, address: u32, bytes: &[u8]) -> Option<()> {
        let Place::Flash(offset) = self.core.memory.locate(address)? else {
            return self.write_memory(address, bytes);
        };
        let start = offset as usize;
        self.core
            .memory
            .flash
            .get_mut(start..start + bytes.len())?
            .copy_from_slice(bytes);
        self.core.flash_changed(offset, offset + bytes.len() as u32);
        self.core.deadline = 0;
        Some(())
    }
}
