//! Flash Patch and Breakpoint unit (C1.11). Version 1 has breakpoints in the code region; version 2, which is
//! Armv8-M's, on any instruction (Armv8-M Architecture Reference Manual, DDI 0553, D1.2: FP_COMPn).

/// The unit. That of Armv6-M, the BPU, is the same without literal comparators.
#[derive(Clone, Debug)]
pub(crate) struct Fpb {
    enabled: bool,
    /// Code comparators, and how many literal comparators there are behind them.
    comparators: Vec<u32>,
    literal: usize,
    remap: u32,
    /// FP_CTRL.REV: version 2.
    second: bool,
}

impl Fpb {
    /// With so many comparators for code, and for literals behind them.
    pub fn new([code, literal]: [usize; 2], second: bool) -> Self {
        Self {
            enabled: false,
            comparators: vec![0; code + literal],
            literal,
            remap: 0,
            second,
        }
    }

    fn code(&self) -> &[u32] {
        &self.comparators[..self.comparators.len() - self.literal]
    }

    /// Reads the register at `offset` from 0xE000_2000; `None` where there is none.
    pub fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0x0 => {
                let (code, literal) = (self.code().len() as u32, self.literal as u32);
                let version = u32::from(self.second) << 28;
                Some(version | code << 4 | literal << 8 | u32::from(self.enabled))
            }
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
            0x4 if self.second => {}
            0x4 => self.remap = value & 0x1FFF_FFE0,
            _ => {
                let Some(comparator) = (offset as usize)
                    .checked_sub(8)
                    .and_then(|o| self.comparators.get_mut(o >> 2))
                else {
                    return false;
                };
                *comparator = if self.second {
                    value
                } else {
                    value & 0xDFFF_FFFD
                };
            }
        }
        true
    }

    /// Whether there is a breakpoint on the instruction at `address`.
    pub fn breaks_at(&self, address: u32) -> bool {
        if self.second {
            return self.enabled && self.comparators.contains(&(address | 1));
        }
        self.enabled
            && address < 0x2000_0000
            && self.code().iter().any(|&c| {
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
