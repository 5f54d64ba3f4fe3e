//! Why a file isn't a program.

/// Why a file isn't a program for a virtual board.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// It isn't an ELF file at all.
    #[error("this is not an ELF file; give the file that the linker wrote, not a .bin or .hex")]
    NotElf,
    /// It ends too early.
    #[error("the ELF file is truncated: {what} reaches beyond its end; build or copy it again")]
    Truncated {
        /// What isn't wholly there.
        what: String,
    },
    /// It is for a 64-bit or a big-endian machine, or for another processor.
    #[error(
        "the ELF file is for {found}; build for a 32-bit little-endian Arm Cortex-M, \
         such as the Rust target thumbv7em-none-eabihf"
    )]
    Architecture {
        /// For what it is.
        found: String,
    },
    /// It is an object file, a shared library or a core dump.
    #[error("the ELF file is {found}, not an executable; give the linker's output")]
    NotExecutable {
        /// What it is.
        found: String,
    },
    /// There is nothing to load.
    #[error("the ELF file has no loadable bytes; was a linker script given (link.x)?")]
    Empty,
    /// Two segments want the same bytes of memory.
    #[error(
        "two segments of the file overlap: {first:#010x?} and {second:#010x?}; \
         check the linker script's load addresses"
    )]
    Overlap {
        /// Addresses of one.
        first: std::ops::Range<u64>,
        /// Addresses of the other.
        second: std::ops::Range<u64>,
    },
    /// A segment's addresses go beyond 32 bits.
    #[error(
        "a segment of the ELF file at {address:#010x} has {length} bytes, more than fit \
         into the address space; check the linker script"
    )]
    AddressSpace {
        /// Its load address.
        address: u32,
        /// Its bytes.
        length: u32,
    },
    /// The entry point is in none of the segments.
    #[error(
        "the entry point {entry:#010x} of the ELF file is in none of its segments; \
         check ENTRY in the linker script"
    )]
    Entry {
        /// The entry point.
        entry: u32,
    },
    /// Its tables contradict each other.
    #[error("the ELF file is damaged: {0}; build or copy it again")]
    Damaged(#[from] object::Error),
}
