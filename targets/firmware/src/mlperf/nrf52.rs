//! nRF52: the UART without DMA and TIMER0 (nRF52840 Product Specification, 6.30 and 6.33). The pins
//! are those of the serial port of an Arduino Nano 33 BLE, TX on P1.03 and RX on P1.10.

const UART: usize = 0x4000_2000;
const STARTRX: usize = UART;
const STARTTX: usize = UART + 0x008;
const EVENTS_RXDRDY: usize = UART + 0x108;
const EVENTS_TXDRDY: usize = UART + 0x11C;
const ENABLE: usize = UART + 0x500;
const PSEL_TXD: usize = UART + 0x50C;
const PSEL_RXD: usize = UART + 0x514;
const RXD: usize = UART + 0x518;
const TXD: usize = UART + 0x51C;
const BAUDRATE: usize = UART + 0x524;
/// 115,200 baud.
const BAUD115200: u32 = 0x01D7_E000;
const P1: u32 = 1 << 5;

const TIMER: usize = 0x4000_8000;
const START: usize = TIMER;
const CAPTURE0: usize = TIMER + 0x040;
const BITMODE: usize = TIMER + 0x508;
const PRESCALER: usize = TIMER + 0x510;
const CC0: usize = TIMER + 0x540;
const BITS_32: u32 = 3;
/// 16 MHz / 2^4.
const TO_1_MHZ: u32 = 4;

fn read(register: usize) -> u32 {
    // SAFETY: a register of the UART or the timer. Reading RXD takes a byte, which is wanted.
    unsafe { (register as *const u32).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of the UART or the timer, which have no access to memory.
    unsafe { (register as *mut u32).write_volatile(value) }
}

/// Sets UART and timer up and starts them.
pub fn configure() {
    write(PSEL_TXD, P1 | 3);
    write(PSEL_RXD, P1 | 10);
    write(BAUDRATE, BAUD115200);
    write(ENABLE, 4);
    write(STARTRX, 1);
    write(STARTTX, 1);
    write(BITMODE, BITS_32);
    write(PRESCALER, TO_1_MHZ);
    write(START, 1);
}

/// Waits for a byte.
pub fn receive() -> u8 {
    while read(EVENTS_RXDRDY) == 0 {}
    write(EVENTS_RXDRDY, 0);
    read(RXD) as u8
}

/// Sends a byte, and waits until it is on its way.
pub fn send(byte: u8) {
    write(EVENTS_TXDRDY, 0);
    write(TXD, byte.into());
    while read(EVENTS_TXDRDY) == 0 {}
}

/// Microseconds since [`configure`], modulo 2^32.
pub fn now_us() -> u32 {
    write(CAPTURE0, 1);
    read(CC0)
}
