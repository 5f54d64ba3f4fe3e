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
    /// An STM32G0B1: 64 MHz.
    Stm32g0b1(FlashSetup),
    /// An STM32L4R5: 120 MHz.
    Stm32l4r5 {
        /// How its flash is read.
        flash: FlashSetup,
        /// Whether the data cache is on.
        data_cache: bool,
    },
    /// An STM32U385: 96 MHz. Its ICACHE is for data of the flash too.
    Stm32u385(FlashSetup),
    /// An STM32U575: 160 MHz. Its ICACHE is for data of the flash too.
    Stm32u575(FlashSetup),
}

/// How an STM32 reads its flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashSetup {
    /// Wait states.
    pub wait_states: u8,
    /// Whether it is read ahead.
    pub prefetch: bool,
    /// Whether the cache for instructions is on.
    pub instruction_cache: bool,
}

/// A memory of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
}
