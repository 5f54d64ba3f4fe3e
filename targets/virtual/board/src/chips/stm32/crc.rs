//! CRC, the cyclic redundancy check unit (RM0432, chapter 16).

use super::peripheral::{Io, Peripheral, Write};

const DR: u32 = 0x00;
const IDR: u32 = 0x04;
const CR: u32 = 0x08;
const INIT: u32 = 0x10;
const POL: u32 = 0x14;

/// The unit.
#[derive(Clone, Debug)]
pub(super) struct Crc {
    value: u32,
    independent: u32,
    control: u32,
    initial: u32,
    polynomial: u32,
}

impl Crc {
    pub fn new() -> Self {
        Self {
            value: u32::MAX,
            independent: 0,
            control: 0,
            initial: u32::MAX,
            polynomial: 0x04C1_1DB7,
        }
    }

    /// Bits of the polynomial.
    fn width(&self) -> u32 {
        [32, 16, 8, 7][(self.control >> 3 & 3) as usize]
    }

    fn add(&mut self, data: u32, bits: u32) {
        let low = |word: u32| word & (u32::MAX >> (32 - bits));
        // REV_IN: as it is, or bits reversed in each byte, half-word or word.
        let swapped = data.reverse_bits();
        let data = match self.control >> 5 & 3 {
            0 => low(data),
            1 => low(swapped.swap_bytes()),
            2 if bits == 32 => swapped.rotate_left(16),
            2 if bits == 16 => swapped >> 16,
            2 => low(swapped.swap_bytes()),
            _ => swapped >> (32 - bits),
        };
        let top = 32 - self.width();
        let mut value = self.value << top;
        for bit in (0..bits).rev() {
            let carry = value >> 31 ^ data >> bit & 1;
            value = value << 1
                ^ if carry != 0 {
                    self.polynomial << top
                } else {
                    0
                };
        }
        self.value = value >> top;
    }
}

impl Peripheral for Crc {
    fn read(&mut self, offset: u32, _io: &mut Io<'_>) -> Option<u32> {
        Some(match offset {
            DR if self.control & 1 << 7 != 0 => self.value.reverse_bits() >> (32 - self.width()),
            DR => self.value,
            IDR => self.independent,
            CR => self.control,
            INIT => self.initial,
            POL => self.polynomial,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, write: Write, _io: &mut Io<'_>) -> Option<()> {
        match offset {
            // As much is taken in as the access is wide.
            DR => {
                let shift = write.mask.trailing_zeros();
                self.add(write.bits() >> shift, write.mask.count_ones());
            }
            IDR => self.independent = write.over(self.independent),
            CR => {
                write.to(&mut self.control, 0xF8);
                if write.bits() & 1 != 0 {
                    self.value = self.initial & (u32::MAX >> (32 - self.width()));
                }
            }
            INIT => {
                self.initial = write.over(self.initial);
                self.value = self.initial & (u32::MAX >> (32 - self.width()));
            }
            POL => self.polynomial = write.over(self.polynomial),
            _ => return None,
        }
        Some(())
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
