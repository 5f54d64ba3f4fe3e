//! What the peripherals have in common: tasks, events, shortcuts and interrupts (Product
//! Specification, 6.1 "Peripheral interface").
//!
//! Tasks are registers at 0x000 to 0x0FC, triggered by writing 1. Events are registers at 0x100 to
//! 0x1FC. Bit `n` of INTEN lets event `n`, at 0x100 + 4 n, assert the peripheral's interrupt line.

use super::description::DESCRIPTION;

/// Core clock cycles in a second.
pub(super) const CORE_HZ: u64 = 64_000_000;

const SHORTS: u32 = 0x200;
const INTEN: u32 = 0x300;
const INTENSET: u32 = 0x304;
const INTENCLR: u32 = 0x308;

/// Core clock cycles in so many microseconds.
pub(super) const fn microseconds(count: u64) -> u64 {
    count * CORE_HZ / 1_000_000
}

/// Registers that all peripherals have.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// Events that are set, by number.
    pub events: u32,
    /// Events that raise the interrupt line.
    pub enabled: u32,
    /// SHORTS.
    pub shorts: u32,
}

impl Common {
    /// Whether the interrupt line is asserted.
    pub fn interrupt(&self) -> bool {
        self.events & self.enabled != 0
    }
}

/// What a peripheral may touch besides itself.
pub(super) struct Io<'a> {
    /// Core clock cycles since power-up.
    pub now: u64,
    /// Page number of the peripheral that is called.
    pub page: u32,
    /// Events that were generated: page and number. Each makes its PPI channels act.
    pub raised: &'a mut Vec<(u32, u32)>,
    /// The RAM, for EasyDMA.
    pub ram: &'a mut [u8],
    /// Byte range of the RAM that EasyDMA changed.
    pub ram_changed: &'a mut Option<(u32, u32)>,
    /// What isn't modelled.
    pub reports: &'a mut Vec<String>,
}

impl Io<'_> {
    /// Generates event `number`.
    pub fn raise(&mut self, common: &mut Common, number: u32) {
        common.events |= 1 << number;
        self.raised.push((self.page, number));
    }

    /// Offset in the RAM of an EasyDMA buffer; `None` if it isn't wholly in the RAM.
    pub fn dma(&self, pointer: u32, length: u32) -> Option<usize> {
        let offset = pointer.checked_sub(DESCRIPTION.ram.origin)? as usize;
        (offset.checked_add(length as usize)? <= self.ram.len()).then_some(offset)
    }

    /// Writes a byte to the RAM.
    pub fn store(&mut self, offset: usize, value: u8) {
        if let Some(byte) = self.ram.get_mut(offset) {
            *byte = value;
            let (start, end) = (offset as u32, offset as u32 + 1);
            let (first, last) = self.ram_changed.unwrap_or((start, end));
            *self.ram_changed = Some((first.min(start), last.max(end)));
        }
    }
}

/// A peripheral with tasks and events.
pub(super) trait Peripheral {
    /// The common registers.
    fn common(&self) -> &Common;
    /// The common registers.
    fn common_mut(&mut self) -> &mut Common;
    /// Events it can generate, one bit a number; others don't exist.
    fn events(&self) -> u32;
    /// Shortcuts it has.
    fn shorts(&self) -> u32 {
        0
    }
    /// Triggers the task at 4 `number`.
    fn task(&mut self, number: u32, io: &mut Io<'_>);
    /// Reads a register of its own; `None` if there is none that is modelled.
    fn read(&mut self, offset: u32, now: u64) -> Option<u32>;
    /// Writes a register of its own; `None` if there is none that is modelled.
    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()>;
    /// When something next happens by itself, in core clock cycles, or `u64::MAX`.
    fn next_event(&self) -> u64 {
        u64::MAX
    }
    /// Lets time pass to `io.now`.
    fn advance(&mut self, _io: &mut Io<'_>) {}
}

/// Reads an event register; `None` if it is none.
pub(super) fn event(common: &Common, offset: u32) -> Option<u32> {
    let number = offset.checked_sub(0x100)? >> 2;
    (number < 0x40).then(|| common.events.checked_shr(number).unwrap_or(0) & 1)
}

/// Reads any register; `None` if there is none that is modelled.
pub(super) fn read(peripheral: &mut dyn Peripheral, offset: u32, now: u64) -> Option<u32> {
    match offset {
        0x000..0x100 => Some(0),
        0x100..0x200 => event(peripheral.common(), offset),
        SHORTS => Some(peripheral.common().shorts),
        INTEN | INTENSET | INTENCLR => Some(peripheral.common().enabled),
        _ => peripheral.read(offset, now),
    }
}

/// Writes any register; `None` if there is none that is modelled.
pub(super) fn write(
    peripheral: &mut dyn Peripheral,
    offset: u32,
    value: u32,
    io: &mut Io<'_>,
) -> Option<()> {
    let events = peripheral.events();
    match offset {
        0x000..0x100 => {
            if value & 1 != 0 {
                peripheral.task(offset >> 2, io);
            }
        }
        0x100..0x200 => {
            let bit = 1_u32.checked_shl((offset - 0x100) >> 2).unwrap_or(0) & events;
            let common = peripheral.common_mut();
            if value & 1 != 0 {
                common.events |= bit;
            } else {
                common.events &= !bit;
            }
        }
        SHORTS => {
            let shorts = peripheral.shorts();
            peripheral.common_mut().shorts = value & shorts;
        }
        INTEN => peripheral.common_mut().enabled = value & events,
        INTENSET => peripheral.common_mut().enabled |= value & events,
        INTENCLR => peripheral.common_mut().enabled &= !value,
        _ => return peripheral.write(offset, value, io),
    }
    Some(())
}
