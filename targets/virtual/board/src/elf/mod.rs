//! Programs as ELF files: what a linker made, ready to be put on a board.

mod error;
mod segments;
pub(crate) mod symbols;

use std::sync::Arc;

use object::LittleEndian;
use object::elf::{ELFCLASS32, ELFDATA2LSB, EM_ARM, ET_EXEC, ET_REL, FileHeader32};
use object::read::elf::FileHeader;

pub use error::ElfError;
pub use segments::Segment;
pub use symbols::{Location, Symbol, SymbolError, SymbolKind, Symbols};

/// Where an ELF file says whether it is of 32 or 64 bits, and its byte order.
const EI_CLASS: usize = 4;
const EI_DATA: usize = 5;
/// Bytes of the header of a 32-bit ELF file.
const HEADER: usize = 52;

/// A program: the bytes that have to be in memory before it starts, and its symbols.
///
/// ```
/// use tinybench_virtual_board::{ElfError, Image};
///
/// assert!(matches!(Image::parse(b"#!/bin/sh"), Err(ElfError::NotElf)));
/// ```
#[derive(Clone, Debug)]
pub struct Image {
    segments: Vec<Segment>,
    entry: u32,
    symbols: Arc<Symbols>,
}

impl Image {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// [`ElfError`] if it is truncated or damaged, not an Arm executable, or contradicts itself.
    pub fn parse(file: &[u8]) -> Result<Self, ElfError> {
        let header = header(file)?;
        let segments = segments::read(header, file)?;
        let entry = header.e_entry.get(LittleEndian);
        // A linker that was given none writes 0.
        if entry != 0 && !segments.iter().any(|segment| segment.contains(entry & !1)) {
            return Err(ElfError::Entry { entry });
        }
        let symbols = Arc::new(Symbols::read(header, file, &segments)?);
        Ok(Self {
            segments,
            entry,
            symbols,
        })
    }

    /// A program of bare bytes, as a HEX or binary file has it: without symbols, and without an entry
    /// point but the reset vector.
    ///
    /// # Errors
    /// [`ElfError::Empty`] if there are none, [`ElfError::Overlap`] if two want the same memory.
    pub fn from_segments(segments: Vec<Segment>) -> Result<Self, ElfError> {
        Ok(Self {
            segments: segments::in_order(segments)?,
            entry: 0,
            symbols: Arc::default(),
        })
    }

    /// What has to be in memory, by ascending load address.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The entry point, with the Thumb bit. A board starts at its reset vector all the same.
    pub fn entry(&self) -> u32 {
        self.entry
    }

    /// The symbols; none if the file was stripped.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The symbols, to be kept.
    pub(crate) fn shared_symbols(&self) -> Arc<Symbols> {
        Arc::clone(&self.symbols)
    }

    /// The byte at a load address.
    pub(crate) fn word(&self, address: u32) -> Option<u32> {
        let segment = self.segments.iter().find(|s| s.contains(address))?;
        let start = (address - segment.address) as usize;
        let bytes = segment.bytes.get(start..start + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

/// The file's header, if it is of an executable for Arm.
fn header(file: &[u8]) -> Result<&FileHeader32<LittleEndian>, ElfError> {
    if !file.starts_with(b"\x7fELF") {
        return Err(ElfError::NotElf);
    }
    let other = |found: &str| ElfError::Architecture {
        found: found.to_owned(),
    };
    let truncated = || ElfError::Truncated {
        what: "the header".to_owned(),
    };
    if *file.get(EI_CLASS).ok_or_else(truncated)? != ELFCLASS32 {
        return Err(other("a 64-bit machine"));
    }
    if *file.get(EI_DATA).ok_or_else(truncated)? != ELFDATA2LSB {
        return Err(other("a big-endian machine"));
    }
    if file.len() < HEADER {
        return Err(truncated());
    }
    let header = FileHeader32::<LittleEndian>::parse(file)?;
    let machine = header.e_machine.get(LittleEndian);
    if machine != EM_ARM {
        return Err(other(&machine_name(machine)));
    }
    match header.e_type.get(LittleEndian) {
        ET_EXEC => Ok(header),
        ET_REL => Err(ElfError::NotExecutable {
            found: "an object file".to_owned(),
        }),
        other => Err(ElfError::NotExecutable {
            found: format!("of type {other}"),
        }),
    }
}

/// The name of a processor by its number in the header.
fn machine_name(machine: u16) -> String {
    match machine {
        3 => "x86".to_owned(),
        8 => "MIPS".to_owned(),
        62 => "x86-64".to_owned(),
        94 => "Xtensa".to_owned(),
        183 => "AArch64".to_owned(),
        243 => "RISC-V".to_owned(),
        _ => format!("processor number {machine}"),
    }
}
