//! Flash Patch and Breakpoint unit, version 1 (C1.11): breakpoints in the code region.

/// Code comparators of a Cortex-M4, and literal comparators behind them.
const CODE: usize = 6;
const LITERAL: usize = 2;

/// The unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fpb {
    enabled: bool,
    comparators: [u32; CODE + LITERAL],
    remap: u32,
}

impl Fpb {
    /// Reads the register at `offset` from 0xE000_2000; `None` where there is none.
    pub fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0x0 => Some((CODE as u32) << 4 | (LITERAL as u32) << 8 | u32::from(self.enabled)),
            0x4 => Some(self.remap),
            _ => self
                .comparators
                .get((offset as usize).checked_sub(8)? >> 2)
                .copied(),
        }
    }

    /// Writes the register at `offset` from 0xE000_2000; false where there is none.
    pub fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            // The enable bit changes only with the key, bit 1.
            0x0 => {
                if value & 2 != 0 {
                    self.enabled = value & 1 != 0;
                }
            }
            0x4 => self.remap = value & 0x1FFF_FFE0,
            _ => {
                let Some(comparator) = (offset as usize)
                    .checked_sub(8)
                    .and_then(|o| self.comparators.get_mut(o >> 2))
                else {
                    return false;
                };
                *comparator = value & 0xDFFF_FFFD;
            }
        }
        true
    }

    /// Whether there is a breakpoint on the instruction at `address`.
    pub fn breaks_at(&self, address: u32) -> bool {
        self.enabled
            && address < 0x2000_0000
            && self.comparators[..CODE].iter().any(|&c| {
                c & 1 != 0
                    && c & 0x1FFF_FFFC == address & !3
                    && match c >> 30 {
                        1 => address & 2 == 0,
                        2 => address & 2 != 0,
                        3 => true,
                        _ => false,
                    }
            })
    }
}
