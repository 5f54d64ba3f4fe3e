//! What one STM32 has of its own.

use super::clocks::Clocks;
use super::flash_controller::{FlashController, FlashModel};
use super::peripheral::Write;
use super::pins::{ExtiLayout, PortLayout};
use super::rcc::{Bit, Rcc};
use super::resets::Resetter;
use super::time::TimerLayout;
use crate::chips::{ChipDescription, FlashTiming, ResetReason};

/// A peripheral, and which of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chips) enum Unit {
    Rcc,
    Pwr,
    Flash,
    Syscfg,
    Exti,
    Gpio(usize),
    /// The number of the serial line.
    Usart(usize),
    Timer(usize),
    Crc,
    Rng,
    Iwdg,
    Wwdg,
    /// A cache that is a peripheral of its own.
    Cache(usize),
    /// An analogue-to-digital converter.
    Adc(usize),
    /// The maker's debug unit, where it is among the peripherals.
    Debug,
    Unmodelled,
}

/// One stretch of addresses.
pub(in crate::chips) struct Entry {
    pub start: u32,
    pub length: u32,
    pub name: &'static str,
    pub unit: Unit,
    /// `None` where the RCC switches nothing, or the peripheral isn't modelled.
    pub gate: Option<Bit>,
    /// What isn't zero after a reset of a peripheral that isn't modelled: offset and value.
    pub reset: &'static [(u32, u32)],
}

/// A kilobyte that isn't modelled.
pub(in crate::chips) const fn unmodelled(start: u32, name: &'static str) -> Entry {
    modelled(start, name, Unit::Unmodelled, None)
}

/// A peripheral with the usual kilobyte of addresses.
pub(in crate::chips) const fn modelled(
    start: u32,
    name: &'static str,
    unit: Unit,
    gate: Option<Bit>,
) -> Entry {
    Entry {
        start,
        length: 0x400,
        name,
        unit,
        gate,
        reset: &[],
    }
}

/// A bit of the RCC that switches a peripheral on.
pub(in crate::chips) const fn gate(register: u32, bit: u32) -> Option<Bit> {
    Some(Bit::new(register, bit))
}

/// A serial port.
#[derive(Debug)]
pub(in crate::chips) struct SerialLayout {
    pub name: &'static str,
    /// Whether it is an LPUART, whose baud rate is divided differently.
    pub low_power: bool,
    /// Its interrupt line.
    pub line: u32,
}

/// A serial port with these.
pub(in crate::chips) const fn serial(
    name: &'static str,
    low_power: bool,
    line: u32,
) -> SerialLayout {
    SerialLayout {
        name,
        low_power,
        line,
    }
}

/// A chip as data, beside its [`ChipDescription`].
pub(in crate::chips) struct Layout {
    pub description: &'static ChipDescription,
    /// All peripherals, in the order of their addresses.
    pub map: &'static [Entry],
    /// Those that [`Unit::Usart`] and [`Unit::Timer`] count.
    pub serial: &'static [SerialLayout],
    pub timers: &'static [TimerLayout],
    pub ports: &'static [PortLayout],
    pub exti: &'static ExtiLayout,
    pub flash: &'static FlashModel,
    /// Interrupt lines of the window watchdog, the flash and the random number generator.
    pub watchdog_line: u32,
    pub flash_line: u32,
    pub random_line: Option<u32>,
    /// Where the option bytes of each bank lie.
    pub option_bytes: &'static [u32],
}

/// What one STM32 has of its own, beside its layout.
pub(in crate::chips) trait Family: Send {
    /// The chip as data.
    const LAYOUT: Layout;

    /// As power comes up.
    fn new() -> Self;
    /// The frequencies that follow from the registers.
    fn clocks(&self) -> Clocks;
    /// The clock of a serial port, Hz.
    fn serial_clock(&self, number: usize) -> u64;
    /// The clocks' registers.
    fn rcc(&self) -> &Rcc;
    /// Reads a register of RCC, PWR and what no other STM32 has; `None` if there is none that is modelled.
    fn read(&mut self, unit: Unit, offset: u32) -> Option<u32>;
    /// Writes such a register.
    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()>;
    /// A reset of such a unit by the RCC.
    fn reset_unit(&mut self, unit: Unit);
    /// The fastest clock that the voltage allows the core, Hz, and what allows it.
    fn fastest(&self) -> (u64, &'static str);
    /// Flash wait states that a core clock needs.
    fn wait_states(&self, core_hz: u64) -> u32;
    /// How flash and caches are set.
    fn flash_timing(&self, flash: &FlashController) -> FlashTiming;
    /// Reads the system memory, with factory values. False with the value where the bootloader is, which
    /// isn't there.
    fn system_memory(&self, address: u32) -> Option<(u32, bool)>;
    /// The maker's debug unit on the core's private bus, by its offset from 0xE004_2000.
    fn read_debug_unit(&mut self, offset: u32) -> Option<u32>;
    /// Writes it. False if there is none.
    fn write_debug_unit(&mut self, offset: u32, write: Write) -> bool;
    /// A reset of the whole chip.
    fn reset(&mut self, reason: ResetReason, by: Option<Resetter>);
}
