//! What firmware must know of a board.

/// What the firmware must know of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Target triple.
    pub rustc_target: &'a str,
    /// Processor core, such as `cortex-m4f`; decides instruction scheduling.
    pub core: &'a str,
    /// Code flash.
    pub flash: Memory,
    /// Data RAM.
    pub ram: Memory,
    /// What the firmware sets up before it measures; `None` leaves the chip as after reset.
    pub setup: Option<Setup>,
}

/// How the firmware sets a chip up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// An nRF52: its instruction cache.
    Nrf52 {
        /// Whether it is on.
        instruction_cache: bool,
    },
    /// An STM32L4R5: 120 MHz, and how its flash is read.
    Stm32l4r5 {
        /// Wait states of the flash.
        wait_states: u8,
        /// Whether the flash is read ahead.
        prefetch: bool,
        /// Whether the instruction cache is on.
        instruction_cache: bool,
        /// Whether the data cache is on.
        data_cache: bool,
    },
}

/// A memory of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
}
