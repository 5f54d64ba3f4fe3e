//! One client's conversation, without any I/O: bytes in, bytes out.

use crate::debug_port::{Ack, Debuggable, Request, abort, register};

use super::cobs;

/// Answer to the identify command.
const IDENTIFIER: &[u8] = b"probe-rs,v01";

/// What a client is told in place of the identifier if the board serves another client. probe-rs
/// compares the identifier and shows what it got instead; it reads exactly as many bytes.
const IN_USE: &[u8; IDENTIFIER.len()] = b"board in use";

/// The clock, in hertz, from which the client derives its SWD speed. A virtual board knows no SWD
/// speed; the client only wants to see its setting again.
const REFERENCE_CLOCK_HZ: u32 = 48_000_000;

/// Longest encoded packet that is accepted. probe-rs's are below 2 KiB.
const MAX_PACKET: usize = 0x1_0000;

mod root {
    pub const TARGET: u8 = 0;
    pub const IDENTIFY: u8 = 0x00;
    pub const GET_REFERENCE_CLOCK: u8 = 0x10;
    pub const GET_DIVISOR: u8 = 0x11;
    pub const SET_DIVISOR: u8 = 0x12;
    pub const ASSERT_RESET: u8 = 0x20;
    pub const CLEAR_RESET: u8 = 0x21;
}

mod swd {
    pub const TARGET: u8 = 1;
    pub const TRANSFER_FIRST: u8 = 0x00;
    pub const TRANSFER_LAST: u8 = 0x0F;
    pub const SEQUENCE_FIRST: u8 = 0x20;
    pub const SEQUENCE_LAST: u8 = 0x3F;
    pub const READ_OK: u8 = 0x01;
    pub const WRITE_OK: u8 = 0x11;
    pub const WAIT: u8 = 0x12;
    pub const FAULT: u8 = 0x14;
    pub const PROTOCOL_ERROR: u8 = 0x20;
}

/// What the client sent is not the protocol. The connection can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A packet is not valid COBS.
    #[error(transparent)]
    Cobs(#[from] cobs::CobsError),
    /// There is no end of packet in sight.
    #[error("a packet is longer than {MAX_PACKET} bytes")]
    PacketTooLong,
    /// A packet without even a target.
    #[error("an empty packet")]
    EmptyPacket,
    /// A packet for something that isn't there.
    #[error("a packet for target {0}; there are 0 (root) and 1 (swd)")]
    UnknownTarget(u8),
    /// A byte that starts no command.
    #[error("no command {command:#04x} of target {target}")]
    UnknownCommand {
        /// The packet's target.
        target: u8,
        /// The byte.
        command: u8,
    },
}

/// One client's conversation. The board outlives it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The part of a packet that has arrived.
    packet: Vec<u8>,
    /// The part of a command to root that has arrived.
    root: Vec<u8>,
    /// The part of a command to swd that has arrived.
    swd: Vec<u8>,
    divisor: u16,
}

impl Session {
    /// A fresh conversation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the client sent, in pieces of any size, carries it out on `board`, and appends
    /// the answers to `output`.
    ///
    /// # Errors
    /// [`ProtocolError`] at the first byte that can't be understood; the session is of no use
    /// after that. What came before has been carried out.
    pub fn feed(
        &mut self,
        board: &mut impl Debuggable,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        for piece in input.split_inclusive(|&byte| byte == 0) {
            let (bytes, complete) = match piece.split_last() {
                Some((0, bytes)) => (bytes, true),
                _ => (piece, false),
            };
            if self.packet.len() + bytes.len() > MAX_PACKET {
                return Err(ProtocolError::PacketTooLong);
            }
            self.packet.extend_from_slice(bytes);
            if complete {
                let packet = std::mem::take(&mut self.packet);
                self.packet(board, &cobs::decode(&packet)?, output)?;
            }
        }
        Ok(())
    }

