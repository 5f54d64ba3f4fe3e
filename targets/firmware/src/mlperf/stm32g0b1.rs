//! STM32G0B1: USART2 and TIM2 (reference manual RM0444, chapters 5, 6, 22 and 33). The pins are those of the
//! serial port of a Nucleo-64, TX on PA2 and RX on PA3.

use super::stm32::{BAUD, change, read};

/// The serial port.
pub const SERIAL: usize = 0x4000_4400;
/// The timer.
pub const TIMER: usize = 0x4000_0000;
/// The clock of both.
pub const CLOCK_HZ: u32 = 64_000_000;
/// The divider of the baud rate.
pub const BRR: u32 = (CLOCK_HZ + BAUD / 2) / BAUD;

const RCC_IOPENR: usize = 0x4002_1034;
const RCC_APBENR1: usize = 0x4002_103C;
const GPIOA: usize = 0x5000_0000;
const MODER: usize = GPIOA;
const AFRL: usize = GPIOA + 0x20;

const GPIOAEN: u32 = 1;
const TIM2EN: u32 = 1;
const USART2EN: u32 = 1 << 17;

/// Turns the clocks on and connects the pins.
pub fn connect() {
    change(RCC_IOPENR, 0, GPIOAEN);
    change(RCC_APBENR1, 0, TIM2EN | USART2EN);
    // A read gives the clocks time to reach the peripherals.
    read(RCC_APBENR1);
    // Pins 2 and 3 have alternate function 1.
    change(AFRL, 0xFF << 8, 0x11 << 8);
    change(MODER, 0xF << 4, 0b1010 << 4);
}
