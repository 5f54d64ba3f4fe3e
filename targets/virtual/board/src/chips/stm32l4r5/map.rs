//! Where the peripherals are (RM0432, chapter 2, "Memory map and peripheral register boundary
//! addresses"), their interrupt lines, and the bits of the RCC that switch them on.

use super::rcc::{AHB1ENR, AHB2ENR, APB1ENR1, APB1ENR2, APB2ENR};
use crate::chips::stm32::{
    Entry, SerialLayout, TimerLayout, Unit, gate, modelled, serial, unmodelled,
};

/// All peripherals, in the order of their addresses.
pub(super) static MAP: [Entry; 78] = [
    modelled(0x4000_0000, "TIM2", Unit::Timer(0), gate(APB1ENR1, 0)),
    unmodelled(0x4000_0400, "TIM3"),
    unmodelled(0x4000_0800, "TIM4"),
    modelled(0x4000_0C00, "TIM5", Unit::Timer(1), gate(APB1ENR1, 3)),
    modelled(0x4000_1000, "TIM6", Unit::Timer(2), gate(APB1ENR1, 4)),
    modelled(0x4000_1400, "TIM7", Unit::Timer(3), gate(APB1ENR1, 5)),
    unmodelled(0x4000_2800, "RTC"),
    modelled(0x4000_2C00, "WWDG", Unit::Wwdg, gate(APB1ENR1, 11)),
    modelled(0x4000_3000, "IWDG", Unit::Iwdg, None),
    unmodelled(0x4000_3800, "SPI2"),
    unmodelled(0x4000_3C00, "SPI3"),
    modelled(0x4000_4400, "USART2", Unit::Usart(2), gate(APB1ENR1, 17)),
    modelled(0x4000_4800, "USART3", Unit::Usart(3), gate(APB1ENR1, 18)),
    modelled(0x4000_4C00, "UART4", Unit::Usart(4), gate(APB1ENR1, 19)),
    modelled(0x4000_5000, "UART5", Unit::Usart(5), gate(APB1ENR1, 20)),
    unmodelled(0x4000_5400, "I2C1"),
    unmodelled(0x4000_5800, "I2C2"),
    unmodelled(0x4000_5C00, "I2C3"),
    unmodelled(0x4000_6000, "CRS"),
    unmodelled(0x4000_6400, "CAN1"),
    modelled(0x4000_7000, "PWR", Unit::Pwr, gate(APB1ENR1, 28)),
    unmodelled(0x4000_7400, "DAC1"),
    unmodelled(0x4000_7800, "OPAMP"),
    unmodelled(0x4000_7C00, "LPTIM1"),
    modelled(0x4000_8000, "LPUART1", Unit::Usart(0), gate(APB1ENR2, 0)),
    unmodelled(0x4000_8400, "I2C4"),
    unmodelled(0x4000_9400, "LPTIM2"),
    Entry {
        start: 0x4001_0000,
        length: 0x30,
        name: "SYSCFG",
        unit: Unit::Syscfg,
        gate: gate(APB2ENR, 0),
        reset: &[],
    },
    Entry {
        start: 0x4001_0030,
        length: 0x1D0,
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
    modelled(0x4001_0400, "EXTI", Unit::Exti, None),
    unmodelled(0x4001_1C00, "FIREWALL"),
    unmodelled(0x4001_2C00, "TIM1"),
    unmodelled(0x4001_3000, "SPI1"),
    unmodelled(0x4001_3400, "TIM8"),
    modelled(0x4001_3800, "USART1", Unit::Usart(1), gate(APB2ENR, 14)),
    unmodelled(0x4001_4000, "TIM15"),
    unmodelled(0x4001_4400, "TIM16"),
    unmodelled(0x4001_4800, "TIM17"),
    unmodelled(0x4001_5400, "SAI1"),
    unmodelled(0x4001_5800, "SAI2"),
    unmodelled(0x4001_6000, "DFSDM1"),
    unmodelled(0x4001_6400, "DFSDM1"),
    unmodelled(0x4002_0000, "DMA1"),
    unmodelled(0x4002_0400, "DMA2"),
    unmodelled(0x4002_0800, "DMAMUX1"),
    modelled(0x4002_1000, "RCC", Unit::Rcc, None),
    modelled(0x4002_2000, "FLASH", Unit::Flash, gate(AHB1ENR, 8)),
    modelled(0x4002_3000, "CRC", Unit::Crc, gate(AHB1ENR, 12)),
    unmodelled(0x4002_4000, "TSC"),
    unmodelled(0x4002_B000, "DMA2D"),
    unmodelled(0x4002_B400, "DMA2D"),
    unmodelled(0x4002_B800, "DMA2D"),
    unmodelled(0x4002_C000, "GFXMMU"),
    modelled(0x4800_0000, "GPIOA", Unit::Gpio(0), gate(AHB2ENR, 0)),
    modelled(0x4800_0400, "GPIOB", Unit::Gpio(1), gate(AHB2ENR, 1)),
    modelled(0x4800_0800, "GPIOC", Unit::Gpio(2), gate(AHB2ENR, 2)),
    modelled(0x4800_0C00, "GPIOD", Unit::Gpio(3), gate(AHB2ENR, 3)),
    modelled(0x4800_1000, "GPIOE", Unit::Gpio(4), gate(AHB2ENR, 4)),
    modelled(0x4800_1400, "GPIOF", Unit::Gpio(5), gate(AHB2ENR, 5)),
    modelled(0x4800_1800, "GPIOG", Unit::Gpio(6), gate(AHB2ENR, 6)),
    modelled(0x4800_1C00, "GPIOH", Unit::Gpio(7), gate(AHB2ENR, 7)),
    modelled(0x4800_2000, "GPIOI", Unit::Gpio(8), gate(AHB2ENR, 8)),
    unmodelled(0x5000_0000, "OTG_FS"),
    unmodelled(0x5000_0400, "OTG_FS"),
    unmodelled(0x5000_0800, "OTG_FS"),
    unmodelled(0x5000_0C00, "OTG_FS"),
    unmodelled(0x5004_0000, "ADC1"),
    unmodelled(0x5005_0000, "DCMI"),
    unmodelled(0x5006_0000, "AES"),
    unmodelled(0x5006_0400, "HASH"),
    modelled(0x5006_0800, "RNG", Unit::Rng, gate(AHB2ENR, 18)),
    unmodelled(0x5006_1C00, "OCTOSPIM"),
    unmodelled(0x5006_2400, "SDMMC1"),
    unmodelled(0xA000_0000, "FMC"),
    unmodelled(0xA000_0400, "FMC"),
    unmodelled(0xA000_1000, "OCTOSPI1"),
    unmodelled(0xA000_1400, "OCTOSPI2"),
];

/// Serial ports. The first is the one that a Nucleo's USB port shows.
pub(super) static SERIAL: [SerialLayout; 6] = [
    serial("LPUART1", true, 70),
    serial("USART1", false, 37),
    serial("USART2", false, 38),
    serial("USART3", false, 39),
    serial("UART4", false, 52),
    serial("UART5", false, 53),
];

pub(super) static TIMERS: [TimerLayout; 4] = [
    TimerLayout::wide("TIM2", 28),
    TimerLayout::wide("TIM5", 50),
    TimerLayout::basic("TIM6", 54),
    TimerLayout::basic("TIM7", 55),
];

/// Interrupt lines of other peripherals that have one of their own.
pub(super) mod line {
    pub const WWDG: u32 = 0;
    pub const FLASH: u32 = 4;
    pub const RNG: u32 = 80;
}
