//! Sends back what arrives on the serial port, letters in capitals.

#![no_std]
#![no_main]

use core::fmt::Write;

use cortex_m_rt::entry;
use nrf52840_hal::gpio::{Level, p1};
use nrf52840_hal::pac::Peripherals;
use nrf52840_hal::uarte::{Baudrate, Parity, Pins, Uarte};
use panic_rtt_target as _;

#[entry]
fn main() -> ! {
    let peripherals = Peripherals::take().unwrap();
    let port = p1::Parts::new(peripherals.P1);
    // The Nano 33 BLE's TX and RX.
    let pins = Pins {
        txd: port.p1_03.into_push_pull_output(Level::High).degrade(),
        rxd: port.p1_10.into_floating_input().degrade(),
        cts: None,
        rts: None,
    };
    let mut serial = Uarte::new(
        peripherals.UARTE0,
        pins,
        Parity::EXCLUDED,
        Baudrate::BAUD115200,
    );
    // DMA reaches only RAM; this copies the text there.
    serial.write_str("ready\r\n").unwrap();
    let mut byte = [0];
    loop {
        serial.read(&mut byte).unwrap();
        byte.make_ascii_uppercase();
        serial.write(&byte).unwrap();
    }
}
