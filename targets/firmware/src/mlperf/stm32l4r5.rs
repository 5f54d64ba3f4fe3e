//! STM32L4R5: LPUART1 and TIM5 (reference manual RM0432, chapters 6, 8, 38 and 51). The pins are those of the serial
//! port of a Nucleo-144, TX on PG7 and RX on PG8.

use super::stm32::{BAUD, change, read};

/// The serial port.
pub const SERIAL: usize = 0x4000_8000;
/// The timer.
pub const TIMER: usize = 0x4000_0C00;
/// The clock of both.
pub const CLOCK_HZ: u32 = 120_000_000;
/// The divider of the baud rate, in 256ths.
pub const BRR: u32 = (256 * CLOCK_HZ as u64 / BAUD as u64) as u32;

const RCC_AHB2ENR: usize = 0x4002_104C;
const RCC_APB1ENR1: usize = 0x4002_1058;
const RCC_APB1ENR2: usize = 0x4002_105C;
const PWR_CR2: usize = 0x4000_7004;
const GPIOG: usize = 0x4800_1800;
const MODER: usize = GPIOG;
const AFRL: usize = GPIOG + 0x20;
const AFRH: usize = GPIOG + 0x24;

const GPIOGEN: u32 = 1 << 6;
const TIM5EN: u32 = 1 << 3;
const PWREN: u32 = 1 << 28;
const LPUART1EN: u32 = 1;
/// The supply of port G's upper half is there.
const IOSV: u32 = 1 << 9;

/// Turns the clocks on and connects the pins.
pub fn connect() {
    change(RCC_AHB2ENR, 0, GPIOGEN);
    change(RCC_APB1ENR1, 0, PWREN | TIM5EN);
    change(RCC_APB1ENR2, 0, LPUART1EN);
    // A read gives the clocks time to reach the peripherals.
    read(RCC_APB1ENR2);
    change(PWR_CR2, 0, IOSV);
    // Pins 7 and 8 have alternate function 8.
    change(AFRL, 0xF << 28, 8 << 28);
    change(AFRH, 0xF, 8);
    change(MODER, 0xF << 14, 0b1010 << 14);
}