    fn packet(
        &mut self,
        board: &mut impl Debuggable,
        packet: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        let (&target, bytes) = packet.split_first().ok_or(ProtocolError::EmptyPacket)?;
        let mut reply = vec![target];
        let result = match target {
            root::TARGET => {
                self.root.extend_from_slice(bytes);
                self.root_commands(board, &mut reply)
            }
            swd::TARGET => {
                self.swd.extend_from_slice(bytes);
                self.swd_commands(board, &mut reply)
            }
            _ => Err(ProtocolError::UnknownTarget(target)),
        };
        if reply.len() > 1 {
            cobs::encode(&reply, output);
            output.push(0);
        }
        result
    }

    fn root_commands(
        &mut self,
        board: &mut impl Debuggable,
        reply: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        let stream = std::mem::take(&mut self.root);
        let mut rest = stream.as_slice();
        while let Some((&command, after)) = rest.split_first() {
            rest = after;
            match command {
                root::IDENTIFY => reply.extend_from_slice(IDENTIFIER),
                root::GET_REFERENCE_CLOCK => reply.extend(REFERENCE_CLOCK_HZ.to_le_bytes()),
                root::GET_DIVISOR => reply.extend(self.divisor.to_le_bytes()),
                root::SET_DIVISOR => {
                    let Some((divisor, after)) = after.split_first_chunk() else {
                        self.root = [&[command], after].concat();
                        break;
                    };
                    self.divisor = u16::from_le_bytes(*divisor);
                    rest = after;
                }
                root::ASSERT_RESET | root::CLEAR_RESET => {
                    let (port, target) = board.debug_parts();
                    port.set_reset(target, command == root::ASSERT_RESET);
                }
                _ => {
                    return Err(ProtocolError::UnknownCommand {
                        target: root::TARGET,
                        command,
                    });
                }
            }
        }
        Ok(())
    }

    fn swd_commands(
        &mut self,
        board: &mut impl Debuggable,
        reply: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        let (port, target) = board.debug_parts();
        let stream = std::mem::take(&mut self.swd);
        let mut rest = stream.as_slice();
        while let Some((&command, mut after)) = rest.split_first() {
            let (request, sequence) = match command {
                swd::TRANSFER_FIRST..=swd::TRANSFER_LAST => (Request::from_bits(command), false),
                swd::SEQUENCE_FIRST..=swd::SEQUENCE_LAST => (Request::from_bits(0), true),
                _ => {
                    return Err(ProtocolError::UnknownCommand {
                        target: swd::TARGET,
                        command,
                    });
                }
            };
            let mut data = 0;
            if sequence || !request.is_read() {
                let Some((word, following)) = after.split_first_chunk() else {
                    self.swd = rest.to_vec();
                    break;
                };
                data = u32::from_le_bytes(*word);
                after = following;
            }
            rest = after;
            if sequence {
                let count = match command - swd::SEQUENCE_FIRST {
                    0 => 32,
                    count => count,
                };
                port.sequence(count, data.into());
                continue;
            }
            match port.transfer(target, request, data) {
                (Ack::Ok, value) if request.is_read() => {
                    reply.push(swd::READ_OK);
                    reply.extend(value.to_le_bytes());
                }
                (Ack::Ok, _) => reply.push(swd::WRITE_OK),
                (Ack::Wait, _) => reply.push(swd::WAIT),
                (Ack::Fault, _) => {
                    reply.push(swd::FAULT);
                    // probe-rs stops reading at a FAULT and would take the answers to the rest of
                    // its packet for those to its next; and it never clears the flag.
                    let clear = abort::STKERRCLR | abort::ORUNERRCLR;
                    port.transfer(target, Request::dp_write(register::ABORT), clear);
                    break;
                }
                (Ack::NoResponse, _) => {
                    reply.push(swd::PROTOCOL_ERROR);
                }
            }
        }
        Ok(())
    }
}

/// The packet that tells a client that the board serves another.
pub fn in_use_packet() -> Vec<u8> {
    let mut packet = Vec::new();
    cobs::encode(&[&[root::TARGET], &IN_USE[..]].concat(), &mut packet);
    packet.push(0);
    packet
}
