//! Where the peripherals are (RM0432, chapter 2, "Memory map and peripheral register boundary
//! addresses"), their interrupt lines, and the bits of the RCC that switch them on.

use super::rcc::Gate;

/// A peripheral, and which of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Rcc,
    Pwr,
    Flash,
    Syscfg,
    Exti,
    Gpio(usize),
    /// The number of the serial line, from LPUART1 on.
    Usart(usize),
    Timer(usize),
    Crc,
    Rng,
    Iwdg,
    Wwdg,
    Unmodelled,
}

/// One stretch of addresses.
pub(super) struct Entry {
    pub start: u32,
    pub length: u32,
    pub name: &'static str,
    pub unit: Unit,
    /// `None` where the RCC switches nothing, or the peripheral isn't modelled.
    pub gate: Option<Gate>,
}

const fn unmodelled(start: u32, name: &'static str) -> Entry {
    Entry {
        start,
        length: 0x400,
        name,
        unit: Unit::Unmodelled,
        gate: None,
    }
}

const fn modelled(start: u32, name: &'static str, unit: Unit, gate: Option<Gate>) -> Entry {
    Entry {
        start,
        length: 0x400,
        name,
        unit,
        gate,
    }
}

const fn gate(register: u32, bit: u32) -> Option<Gate> {
    Some(Gate { register, bit })
}

/// Enable registers, in the order of their addresses.
const AHB1: u32 = 0;
const AHB2: u32 = 1;
const APB1_1: u32 = 4;
const APB1_2: u32 = 5;
const APB2: u32 = 6;

