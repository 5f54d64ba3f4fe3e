//! The loadable segments of an ELF file.

use object::LittleEndian;
use object::elf::{FileHeader32, PT_LOAD, ProgramHeader32};
use object::read::elf::{FileHeader, ProgramHeader};

use super::error::ElfError;

/// Bytes that have to be in memory before the program starts.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// Physical address of the first byte: where a debugger programs it. The initial values of
    /// variables lie in flash; start-up code copies them.
    pub address: u32,
    /// Where the program finds the first byte when it has started: for variables in RAM.
    pub run_address: u32,
    /// The bytes; at least one.
    pub bytes: Vec<u8>,
}

impl Segment {
    /// The addresses.
    pub fn range(&self) -> std::ops::Range<u64> {
        let start = u64::from(self.address);
        start..start + self.bytes.len() as u64
    }

    /// Bytes from an address to the end of the segment where the program runs; 0 outside.
    pub(super) fn bytes_behind(&self, address: u32) -> u32 {
        let offset = address.wrapping_sub(self.run_address);
        (self.bytes.len() as u32).saturating_sub(offset)
    }

    /// Whether the byte at an address is in it.
    pub fn contains(&self, address: u32) -> bool {
        self.range().contains(&u64::from(address))
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment({:#010x?})", self.range())
    }
}

/// The segments with bytes in the file, by ascending address.
pub(super) fn read(
    header: &FileHeader32<LittleEndian>,
    file: &[u8],
) -> Result<Vec<Segment>, ElfError> {
    let headers = header
        .program_headers(LittleEndian, file)
        .map_err(|_| truncated("the table of segments"))?;
    let segments: Vec<_> = headers
        .iter()
        .filter(|header| {
            header.p_type(LittleEndian) == PT_LOAD && header.p_filesz.get(LittleEndian) > 0
        })
        .map(|header| segment(header, file))
        .collect::<Result<_, _>>()?;
    in_order(segments)
}

/// Segments by ascending address; at least one, and each with memory of its own.
pub(super) fn in_order(mut segments: Vec<Segment>) -> Result<Vec<Segment>, ElfError> {
    if segments.is_empty() {
        return Err(ElfError::Empty);
    }
    segments.sort_by_key(|segment| segment.address);
    for pair in segments.windows(2) {
        if pair[0].range().end > pair[1].range().start {
            return Err(ElfError::Overlap {
                first: pair[0].range(),
                second: pair[1].range(),
            });
        }
    }
    Ok(segments)
}

fn segment(header: &ProgramHeader32<LittleEndian>, file: &[u8]) -> Result<Segment, ElfError> {
    let address = header.p_paddr.get(LittleEndian);
    let length = header.p_filesz.get(LittleEndian);
    if u64::from(address) + u64::from(length) > 1 << 32 {
        return Err(ElfError::AddressSpace { address, length });
    }
    let bytes = header
        .data(LittleEndian, file)
        .map_err(|()| truncated(&format!("the segment at {address:#010x}")))?;
    Ok(Segment {
        address,
        run_address: header.p_vaddr.get(LittleEndian),
        bytes: bytes.to_vec(),
    })
}

fn truncated(what: &str) -> ElfError {
    ElfError::Truncated {
        what: what.to_owned(),
    }
}
