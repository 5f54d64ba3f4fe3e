//! Serial lines.

use std::collections::VecDeque;

/// One end of a serial line: bytes that the chip sent, and bytes on their way to it.
#[derive(Clone, Debug, Default)]
pub struct SerialLine {
    /// What the chip sent and the host hasn't taken yet.
    pub from_chip: VecDeque<u8>,
    /// What the host sent and the chip hasn't received yet.
    pub to_chip: VecDeque<u8>,
}
