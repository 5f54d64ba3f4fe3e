//! STM32: a serial port and a timer of 32 bits, both clocked as the core is, whose registers are those of any
//! USART, LPUART and TIM2 of these chips.

use super::port_of_chip::{BRR, CLOCK_HZ, SERIAL, TIMER, connect};

const CR1: usize = SERIAL;
const BAUD_RATE: usize = SERIAL + 0x0C;
const ISR: usize = SERIAL + 0x1C;
const RDR: usize = SERIAL + 0x24;
const TDR: usize = SERIAL + 0x28;
const TIM_CR1: usize = TIMER;
const TIM_EGR: usize = TIMER + 0x14;
const TIM_CNT: usize = TIMER + 0x24;
const TIM_PSC: usize = TIMER + 0x28;

const ENABLE_RX_TX: u32 = 1 | 1 << 2 | 1 << 3;
const RXNE: u32 = 1 << 5;
const TXE: u32 = 1 << 7;

/// The baud rate of the protocol.
pub const BAUD: u32 = 115_200;

/// Reads a register.
pub fn read(register: usize) -> u32 {
    // SAFETY: a register of the chip. Reading RDR takes a byte, which is wanted.
    unsafe { (register as *const u32).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of a peripheral that has no access to memory.
    unsafe { (register as *mut u32).write_volatile(value) }
}

/// Clears bits of a register, and sets others.
pub fn change(register: usize, clear: u32, set: u32) {
    write(register, read(register) & !clear | set);
}

/// Sets UART and timer up and starts them. The core's clock has been.
pub fn configure() {
    connect();
    write(BAUD_RATE, BRR);
    write(CR1, ENABLE_RX_TX);
    write(TIM_PSC, CLOCK_HZ / 1_000_000 - 1);
    // An update, by which the prescaler takes effect.
    write(TIM_EGR, 1);
    write(TIM_CR1, 1);
}

/// Waits for a byte.
pub fn receive() -> u8 {
    while read(ISR) & RXNE == 0 {}
    read(RDR) as u8
}

/// Sends a byte, once there is room for it.
pub fn send(byte: u8) {
    while read(ISR) & TXE == 0 {}
    write(TDR, byte.into());
}

/// Microseconds since [`configure`], modulo 2^32.
pub fn now_us() -> u32 {
    read(TIM_CNT)
}
