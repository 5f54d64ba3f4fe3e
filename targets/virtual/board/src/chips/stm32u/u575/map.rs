//! Where the peripherals are (RM0456, chapter 2, "Memory map and peripheral register boundary addresses"), by
//! their non-secure addresses, their interrupt lines, and the bits of the RCC that switch them on.

use super::rcc::{AHB1ENR, AHB2ENR1, AHB3ENR, APB1ENR1, APB2ENR, APB3ENR, CCIPR1, CCIPR3};
use crate::chips::stm32::{
    Entry, SerialLayout, TimerLayout, Unit, gate, modelled, serial, unmodelled,
};
use crate::chips::stm32u::units::ICACHE;

/// DCACHE1 among [`Unit::Cache`].
const DCACHE1: usize = 1;

/// All peripherals, in the order of their addresses.
pub(super) static MAP: [Entry; 86] = [
    modelled(0x4000_0000, "TIM2", Unit::Timer(0), gate(APB1ENR1, 0)),
    modelled(0x4000_0400, "TIM3", Unit::Timer(1), gate(APB1ENR1, 1)),
    modelled(0x4000_0800, "TIM4", Unit::Timer(2), gate(APB1ENR1, 2)),
    modelled(0x4000_0C00, "TIM5", Unit::Timer(3), gate(APB1ENR1, 3)),
    modelled(0x4000_1000, "TIM6", Unit::Timer(4), gate(APB1ENR1, 4)),
    modelled(0x4000_1400, "TIM7", Unit::Timer(5), gate(APB1ENR1, 5)),
    modelled(0x4000_2C00, "WWDG", Unit::Wwdg, gate(APB1ENR1, 11)),
    modelled(0x4000_3000, "IWDG", Unit::Iwdg, None),
    unmodelled(0x4000_3800, "SPI2"),
    modelled(0x4000_4400, "USART2", Unit::Usart(1), gate(APB1ENR1, 17)),
    modelled(0x4000_4800, "USART3", Unit::Usart(2), gate(APB1ENR1, 18)),
    modelled(0x4000_4C00, "UART4", Unit::Usart(3), gate(APB1ENR1, 19)),
    modelled(0x4000_5000, "UART5", Unit::Usart(4), gate(APB1ENR1, 20)),
    unmodelled(0x4000_5400, "I2C1"),
    unmodelled(0x4000_5800, "I2C2"),
    unmodelled(0x4000_6000, "CRS"),
    unmodelled(0x4000_8400, "I2C4"),
    unmodelled(0x4000_9400, "LPTIM2"),
    unmodelled(0x4000_A400, "FDCAN1"),
    unmodelled(0x4000_AC00, "FDCAN1"),
    unmodelled(0x4000_DC00, "UCPD1"),
    unmodelled(0x4001_2C00, "TIM1"),
    unmodelled(0x4001_3000, "SPI1"),
    unmodelled(0x4001_3400, "TIM8"),
    modelled(0x4001_3800, "USART1", Unit::Usart(0), gate(APB2ENR, 14)),
    unmodelled(0x4001_4000, "TIM15"),
    unmodelled(0x4001_4400, "TIM16"),
    unmodelled(0x4001_4800, "TIM17"),
    unmodelled(0x4001_5400, "SAI1"),
    unmodelled(0x4001_5800, "SAI2"),
    unmodelled(0x4002_0000, "GPDMA1"),
    unmodelled(0x4002_0400, "GPDMA1"),
    unmodelled(0x4002_0800, "GPDMA1"),
    unmodelled(0x4002_0C00, "GPDMA1"),
    unmodelled(0x4002_1000, "CORDIC"),
    unmodelled(0x4002_1400, "FMAC"),
    modelled(0x4002_2000, "FLASH", Unit::Flash, gate(AHB1ENR, 8)),
    modelled(0x4002_3000, "CRC", Unit::Crc, gate(AHB1ENR, 12)),
    unmodelled(0x4002_4000, "TSC"),
    unmodelled(0x4002_5000, "MDF1"),
    unmodelled(0x4002_6000, "RAMCFG"),
    unmodelled(0x4002_B000, "DMA2D"),
    modelled(0x4003_0400, "ICACHE", Unit::Cache(ICACHE), None),
    modelled(
        0x4003_1400,
        "DCACHE1",
        Unit::Cache(DCACHE1),
        gate(AHB1ENR, 30),
    ),
    unmodelled(0x4003_2400, "GTZC1"),
    unmodelled(0x4003_2800, "GTZC1"),
    unmodelled(0x4003_2C00, "GTZC1"),
    unmodelled(0x4003_3000, "GTZC1"),
    unmodelled(0x4003_3400, "GTZC1"),
    modelled(0x4202_0000, "GPIOA", Unit::Gpio(0), gate(AHB2ENR1, 0)),
    modelled(0x4202_0400, "GPIOB", Unit::Gpio(1), gate(AHB2ENR1, 1)),
    modelled(0x4202_0800, "GPIOC", Unit::Gpio(2), gate(AHB2ENR1, 2)),
    modelled(0x4202_0C00, "GPIOD", Unit::Gpio(3), gate(AHB2ENR1, 3)),
    modelled(0x4202_1000, "GPIOE", Unit::Gpio(4), gate(AHB2ENR1, 4)),
    modelled(0x4202_1400, "GPIOF", Unit::Gpio(5), gate(AHB2ENR1, 5)),
    modelled(0x4202_1800, "GPIOG", Unit::Gpio(6), gate(AHB2ENR1, 6)),
    modelled(0x4202_1C00, "GPIOH", Unit::Gpio(7), gate(AHB2ENR1, 7)),
    modelled(0x4202_2000, "GPIOI", Unit::Gpio(8), gate(AHB2ENR1, 8)),
    modelled(0x4202_8000, "ADC1", Unit::Adc(0), gate(AHB2ENR1, 10)),
    unmodelled(0x4202_C000, "DCMI"),
    unmodelled(0x4202_C400, "PSSI"),
    Entry {
        // GRSTCTL.AHBIDL.
        reset: &[(0x10, 0x8000_0000)],
        ..unmodelled(0x4204_0000, "OTG_FS")
    },
    unmodelled(0x4204_0400, "OTG_FS"),
    unmodelled(0x4204_0800, "OTG_FS"),
    unmodelled(0x4204_0C00, "OTG_FS"),
    unmodelled(0x420C_0400, "HASH"),
    modelled(0x420C_0800, "RNG", Unit::Rng, gate(AHB2ENR1, 18)),
    unmodelled(0x420C_4000, "OCTOSPIM"),
    unmodelled(0x420C_8000, "SDMMC1"),
    modelled(0x4600_0400, "SYSCFG", Unit::Syscfg, gate(APB3ENR, 1)),
    unmodelled(0x4600_2000, "SPI3"),
    modelled(0x4600_2400, "LPUART1", Unit::Usart(5), gate(APB3ENR, 6)),
    unmodelled(0x4600_2800, "I2C3"),
    unmodelled(0x4600_4400, "LPTIM1"),
    unmodelled(0x4600_5000, "OPAMP"),
    unmodelled(0x4600_5400, "COMP"),
    unmodelled(0x4600_7400, "VREFBUF"),
    unmodelled(0x4600_7800, "RTC"),
    unmodelled(0x4600_7C00, "TAMP"),
    unmodelled(0x4602_0000, "LPGPIO1"),
    modelled(0x4602_0800, "PWR", Unit::Pwr, gate(AHB3ENR, 2)),
    modelled(0x4602_0C00, "RCC", Unit::Rcc, None),
    modelled(0x4602_1000, "ADC4", Unit::Adc(1), gate(AHB3ENR, 5)),
    unmodelled(0x4602_1800, "DAC1"),
    modelled(0x4602_2000, "EXTI", Unit::Exti, None),
    unmodelled(0x4602_5000, "LPDMA1"),
];

/// Serial ports. The first is the one that a Nucleo's USB port shows.
pub(super) static SERIAL: [SerialLayout; 6] = [
    serial("USART1", false, 61),
    serial("USART2", false, 62),
    serial("USART3", false, 63),
    serial("UART4", false, 64),
    serial("UART5", false, 65),
    serial("LPUART1", true, 66),
];

/// Where the clock of each of [`SERIAL`] is chosen, and its bus.
pub(super) const SERIAL_CLOCKS: [((u32, u32), usize); 6] = [
    ((CCIPR1, 0), 1),
    ((CCIPR1, 2), 0),
    ((CCIPR1, 4), 0),
    ((CCIPR1, 6), 0),
    ((CCIPR1, 8), 0),
    ((CCIPR3, 0), 2),
];

/// TIM2 to TIM5 have 32 bits.
pub(super) static TIMERS: [TimerLayout; 6] = [
    TimerLayout::wide("TIM2", 45),
    TimerLayout::wide("TIM3", 46),
    TimerLayout::wide("TIM4", 47),
    TimerLayout::wide("TIM5", 48),
    TimerLayout::basic("TIM6", 49),
    TimerLayout::basic("TIM7", 50),
];
