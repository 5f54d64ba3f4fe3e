//! Where the peripherals are (RM0444, chapter 2, "STM32G0B1xx and STM32G0C1xx peripheral register boundary
//! addresses"), their interrupt lines, and the bits of the RCC that switch them on.

use super::rcc::{AHBENR, APBENR1, APBENR2, IOPENR};
use crate::chips::stm32::{
    Entry, SerialLayout, TimerLayout, Unit, gate, modelled, serial, unmodelled,
};

/// All peripherals, in the order of their addresses.
pub(super) static MAP: [Entry; 60] = [
    modelled(0x4000_0000, "TIM2", Unit::Timer(0), gate(APBENR1, 0)),
    modelled(0x4000_0400, "TIM3", Unit::Timer(1), gate(APBENR1, 1)),
    modelled(0x4000_0800, "TIM4", Unit::Timer(2), gate(APBENR1, 2)),
    modelled(0x4000_1000, "TIM6", Unit::Timer(3), gate(APBENR1, 4)),
    modelled(0x4000_1400, "TIM7", Unit::Timer(4), gate(APBENR1, 5)),
    unmodelled(0x4000_2000, "TIM14"),
    unmodelled(0x4000_2800, "RTC"),
    modelled(0x4000_2C00, "WWDG", Unit::Wwdg, gate(APBENR1, 11)),
    modelled(0x4000_3000, "IWDG", Unit::Iwdg, None),
    unmodelled(0x4000_3800, "SPI2"),
    unmodelled(0x4000_3C00, "SPI3"),
    modelled(0x4000_4400, "USART2", Unit::Usart(0), gate(APBENR1, 17)),
    modelled(0x4000_4800, "USART3", Unit::Usart(2), gate(APBENR1, 18)),
    modelled(0x4000_4C00, "USART4", Unit::Usart(3), gate(APBENR1, 19)),
    modelled(0x4000_5000, "USART5", Unit::Usart(4), gate(APBENR1, 8)),
    unmodelled(0x4000_5400, "I2C1"),
    unmodelled(0x4000_5800, "I2C2"),
    unmodelled(0x4000_5C00, "USB"),
    unmodelled(0x4000_6400, "FDCAN1"),
    unmodelled(0x4000_6800, "FDCAN2"),
    unmodelled(0x4000_6C00, "CRS"),
    modelled(0x4000_7000, "PWR", Unit::Pwr, gate(APBENR1, 28)),
    unmodelled(0x4000_7400, "DAC"),
    unmodelled(0x4000_7800, "CEC"),
    unmodelled(0x4000_7C00, "LPTIM1"),
    modelled(0x4000_8000, "LPUART1", Unit::Usart(6), gate(APBENR1, 20)),
    modelled(0x4000_8400, "LPUART2", Unit::Usart(7), gate(APBENR1, 7)),
    unmodelled(0x4000_8800, "I2C3"),
    unmodelled(0x4000_9400, "LPTIM2"),
    unmodelled(0x4000_9800, "USB"),
    unmodelled(0x4000_9C00, "USB"),
    unmodelled(0x4000_A000, "UCPD1"),
    unmodelled(0x4000_A400, "UCPD2"),
    unmodelled(0x4000_B000, "TAMP"),
    unmodelled(0x4000_B400, "FDCAN"),
    Entry {
        start: 0x4001_0000,
        length: 0x30,
        name: "SYSCFG",
        unit: Unit::Syscfg,
        gate: gate(APBENR2, 0),
        reset: &[],
    },
    Entry {
        start: 0x4001_0030,
        length: 0x50,
        name: "VREFBUF",
        unit: Unit::Unmodelled,
        gate: None,
        reset: &[],
    },
    Entry {
        start: 0x4001_0200,
        length: 0x200,
        name: "COMP",
        unit: Unit::Unmodelled,
        gate: None,
        reset: &[],
    },
    unmodelled(0x4001_2400, "ADC"),
    unmodelled(0x4001_2C00, "TIM1"),
    unmodelled(0x4001_3000, "SPI1"),
    modelled(0x4001_3800, "USART1", Unit::Usart(1), gate(APBENR2, 14)),
    modelled(0x4001_3C00, "USART6", Unit::Usart(5), gate(APBENR1, 9)),
    unmodelled(0x4001_4000, "TIM15"),
    unmodelled(0x4001_4400, "TIM16"),
    unmodelled(0x4001_4800, "TIM17"),
    modelled(0x4001_5800, "DBG", Unit::Debug, gate(APBENR1, 27)),
    unmodelled(0x4002_0000, "DMA1"),
    unmodelled(0x4002_0400, "DMA2"),
    unmodelled(0x4002_0800, "DMAMUX"),
    modelled(0x4002_1000, "RCC", Unit::Rcc, None),
    modelled(0x4002_1800, "EXTI", Unit::Exti, None),
    modelled(0x4002_2000, "FLASH", Unit::Flash, gate(AHBENR, 8)),
    modelled(0x4002_3000, "CRC", Unit::Crc, gate(AHBENR, 12)),
    modelled(0x5000_0000, "GPIOA", Unit::Gpio(0), gate(IOPENR, 0)),
    modelled(0x5000_0400, "GPIOB", Unit::Gpio(1), gate(IOPENR, 1)),
    modelled(0x5000_0800, "GPIOC", Unit::Gpio(2), gate(IOPENR, 2)),
    modelled(0x5000_0C00, "GPIOD", Unit::Gpio(3), gate(IOPENR, 3)),
    modelled(0x5000_1000, "GPIOE", Unit::Gpio(4), gate(IOPENR, 4)),
    modelled(0x5000_1400, "GPIOF", Unit::Gpio(5), gate(IOPENR, 5)),
];

/// Serial ports. The first is the one that a Nucleo's USB port shows.
pub(super) static SERIAL: [SerialLayout; 8] = [
    serial("USART2", false, 28),
    serial("USART1", false, 27),
    serial("USART3", false, 29),
    serial("USART4", false, 29),
    serial("USART5", false, 29),
    serial("USART6", false, 29),
    serial("LPUART1", true, 29),
    serial("LPUART2", true, 28),
];

/// Where CCIPR chooses the clock of each of [`SERIAL`], if it does.
pub(super) const SERIAL_CLOCKS: [Option<u32>; 8] = [
    Some(2),
    Some(0),
    Some(4),
    None,
    None,
    None,
    Some(10),
    Some(8),
];

pub(super) static TIMERS: [TimerLayout; 5] = [
    TimerLayout::wide("TIM2", 15),
    TimerLayout::general("TIM3", 16),
    TimerLayout::general("TIM4", 16),
    TimerLayout::basic("TIM6", 17),
    TimerLayout::basic("TIM7", 18),
];

/// Interrupt lines of other peripherals.
pub(super) mod line {
    pub const WWDG: u32 = 0;
    pub const FLASH: u32 = 3;
}
