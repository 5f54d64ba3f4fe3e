//! Accesses to a bus.

/// Width of a bus access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessSize {
    /// 8 bits.
    Byte,
    /// 16 bits.
    HalfWord,
    /// 32 bits.
    Word,
}

impl AccessSize {
    /// Bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::HalfWord => 2,
            Self::Word => 4,
        }
    }

    /// The bits that carry data, right-aligned.
    pub const fn mask(self) -> u32 {
        match self {
            Self::Byte => 0xFF,
            Self::HalfWord => 0xFFFF,
            Self::Word => 0xFFFF_FFFF,
        }
    }
}

/// The bus answered an access with an error: nothing is at that address, or what is there refuses
/// the access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bus answered with an error")]
pub struct BusFault;
