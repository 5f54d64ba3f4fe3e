//! A virtual STM32L4R5 and its flash controller.

use tinybench_virtual_board::Machine;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};

/// First address of the flash.
pub const FLASH: u32 = 0x0800_0000;
/// First address of the flash controller's registers.
pub const FLASH_CONTROLLER: u32 = 0x4002_2000;

/// A machine with blank flash.
pub fn blank() -> Machine {
    Machine::new("stm32l4r5").expect("there is such a chip")
}

pub fn write(machine: &mut Machine, address: u32, value: u32) {
    machine
        .debug_write(address, AccessSize::Word, value)
        .expect("it can be written");
}

/// Opens the flash controller and sets CR.PG.
pub fn begin_programming(machine: &mut Machine) {
    write(machine, FLASH_CONTROLLER + 0x08, 0x4567_0123);
    write(machine, FLASH_CONTROLLER + 0x08, 0xCDEF_89AB);
    write(machine, FLASH_CONTROLLER + 0x14, 1);
}

/// Programs an image through the flash controller and locks it again.
pub fn program(machine: &mut Machine, image: &[u8]) {
    begin_programming(machine);
    let mut padded = image.to_vec();
    padded.resize(image.len().next_multiple_of(8), 0xFF);
    for (at, word) in (FLASH..).step_by(4).zip(padded.chunks_exact(4)) {
        let word = u32::from_le_bytes(word.try_into().expect("four bytes"));
        write(machine, at, word);
    }
    write(machine, FLASH_CONTROLLER + 0x14, 1 << 31);
}
