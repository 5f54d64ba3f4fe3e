//! A virtual nRF52840 with a program in its flash.

use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};

/// First address of the RAM.
pub const RAM: u32 = 0x2000_0000;
/// Where programs start; before it is the vector table.
pub const CODE: u32 = 0x100;

const NVMC_CONFIG: u32 = 0x4001_E504;

/// A board without a program.
pub fn blank() -> VirtualBoard {
    VirtualBoard::new("nrf52840").expect("there is such a chip")
}

pub fn read(board: &mut VirtualBoard, address: u32) -> u32 {
    board
        .machine
        .debug_read(address, AccessSize::Word)
        .expect("it can be read")
}

pub fn write(board: &mut VirtualBoard, address: u32, value: u32) {
    board
        .machine
        .debug_write(address, AccessSize::Word, value)
        .expect("it can be written");
}

/// Programs words of flash, as a debugger does.
pub fn program(board: &mut VirtualBoard, address: u32, words: &[u32]) {
    write(board, NVMC_CONFIG, 1);
    for (at, &word) in (address..).step_by(4).zip(words) {
        write(board, at, word);
    }
    write(board, NVMC_CONFIG, 0);
}

/// Programs `code` behind a vector table whose handlers all are at `handler`, and resets.
pub fn load(board: &mut VirtualBoard, code: &[u16], handler: u32) {
    let mut words = vec![handler | 1; CODE as usize / 4];
    words[0] = RAM + 0x4_0000;
    words[1] = CODE | 1;
    words.extend(code.chunks(2).map(|pair| {
        let second = pair.get(1).copied().unwrap_or(0xBF00);
        u32::from(pair[0]) | u32::from(second) << 16
    }));
    program(board, 0, &words);
    board.machine.reset();
}
