//! The AHB-AP of a Cortex-M4, access port 0: the debugger's way to memory and core registers.
//!
//! Sources: ADIv5.2 (IHI 0031), chapter C2; Cortex-M4 Technical Reference Manual (DDI 0439), "AHB-AP".

use super::target::DebugTarget;
use crate::memory::{AccessSize, BusFault};

const CSW: u8 = 0x00;
const TAR: u8 = 0x04;
const DRW: u8 = 0x0C;
const BD0: u8 = 0x10;
const BD3: u8 = 0x1C;
const BASE: u8 = 0xF8;
const IDR: u8 = 0xFC;

/// Value of IDR: an AHB-AP of Arm, revision 2.
pub const MEM_AP_IDR: u32 = 0x2477_0011;

/// Value of BASE: a ROM table at 0xE00F_F000, present.
pub const MEM_AP_BASE: u32 = 0xE00F_F003;

/// CSW.Size, CSW.AddrInc, CSW.HProt1 and CSW.MasterType.
const CSW_WRITABLE: u32 = 0x7 | 0x30 | 1 << 25 | 1 << 29;
/// Bits that always read as one: CSW.DbgStatus (the AP is enabled) and reserved bit 24.
const CSW_ONES: u32 = 1 << 6 | 1 << 24;
/// MasterType is debug, HProt1 privileged, byte accesses, no increment.
const CSW_RESET: u32 = CSW_ONES | 1 << 25 | 1 << 29;

/// Auto-increment stays within a block of this many bytes (DDI 0439: "wraps on a 4 KB boundary";
/// the architecture guarantees 1 KB only).
const INCREMENT_BLOCK: u32 = 0x1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Increment {
    Off,
    Single,
    Packed,
}

#[derive(Clone, Debug)]
pub(super) struct MemAp {
    csw: u32,
    tar: u32,
}

impl MemAp {
    pub(super) fn new() -> Self {
        Self {
            csw: CSW_RESET,
            tar: 0,
        }
    }

    pub(super) fn read(
        &mut self,
        target: &mut impl DebugTarget,
        address: u8,
    ) -> Result<u32, BusFault> {
        match address {
            CSW => Ok(self.csw),
            TAR => Ok(self.tar),
            DRW => self.read_drw(target),
            BD0..=BD3 => target.debug_read(self.banked(address), AccessSize::Word),
            BASE => Ok(MEM_AP_BASE),
            IDR => Ok(MEM_AP_IDR),
            _ => Ok(0),
        }
    }

    pub(super) fn write(
        &mut self,
        target: &mut impl DebugTarget,
        address: u8,
        value: u32,
    ) -> Result<(), BusFault> {
        match address {
            CSW => self.write_csw(value),
            TAR => self.tar = value,
            DRW => return self.write_drw(target, value),
            BD0..=BD3 => return target.debug_write(self.banked(address), AccessSize::Word, value),
            _ => {}
        }
        Ok(())
    }

    fn write_csw(&mut self, value: u32) {
        let mut value = value & CSW_WRITABLE;
        // Sizes above a word, and the reserved increment, read back as what is used instead.
        if value & 0x7 > 2 {
            value = (value & !0x7) | 2;
        }
        if value & 0x30 == 0x30 {
            value &= !0x30;
        }
        self.csw = value | CSW_ONES;
    }

    fn size(&self) -> AccessSize {
        match self.csw & 0x7 {
            0 => AccessSize::Byte,
            1 => AccessSize::HalfWord,
            _ => AccessSize::Word,
        }
    }

    fn increment(&self) -> Increment {
        match self.csw & 0x30 {
            0x10 => Increment::Single,
            0x20 => Increment::Packed,
            _ => Increment::Off,
        }
    }

    fn banked(&self, address: u8) -> u32 {
        (self.tar & !0xF) | u32::from(address & 0xC)
    }

    fn read_drw(&mut self, target: &mut impl DebugTarget) -> Result<u32, BusFault> {
        let (size, increment) = (self.size(), self.increment());
        let mut value = 0;
        for _ in 0..accesses(size, increment) {
            aligned(self.tar, size)?;
            value |= (target.debug_read(self.tar, size)? & size.mask()) << lane(self.tar);
            self.advance(size, increment);
        }
        Ok(value)
    }

    fn write_drw(&mut self, target: &mut impl DebugTarget, value: u32) -> Result<(), BusFault> {
        let (size, increment) = (self.size(), self.increment());
        for _ in 0..accesses(size, increment) {
            aligned(self.tar, size)?;
            target.debug_write(self.tar, size, (value >> lane(self.tar)) & size.mask())?;
            self.advance(size, increment);
        }
        Ok(())
    }

    /// Only an access that succeeded moves TAR on.
    fn advance(&mut self, size: AccessSize, increment: Increment) {
        if increment != Increment::Off {
            let offset = self.tar.wrapping_add(size.bytes()) & (INCREMENT_BLOCK - 1);
            self.tar = (self.tar & !(INCREMENT_BLOCK - 1)) | offset;
        }
    }
}

/// How many bus accesses one access to DRW makes: packed transfers fill the word.
fn accesses(size: AccessSize, increment: Increment) -> u32 {
    match increment {
        Increment::Packed => 4 / size.bytes(),
        Increment::Off | Increment::Single => 1,
    }
}

/// Shift of the byte lane on which the data at `address` travels.
fn lane(address: u32) -> u32 {
    (address & 3) * 8
}

/// The AHB-AP can't make unaligned accesses; the architecture leaves the outcome open, and an
/// error is the one a developer notices.
fn aligned(address: u32, size: AccessSize) -> Result<(), BusFault> {
    if address.is_multiple_of(size.bytes()) {
        Ok(())
    } else {
        Err(BusFault)
    }
}
