//! What the tests of the STM32s' peripherals have in common. Time passes only in [`pass`]; the core executes a
//! branch to itself, or a handler that counts.

use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{Machine, Timing};

/// First address of the flash.
pub const FLASH: u32 = 0x0800_0000;
/// Where the handler counts, and where it finds an address and the value to write there.
pub const COUNT: u32 = 0x2000_0400;

const HANDLER: u32 = FLASH + 0x202;
const PROGRAM: [u16; 12] = [
    0xE7FE, // 200: b    200
    0x4B04, // 202: ldr  r3, [pc, #16]
    0x681A, // 204: ldr  r2, [r3]
    0x3201, // 206: adds r2, #1
    0x601A, // 208: str  r2, [r3]
    0x685A, // 20a: ldr  r2, [r3, #4]
    0x6899, // 20c: ldr  r1, [r3, #8]
    0x6011, // 20e: str  r1, [r2]
    0x6812, // 210: ldr  r2, [r2]
    0x4770, // 212: bx   lr
    COUNT as u16,
    (COUNT >> 16) as u16,
];

const DHCSR: u32 = 0xE000_EDF0;
const HALT: u32 = 0xA05F_0003;
const RUN: u32 = 0xA05F_0001;

pub fn read(machine: &mut Machine, address: u32) -> u32 {
    machine
        .debug_read(address, AccessSize::Word)
        .expect("it can be read")
}

pub fn write(machine: &mut Machine, address: u32, value: u32) {
    machine
        .debug_write(address, AccessSize::Word, value)
        .expect("it can be written");
}

pub fn reports(machine: &Machine) -> Vec<&str> {
    machine.diagnostics().collect()
}

/// A chip with blank flash whose core stands still.
pub fn halted(chip: &str) -> Machine {
    let mut machine = Machine::new(chip).expect("there is such a chip");
    write(&mut machine, DHCSR, HALT);
    machine
}

/// The program, with a stack below this address.
pub fn image(stack: u32) -> Vec<u8> {
    let mut words = vec![HANDLER | 1; 0x80];
    words[0] = stack;
    words[1] = (FLASH + 0x200) | 1;
    let table = words.into_iter().flat_map(u32::to_le_bytes);
    let code = PROGRAM.iter().flat_map(|half| half.to_le_bytes());
    table.chain(code).collect()
}

/// Brings the core of a machine whose flash holds [`image`] to a standstill at the branch to itself.
pub fn stand(machine: &mut Machine) {
    machine.set_timing(Timing::InstructionsOnly);
    machine.reset();
    write(machine, DHCSR, HALT);
}

/// Lets so many core clock cycles pass.
pub fn pass(machine: &mut Machine, cycles: u64) {
    write(machine, DHCSR, RUN);
    machine.run(cycles);
    write(machine, DHCSR, HALT);
}

/// Lets an interrupt line reach the handler, which writes `value` to `address`.
pub fn handle(machine: &mut Machine, line: u32, address: u32, value: u32) {
    write(machine, COUNT, 0);
    write(machine, COUNT + 4, address);
    write(machine, COUNT + 8, value);
    write(machine, 0xE000_E100 + 4 * (line >> 5), 1 << (line & 31));
}
