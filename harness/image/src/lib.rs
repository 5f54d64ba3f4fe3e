//! Reads a firmware image: where the block is, what takes up flash and RAM, and which source
//! line an address belongs to.
//!
//! The firmware's linker script sorts code, constants and data into sections by whose they are
//! (`targets/firmware/tinybench.x`), so the sizes here are sums of section sizes and add up to
//! the last byte.

mod calls;
mod code;
pub mod file;
pub mod program;
mod sizes;
mod symbols;

use std::ops::Range;

use object::elf::{ET_EXEC, FileHeader32};
use object::read::elf::ElfFile;
use object::{Architecture, LittleEndian, Object, ObjectSection, ObjectSymbol};
use tinybench_interface::{Block, HARNESS_SECTION, SYMBOL, calibration, energy, operators};
use tinybench_support::exits_with;

pub use calls::{behind_indirect_calls, behind_mark};
pub use sizes::{FlashSizes, RamSizes};
pub use symbols::Location;

/// The kind of ELF file the firmware is: 32 bits, little-endian.
type Elf<'data> = ElfFile<'data, FileHeader32<LittleEndian>>;

/// Where an image says what was taken of its heap, and what there is of it (two words).
const HEAP_SYMBOL: &str = "TINYBENCH_HEAP";

/// A firmware image.
pub struct Image {
    /// Address of the block in the target's RAM.
    pub block_address: u32,
    /// Address of what the image says of its heap, if it has one.
    pub heap_address: Option<u32>,
    /// Address of what the image keeps of its operators, if it measures them.
    pub operators_address: Option<u32>,
    /// Where the code of the measuring program itself is.
    harness: Range<u32>,
    /// Address of the block in which windows for a power instrument are asked for, if the image runs such.
    pub energy_address: Option<u32>,
    /// What takes up flash.
    pub flash: FlashSizes,
    /// What takes up RAM for good. Stack and arena are not part of it.
    pub ram: RamSizes,
    /// Bytes of RAM that are taken up for good: the total of `ram`.
    pub static_ram: u32,
    symbols: symbols::Symbols,
    code: code::Code,
}

