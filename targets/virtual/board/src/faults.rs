//! Fault injection: boards that hang, fault, lose their probe or whose flash doesn't verify, for
//! tests of what a tool does then.
//!
//! [`VirtualBoard::inject`](crate::VirtualBoard::inject) starts a fault. A reset doesn't end it,
//! [`VirtualBoard::clear_faults`](crate::VirtualBoard::clear_faults) does.

use std::ops::Range;

use crate::memory::AccessSize;

/// Something that goes wrong with a board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// The probe is lost after this many more transfers: each after them fails as if the probe had
    /// been unplugged.
    LoseProbe {
        /// SWD transfers that still work.
        after_transfers: u64,
    },
    /// The instruction at `address` acts as a branch to itself: the core never gets past it.
    /// Interrupts are taken, a debugger can halt and step.
    HangAt {
        /// Address of the instruction, without the Thumb bit.
        address: u32,
    },
    /// As [`Self::HangAt`], with the instruction that the core has come to after `cycles` more.
    HangAfter {
        /// Core clock cycles from now.
        cycles: u64,
    },
    /// The `nth` data access by the core to `addresses`, counted from 1 and from now, is answered
    /// with a bus fault. Debugger's accesses and exception stacking are not touched.
    BusFault {
        /// The addresses.
        addresses: Range<u32>,
        /// Which access fails.
        nth: u64,
    },
    /// Data reads by the core that cover the byte at `address` see the bits of `mask` inverted.
    /// A debugger sees the memory as it is.
    FlipOnRead {
        /// Address of the byte.
        address: u32,
        /// Bits that are inverted.
        mask: u8,
    },
    /// Whenever the word of flash at `offset` is programmed, one of its bits comes out inverted.
    FlipFlashBit {
        /// Byte offset from the start of the flash.
        offset: u32,
        /// Bit of that byte, 0 to 7.
        bit: u8,
    },
    /// Every `nth` sample of the program counter that a debugger takes (DWT_PCSR) gives nothing, from the
    /// next one on.
    DropSamples {
        /// Which sample is lost, from 1.
        nth: u64,
    },
}

/// A fault of the machine, as opposed to one of the debug port.
#[derive(Clone, Debug)]
pub(crate) enum MachineFault {
    HangAt(u32),
    HangAfter(u64),
    BusFault(Range<u32>, u64),
    FlipOnRead(u32, u8),
    FlipFlashBit(u32, u8),
    DropSamples(u64),
}

impl TryFrom<InjectedFault> for MachineFault {
    /// Transfers until the probe is lost.
    type Error = u64;

    fn try_from(fault: InjectedFault) -> Result<Self, u64> {
        Ok(match fault {
            InjectedFault::LoseProbe { after_transfers } => return Err(after_transfers),
            InjectedFault::HangAt { address } => Self::HangAt(address),
            InjectedFault::HangAfter { cycles } => Self::HangAfter(cycles),
            InjectedFault::BusFault { addresses, nth } => Self::BusFault(addresses, nth),
            InjectedFault::FlipOnRead { address, mask } => Self::FlipOnRead(address, mask),
            InjectedFault::FlipFlashBit { offset, bit } => Self::FlipFlashBit(offset, bit),
            InjectedFault::DropSamples { nth } => Self::DropSamples(nth),
        })
    }
}

/// Cycles of one pass of a branch to itself.
pub(crate) const HANG: u64 = 3;

/// The faults that a machine has been given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    hangs: Vec<u32>,
    /// Times at which the core is to hang where it is.
    hang_times: Vec<u64>,
    /// Addresses, and accesses to come before the one that fails.
    bus_faults: Vec<(Range<u32>, u64)>,
    read_flips: Vec<(u32, u8)>,
    flash_flips: Vec<(u32, u8)>,
    /// Of samples of the program counter: which ones are lost, and how many there were.
    dropped_samples: Option<(u64, u64)>,
}

impl Faults {
    pub fn inject(&mut self, fault: MachineFault, now: u64) {
        match fault {
            MachineFault::HangAt(address) => self.hangs.push(address & !1),
            MachineFault::HangAfter(cycles) => self.hang_times.push(now.saturating_add(cycles)),
            // There is no access before the first.
            MachineFault::BusFault(addresses, nth) => {
                self.bus_faults.push((addresses, nth.saturating_sub(1)));
            }
            MachineFault::FlipOnRead(address, mask) => self.read_flips.push((address, mask)),
            MachineFault::FlipFlashBit(offset, bit) => {
                self.flash_flips.push((offset, 1 << (bit & 7)));
            }
            MachineFault::DropSamples(nth) => self.dropped_samples = Some((nth.max(1), 0)),
        }
    }

    /// Counts a sample of the program counter; true if it is to give nothing.
    pub fn drops_sample(&mut self) -> bool {
        let Some((nth, count)) = &mut self.dropped_samples else {
            return false;
        };
        *count += 1;
        count.is_multiple_of(*nth)
    }

    /// Whether the core hangs on the instruction at `address`.
    pub fn hangs_at(&self, address: u32) -> bool {
        self.hangs.contains(&address)
    }

    /// Makes the core hang at `pc` if the time for that has come; true if it does.
    pub fn hang_due(&mut self, now: u64, pc: u32) -> bool {
        let before = self.hang_times.len();
        self.hang_times.retain(|&time| time > now);
        let due = self.hang_times.len() != before;
        if due {
            self.hangs.push(pc);
        }
        due
    }

    /// When the core hangs next.
    pub fn next_hang(&self) -> u64 {
        self.hang_times.iter().copied().min().unwrap_or(u64::MAX)
    }

    /// Whether data accesses have to be looked at.
    pub fn watches_data(&self) -> bool {
        !self.bus_faults.is_empty() || !self.read_flips.is_empty()
    }

    /// Counts a data access by the core; true if it is to fail.
    pub fn refuses(&mut self, address: u32, size: AccessSize) -> bool {
        let mut refused = false;
        let last = address.wrapping_add(size.bytes() - 1);
        self.bus_faults.retain_mut(|(addresses, left)| {
            if last < addresses.start || address >= addresses.end {
                return true;
            }
            match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    true
                }
                None => {
                    refused = true;
                    false
                }
            }
        });
        refused
    }

    /// The bits of a data read by the core that come out inverted.
    pub fn flips_on_read(&self, address: u32, size: AccessSize) -> u32 {
        self.read_flips.iter().fold(0, |flips, &(byte, mask)| {
            let lane = byte.wrapping_sub(address);
            if lane < size.bytes() {
                flips ^ u32::from(mask) << (8 * lane)
            } else {
                flips
            }
        })
    }

    /// Inverts what is to come out inverted of the bytes programmed at `offset`.
    pub fn after_programming(&self, offset: u32, size: AccessSize, flash: &mut [u8]) {
        for &(byte, mask) in &self.flash_flips {
            if byte.wrapping_sub(offset) < size.bytes()
                && let Some(byte) = flash.get_mut(byte as usize)
            {
                *byte ^= mask;
            }
        }
    }
}