/// All peripherals, in the order of their addresses.
pub(super) static MAP: [Entry; 78] = [
    modelled(0x4000_0000, "TIM2", Unit::Timer(0), gate(APB1_1, 0)),
    unmodelled(0x4000_0400, "TIM3"),
    unmodelled(0x4000_0800, "TIM4"),
    modelled(0x4000_0C00, "TIM5", Unit::Timer(1), gate(APB1_1, 3)),
    modelled(0x4000_1000, "TIM6", Unit::Timer(2), gate(APB1_1, 4)),
    modelled(0x4000_1400, "TIM7", Unit::Timer(3), gate(APB1_1, 5)),
    unmodelled(0x4000_2800, "RTC"),
    modelled(0x4000_2C00, "WWDG", Unit::Wwdg, gate(APB1_1, 11)),
    modelled(0x4000_3000, "IWDG", Unit::Iwdg, None),
    unmodelled(0x4000_3800, "SPI2"),
    unmodelled(0x4000_3C00, "SPI3"),
    modelled(0x4000_4400, "USART2", Unit::Usart(2), gate(APB1_1, 17)),
    modelled(0x4000_4800, "USART3", Unit::Usart(3), gate(APB1_1, 18)),
    modelled(0x4000_4C00, "UART4", Unit::Usart(4), gate(APB1_1, 19)),
    modelled(0x4000_5000, "UART5", Unit::Usart(5), gate(APB1_1, 20)),
    unmodelled(0x4000_5400, "I2C1"),
    unmodelled(0x4000_5800, "I2C2"),
    unmodelled(0x4000_5C00, "I2C3"),
    unmodelled(0x4000_6000, "CRS"),
    unmodelled(0x4000_6400, "CAN1"),
    modelled(0x4000_7000, "PWR", Unit::Pwr, gate(APB1_1, 28)),
    unmodelled(0x4000_7400, "DAC1"),
    unmodelled(0x4000_7800, "OPAMP"),
    unmodelled(0x4000_7C00, "LPTIM1"),
    modelled(0x4000_8000, "LPUART1", Unit::Usart(0), gate(APB1_2, 0)),
    unmodelled(0x4000_8400, "I2C4"),
    unmodelled(0x4000_9400, "LPTIM2"),
    Entry {
        start: 0x4001_0000,
        length: 0x30,
        name: "SYSCFG",
        unit: Unit::Syscfg,
        gate: gate(APB2, 0),
    },
    Entry {
        start: 0x4001_0030,
        length: 0x1D0,
        name: "VREFBUF",
        unit: Unit::Unmodelled,
        gate: None,
    },
    Entry {
        start: 0x4001_0200,
        length: 0x200,
        name: "COMP",
        unit: Unit::Unmodelled,
        gate: None,
    },
    modelled(0x4001_0400, "EXTI", Unit::Exti, None),
    unmodelled(0x4001_1C00, "FIREWALL"),
    unmodelled(0x4001_2C00, "TIM1"),
    unmodelled(0x4001_3000, "SPI1"),
    unmodelled(0x4001_3400, "TIM8"),
    modelled(0x4001_3800, "USART1", Unit::Usart(1), gate(APB2, 14)),
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
    modelled(0x4002_2000, "FLASH", Unit::Flash, gate(AHB1, 8)),
    modelled(0x4002_3000, "CRC", Unit::Crc, gate(AHB1, 12)),
    unmodelled(0x4002_4000, "TSC"),
    unmodelled(0x4002_B000, "DMA2D"),
    unmodelled(0x4002_B400, "DMA2D"),
    unmodelled(0x4002_B800, "DMA2D"),
    unmodelled(0x4002_C000, "GFXMMU"),
    modelled(0x4800_0000, "GPIOA", Unit::Gpio(0), gate(AHB2, 0)),
    modelled(0x4800_0400, "GPIOB", Unit::Gpio(1), gate(AHB2, 1)),
    modelled(0x4800_0800, "GPIOC", Unit::Gpio(2), gate(AHB2, 2)),
    modelled(0x4800_0C00, "GPIOD", Unit::Gpio(3), gate(AHB2, 3)),
    modelled(0x4800_1000, "GPIOE", Unit::Gpio(4), gate(AHB2, 4)),
    modelled(0x4800_1400, "GPIOF", Unit::Gpio(5), gate(AHB2, 5)),
    modelled(0x4800_1800, "GPIOG", Unit::Gpio(6), gate(AHB2, 6)),
    modelled(0x4800_1C00, "GPIOH", Unit::Gpio(7), gate(AHB2, 7)),
    modelled(0x4800_2000, "GPIOI", Unit::Gpio(8), gate(AHB2, 8)),
    unmodelled(0x5000_0000, "OTG_FS"),
    unmodelled(0x5000_0400, "OTG_FS"),
    unmodelled(0x5000_0800, "OTG_FS"),
    unmodelled(0x5000_0C00, "OTG_FS"),
    unmodelled(0x5004_0000, "ADC1"),
    unmodelled(0x5005_0000, "DCMI"),
    unmodelled(0x5006_0000, "AES"),
    unmodelled(0x5006_0400, "HASH"),
    modelled(0x5006_0800, "RNG", Unit::Rng, gate(AHB2, 18)),
    unmodelled(0x5006_1C00, "OCTOSPIM"),
    unmodelled(0x5006_2400, "SDMMC1"),
    unmodelled(0xA000_0000, "FMC"),
    unmodelled(0xA000_0400, "FMC"),
    unmodelled(0xA000_1000, "OCTOSPI1"),
    unmodelled(0xA000_1400, "OCTOSPI2"),
];

/// The peripheral at an address.
pub(super) fn find(address: u32) -> Option<&'static Entry> {
    let behind = MAP.partition_point(|entry| entry.start <= address);
    let entry = &MAP[behind.checked_sub(1)?];
    (address - entry.start < entry.length).then_some(entry)
}

/// Interrupt lines of the peripherals that have one of their own.
pub(super) mod line {
    pub const WWDG: u32 = 0;
    pub const FLASH: u32 = 4;
    pub const TIMERS: [u32; 4] = [28, 50, 54, 55];
    /// LPUART1, USART1 to 3, UART4 and 5.
    pub const USARTS: [u32; 6] = [70, 37, 38, 39, 52, 53];
    pub const RNG: u32 = 80;
}
