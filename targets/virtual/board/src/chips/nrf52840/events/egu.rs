//! EGU: events that software triggers (Product Specification, 6.7).

use crate::chips::nrf52840::peripheral::{Common, Io, Peripheral};

const CHANNELS: u32 = 16;

/// One unit.
#[derive(Clone, Debug, Default)]
pub(in crate::chips::nrf52840) struct Egu {
    common: Common,
}

impl Peripheral for Egu {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        (1 << CHANNELS) - 1
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        if number < CHANNELS {
            io.raise(&mut self.common, number);
        }
    }

    fn read(&mut self, _offset: u32, _now: u64) -> Option<u32> {
        None
    }

    fn write(&mut self, _offset: u32, _value: u32, _io: &mut Io<'_>) -> Option<()> {
        None
    }
}
