//! One SWD transaction as it appears on the wire (Arm Debug Interface Architecture Specification
//! ADIv5.2, IHI 0031, chapter B4).

/// The request of an SWD transaction: which port, which direction, which of its four registers.
///
/// The parity, start and stop bits are the wire's business and not represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    bits: u8,
}

impl Request {
    const AP: u8 = 1 << 0;
    const READ: u8 = 1 << 1;
    const ADDRESS: u8 = 0b1100;

    /// A read of the debug port register at `address` (0x0, 0x4, 0x8 or 0xC; other bits are
    /// ignored).
    pub const fn dp_read(address: u8) -> Self {
        Self {
            bits: (address & Self::ADDRESS) | Self::READ,
        }
    }

    /// A write to the debug port register at `address`.
    pub const fn dp_write(address: u8) -> Self {
        Self {
            bits: address & Self::ADDRESS,
        }
    }

    /// A read of the register at `address` in the selected bank of the selected access port.
    pub const fn ap_read(address: u8) -> Self {
        Self {
            bits: (address & Self::ADDRESS) | Self::READ | Self::AP,
        }
    }

    /// A write to the register at `address` in the selected bank of the selected access port.
    pub const fn ap_write(address: u8) -> Self {
        Self {
            bits: (address & Self::ADDRESS) | Self::AP,
        }
    }

    /// The request in the wire's bit order: APnDP in bit 0, RnW in bit 1, `A[3:2]` in bits 3:2.
    /// Higher bits are ignored.
    pub const fn from_bits(bits: u8) -> Self {
        Self {
            bits: bits & (Self::AP | Self::READ | Self::ADDRESS),
        }
    }

    /// Whether an access port is addressed, not the debug port.
    pub const fn is_ap(self) -> bool {
        self.bits & Self::AP != 0
    }

    /// Whether data goes from the target to the probe.
    pub const fn is_read(self) -> bool {
        self.bits & Self::READ != 0
    }

    /// `A[3:2]` in place: 0x0, 0x4, 0x8 or 0xC.
    pub const fn address(self) -> u8 {
        self.bits & Self::ADDRESS
    }
}

/// How the target answers a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// The transfer was accepted.
    Ok,
    /// The transfer was not accepted, and should be tried again.
    Wait,
    /// The transfer was refused because a sticky flag is set.
    Fault,
    /// Nothing drove the line: the debug port is not in SWD mode, not out of its line reset, or
    /// not connected.
    NoResponse,
}