/// Why a file isn't a usable image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file can't be read as an ELF file of a 32-bit little-endian machine.
    #[error("the image is not a readable 32-bit little-endian ELF file: {0}")]
    Format(#[from] object::Error),
    /// It is one, but not an Arm executable.
    #[error("the image is an ELF file, but not an Arm executable")]
    NotArmExecutable,
    /// It holds no block, so the host can't talk to it.
    #[error("the image has no symbol `{symbol}`, through which the host talks to a target")]
    NoBlock {
        /// The block's symbol.
        symbol: &'static str,
    },
    /// The block is at an address where it can't be.
    #[error("the symbol `{symbol}` of the image is at {address:#010x}: no block can be there")]
    BlockAddress {
        /// The block's symbol.
        symbol: &'static str,
        /// What the symbol says.
        address: u64,
    },
    /// A section or segment contradicts another.
    #[error("the image contradicts itself: {0}")]
    Inconsistent(String),
    /// The debug information can't be read.
    #[error("the debug information of the image can't be read: {0}")]
    Dwarf(#[from] gimli::Error),
}

/// An image that was just built isn't usable.
#[derive(Debug, thiserror::Error)]
#[error("the firmware that was built can't be read: {0}")]
pub struct UnreadableImage(#[from] pub ImageError);

exits_with!(UnreadableImage => Build);

impl Image {
    /// Reads the ELF file `elf`, an image that measures a model.
    pub fn load(elf: &[u8]) -> Result<Self, ImageError> {
        Self::with_block(elf, SYMBOL, size_of::<Block>())
    }

    /// Reads the ELF file `elf`, an image that runs sequences of instructions.
    pub fn load_calibration(elf: &[u8]) -> Result<Self, ImageError> {
        Self::with_block(elf, calibration::SYMBOL, size_of::<calibration::Block>())
    }

    fn with_block(elf: &[u8], symbol: &'static str, bytes: usize) -> Result<Self, ImageError> {
        let file = Elf::parse(elf)?;
        if file.architecture() != Architecture::Arm
            || file.elf_header().e_type.get(LittleEndian) != ET_EXEC
        {
            return Err(ImageError::NotArmExecutable);
        }
        let ram = RamSizes::of(&file)?;
        Ok(Self {
            block_address: block_address(&file, symbol, bytes)?,
            energy_address: match block_address(&file, energy::SYMBOL, size_of::<energy::Block>()) {
                Err(ImageError::NoBlock { .. }) => None,
                found => Some(found?),
            },
            heap_address: address_of(&file, HEAP_SYMBOL),
            operators_address: address_of(&file, operators::SYMBOL),
            harness: harness(&file),
            flash: FlashSizes::of(&file)?,
            ram,
            static_ram: ram.total,
            symbols: symbols::Symbols::of(&file)?,
            code: code::Code::of(&file)?,
        })
    }

    /// Name of the function whose code `pc` is in, by the symbol table: that which others were
    /// inlined into.
    pub fn function_name(&self, pc: u32) -> Option<&str> {
        self.symbols.function_name(pc)
    }

    /// Whether `pc` is in the measuring program's own code.
    pub fn is_of_harness(&self, pc: u32) -> bool {
        self.harness.contains(&pc)
    }

    /// The function and source line of the instruction at `pc`, and of the calls that were inlined around
    /// it, innermost first. Empty if nothing is known about the address.
    pub fn frames(&self, pc: u32) -> Vec<Location> {
        self.symbols.frames(pc)
    }

    /// Addresses of the instructions in a run of `bytes` bytes from `address`.
    pub fn instructions(&self, address: u32, bytes: u32) -> Vec<u32> {
        self.code.instructions(address, bytes)
    }

    /// The function and source line of the instruction at `pc`. Where calls were inlined, the
    /// innermost function. `None` if nothing is known about the address.
    pub fn symbolise(&self, pc: u32) -> Option<Location> {
        self.symbols.find(pc)
    }
}

/// Where a symbol is that an image needn't have; none that isn't aligned.
fn address_of(file: &Elf, name: &str) -> Option<u32> {
    defined(file, name).filter(|address| address.is_multiple_of(4))
}

/// Where a function's code begins that an image needn't have. The lowest bit of its symbol says that it is
/// Thumb.
fn code_address_of(file: &Elf, name: &str) -> Option<u32> {
    Some(defined(file, name)? & !1)
}

fn defined(file: &Elf, name: &str) -> Option<u32> {
    let symbol = file
        .symbols()
        .find(|symbol| symbol.is_definition() && symbol.name_bytes() == Ok(name.as_bytes()))?;
    u32::try_from(symbol.address()).ok()
}

/// Where the section with the measuring program's own code is; empty if there is none.
fn harness(file: &Elf) -> Range<u32> {
    let section = file.section_by_name(HARNESS_SECTION);
    let range = section.and_then(|section| {
        let begin = u32::try_from(section.address()).ok()?;
        Some(begin..begin.checked_add(u32::try_from(section.size()).ok()?)?)
    });
    range.unwrap_or_default()
}

/// Where the block of `bytes` bytes is: aligned, and as a whole within the address space.
fn block_address(file: &Elf, name: &'static str, bytes: usize) -> Result<u32, ImageError> {
    let symbol = file
        .symbols()
        .find(|symbol| symbol.is_definition() && symbol.name_bytes() == Ok(name.as_bytes()))
        .ok_or(ImageError::NoBlock { symbol: name })?;
    let address = symbol.address();
    u32::try_from(address)
        .ok()
        .filter(|start| start.is_multiple_of(4))
        .filter(|start| start.checked_add(bytes as u32).is_some())
        .ok_or(ImageError::BlockAddress {
            symbol: name,
            address,
        })
}
