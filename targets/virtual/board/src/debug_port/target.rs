//! What a debug port needs of the chip behind it.

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
    /// Bytes transferred.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusFault;

/// The chip as its debug port sees it.
pub trait DebugTarget {
    /// A debugger's read of `size` bytes at `address`, a multiple of the size, through the AHB-AP.
    ///
    /// The Private Peripheral Bus is included: DHCSR, DCRSR, FPB, DWT and so on. The value is
    /// right-aligned.
    ///
    /// # Errors
    /// [`BusFault`] if the bus answers with an error.
    fn debug_read(&mut self, address: u32, size: AccessSize) -> Result<u32, BusFault>;

    /// A debugger's write of the low `size` bytes of `value` to `address`, a multiple of the
    /// size, through the AHB-AP.
    ///
    /// # Errors
    /// [`BusFault`] if the bus answers with an error.
    fn debug_write(&mut self, address: u32, size: AccessSize, value: u32) -> Result<(), BusFault>;

    /// A reset by the nRST pin or the CTRL-AP.
    fn reset(&mut self);

    /// Erases the code flash and the UICR, as CTRL-AP ERASEALL does.
    fn erase_all(&mut self);

    /// Instructions retired since reset.
    fn instructions_retired(&self) -> u64;

    /// Instructions retired between the two latest reads of `DWT_CYCCNT` by the core.
    fn instructions_in_window(&self) -> u64;
}
