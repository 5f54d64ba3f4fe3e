//! STM32U575 and STM32U385: USART1 and TIM2 (reference manual RM0456, chapters 11, 13, 54 and 66; RM0487 has the
//! same). The pins are those of the serial ports of a Nucleo-U575ZI-Q and a Nucleo-U385RG-Q, TX on PA9 and RX on
//! PA10.

use super::stm32::{BAUD, change, read};

/// The serial port.
pub const SERIAL: usize = 0x4001_3800;
/// The timer.
pub const TIMER: usize = 0x4000_0000;
/// The clock of both.
pub const CLOCK_HZ: u32 = if cfg!(setup = "stm32u575") {
    160_000_000
} else {
    96_000_000
};
/// The divider of the baud rate.
pub const BRR: u32 = (CLOCK_HZ + BAUD / 2) / BAUD;

const RCC: usize = if cfg!(setup = "stm32u575") {
    0x4602_0C00
} else {
    0x4003_0C00
};
const RCC_AHB2ENR1: usize = RCC + 0x8C;
const RCC_APB1ENR1: usize = RCC + 0x9C;
const RCC_APB2ENR: usize = RCC + 0xA4;
const GPIOA: usize = 0x4202_0000;
const MODER: usize = GPIOA;
const AFRH: usize = GPIOA + 0x24;

const GPIOAEN: u32 = 1;
const TIM2EN: u32 = 1;
const USART1EN: u32 = 1 << 14;

/// Turns the clocks on and connects the pins.
pub fn connect() {
    change(RCC_AHB2ENR1, 0, GPIOAEN);
    change(RCC_APB1ENR1, 0, TIM2EN);
    change(RCC_APB2ENR, 0, USART1EN);
    // A read gives the clocks time to reach the peripherals.
    read(RCC_APB2ENR);
    // Pins 9 and 10 have alternate function 7.
    change(AFRH, 0xFF << 4, 0x77 << 4);
    change(MODER, 0xF << 18, 0b1010 << 18);
}
