//! Feeds the Glasgow protocol with anything. Whatever comes, nothing panics, every answer is a
//! well-formed packet, and the next client finds a board that works.
//!
//! The first byte says how the rest is used: even, as raw bytes; odd, framed, so that the fuzzer
//! gets past COBS at once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_virtual_board::{
    debug_port::{AccessSize, Attached, BusFault, DebugTarget},
    glasgow::{Session, cobs},
};

/// A KiB of memory at address 0.
struct Memory([u8; 1024]);

impl DebugTarget for Memory {
    fn debug_read(&mut self, address: u32, size: AccessSize) -> Result<u32, BusFault> {
        let start = address as usize;
        let bytes = start
            .checked_add(size.bytes() as usize)
            .and_then(|end| self.0.get(start..end));
        let mut word = [0; 4];
        let bytes = bytes.ok_or(BusFault)?;
        word[..bytes.len()].copy_from_slice(bytes);
        Ok(u32::from_le_bytes(word))
    }

    fn debug_write(&mut self, address: u32, size: AccessSize, value: u32) -> Result<(), BusFault> {
        let start = address as usize;
        let end = start.checked_add(size.bytes() as usize).ok_or(BusFault)?;
        let bytes = self.0.get_mut(start..end).ok_or(BusFault)?;
        bytes.copy_from_slice(&value.to_le_bytes()[..bytes.len()]);
        Ok(())
    }

    fn reset(&mut self) {}

    fn erase_all(&mut self) {
        self.0.fill(0xFF);
    }

    fn instructions_retired(&self) -> u64 {
        0
    }

    fn instructions_in_window(&self) -> u64 {
        0
    }
}

fn packet(bytes: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    cobs::encode(bytes, &mut packet);
    packet.push(0);
    packet
}

/// Line reset, JTAG-to-SWD, line reset, DPIDR.
const CONNECT: [u8; 27] = [
    1, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0x33, 0xFF, 0xFF, 0x07, 0, 0x30, 0x9E, 0xE7, 0, 0, 0x20, 0xFF,
    0xFF, 0xFF, 0xFF, 0x36, 0xFF, 0xFF, 0x07, 0, 0x02,
];

fuzz_target!(|data: &[u8]| {
    let Some((&mode, data)) = data.split_first() else {
        return;
    };
    let mut board = Attached::new(Memory([0; 1024]));
    let mut output = Vec::new();
    if mode % 2 == 0 {
        let _ = Session::new().feed(&mut board, data, &mut output);
    } else {
        let mut session = Session::new();
        session
            .feed(&mut board, &packet(&CONNECT), &mut output)
            .expect("this is the protocol");
        for bytes in data.split(|&byte| byte == 0xA5) {
            let mut bytes = bytes.to_vec();
            if let Some(target) = bytes.first_mut() {
                *target &= 1;
            }
            if session
                .feed(&mut board, &packet(&bytes), &mut output)
                .is_err()
            {
                break;
            }
        }
    }
    for packet in output.split_inclusive(|&byte| byte == 0) {
        let (end, packet) = packet.split_last().expect("a piece is never empty");
        assert_eq!(*end, 0);
        assert!(cobs::decode(packet).expect("answers are COBS")[0] <= 1);
    }

    output.clear();
    Session::new()
        .feed(&mut board, &packet(&CONNECT), &mut output)
        .expect("still the protocol");
    assert_eq!(output, packet(&[1, 0x01, 0x77, 0x14, 0xA0, 0x2B]));
});
