//! What the peripherals have in common: registers that take bytes, half-words and words, a place in
//! time, an interrupt line.

use super::clocks::Clocks;

/// A write as it reaches a register.
#[derive(Clone, Copy, Debug)]
pub(in crate::chips) struct Write {
    /// The value, in its place in the word.
    pub value: u32,
    /// The bits that are written. The others keep theirs.
    pub mask: u32,
}

impl Write {
    /// What a register that holds `old` holds afterwards.
    pub fn over(self, old: u32) -> u32 {
        old & !self.mask | self.bits()
    }

    /// The bits that are written as ones: for registers where only these do something.
    pub fn bits(self) -> u32 {
        self.value & self.mask
    }

    /// [`Self::over`] for a register of which only some bits can be written.
    pub fn to(self, register: &mut u32, writable: u32) {
        *register = *register & !writable | self.over(*register) & writable;
    }
}

/// What a peripheral may know and touch besides itself.
pub(super) struct Io<'a> {
    /// Core clock cycles since power-up.
    pub now: u64,
    /// The clock tree.
    pub clocks: Clocks,
    /// The clock that the RCC has chosen for the peripheral, Hz.
    pub kernel_hz: u64,
    /// What isn't modelled.
    pub reports: &'a mut Vec<String>,
}

/// A peripheral.
pub(super) trait Peripheral {
    /// Reads a register; `None` if there is none that is modelled.
    fn read(&mut self, offset: u32, io: &mut Io<'_>) -> Option<u32>;
    /// Writes a register; `None` if there is none that is modelled.
    fn write(&mut self, offset: u32, write: Write, io: &mut Io<'_>) -> Option<()>;
    /// Whether the interrupt line is asserted.
    fn interrupt(&self) -> bool {
        false
    }
    /// When something next happens by itself, in core clock cycles, or `u64::MAX`.
    fn next_event(&self) -> u64 {
        u64::MAX
    }
    /// Lets time pass to `io.now`.
    fn advance(&mut self, _io: &mut Io<'_>) {}
    /// The clock tree changes at `io.now` from what it is in `io` to `clocks`.
    fn clock_changes(&mut self, _clocks: &Clocks, _io: &mut Io<'_>) {}
    /// A reset, by the RCC alone or with the whole chip.
    fn reset(&mut self);
}
