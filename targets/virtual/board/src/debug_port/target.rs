//! What a debug port needs of the chip behind it.

use crate::memory::{AccessSize, BusFault};
use crate::timing::Mix;

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

    /// Whether access port 1 is Nordic's CTRL-AP; nothing is there otherwise.
    fn has_ctrl_ap(&self) -> bool {
        true
    }

    /// Erases the code flash and the UICR, as CTRL-AP ERASEALL does.
    fn erase_all(&mut self);

    /// Instructions retired since reset.
    fn instructions_retired(&self) -> u64;

    /// Instructions retired between the two latest reads of `DWT_CYCCNT` by the core.
    fn instructions_in_window(&self) -> u64;

    /// Lets a running core execute up to `instructions` more, of which it counts what they are,
    /// and then run on for up to `cycles`. Whether it still runs then. What can't count does nothing.
    fn sample(&mut self, _instructions: u32, _cycles: u32) -> bool {
        false
    }

    /// What the instructions of all samples were since [`Self::forget_samples`].
    fn mix(&self) -> Mix {
        Mix::default()
    }

    /// Begins to count anew.
    fn forget_samples(&mut self) {}

    /// Counts from now on where the cycles go, by operators that are called by the instructions
    /// before these addresses. What can't count does nothing.
    fn start_counting(&mut self, _behind_calls: &[u32]) {}

    /// Ends [`Self::start_counting`]: the words of a
    /// [`WindowProfile`](crate::WindowProfile::from_words), none if nothing was counted.
    fn stop_counting(&mut self) -> Vec<u32> {
        Vec::new()
    }
}
