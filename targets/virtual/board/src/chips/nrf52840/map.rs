//! Where the peripherals are, what they are called, and their interrupt lines (Product
//! Specification, 4.2.3 "Instantiation").

/// Page numbers of the peripherals: bits 12 to 19 of their addresses, and their interrupt lines.
pub(super) mod page {
    pub const CLOCK: u32 = 0x00;
    pub const UART0: u32 = 0x02;
    pub const GPIOTE: u32 = 0x06;
    pub const TIMER0: u32 = 0x08;
    pub const RTC0: u32 = 0x0B;
    pub const TEMP: u32 = 0x0C;
    pub const RNG: u32 = 0x0D;
    pub const WDT: u32 = 0x10;
    pub const RTC1: u32 = 0x11;
    pub const EGU0: u32 = 0x14;
    pub const EGU5: u32 = 0x19;
    pub const TIMER3: u32 = 0x1A;
    pub const TIMER4: u32 = 0x1B;
    pub const PWM0: u32 = 0x1C;
    pub const NVMC: u32 = 0x1E;
    pub const PPI: u32 = 0x1F;
    pub const PWM1: u32 = 0x21;
    pub const PWM2: u32 = 0x22;
    pub const RTC2: u32 = 0x24;
    pub const UART1: u32 = 0x28;
    pub const PWM3: u32 = 0x2D;
}

/// The pages of what is modelled with tasks and events.
pub(super) const PAGES: [u32; 25] = [
    page::CLOCK,
    page::UART0,
    page::GPIOTE,
    page::TIMER0,
    page::TIMER0 + 1,
    page::TIMER0 + 2,
    page::RTC0,
    page::TEMP,
    page::RNG,
    page::WDT,
    page::RTC1,
    page::EGU0,
    page::EGU0 + 1,
    page::EGU0 + 2,
    page::EGU0 + 3,
    page::EGU0 + 4,
    page::EGU5,
    page::TIMER3,
    page::TIMER4,
    page::PWM0,
    page::PWM1,
    page::PWM2,
    page::RTC2,
    page::UART1,
    page::PWM3,
];

/// Names of the peripherals on the APB pages (Product Specification, 4.2.3 "Instantiation").
const NAMES: [&str; 0x30] = [
    "CLOCK/POWER",
    "RADIO",
    "UARTE0/UART0",
    "SPIM0/TWIM0",
    "SPIM1/TWIM1",
    "NFCT",
    "GPIOTE",
    "SAADC",
    "TIMER0",
    "TIMER1",
    "TIMER2",
    "RTC0",
    "TEMP",
    "RNG",
    "ECB",
    "AAR/CCM",
    "WDT",
    "RTC1",
    "QDEC",
    "COMP/LPCOMP",
    "EGU0",
    "EGU1",
    "EGU2",
    "EGU3",
    "EGU4",
    "EGU5",
    "TIMER3",
    "TIMER4",
    "PWM0",
    "PDM",
    "NVMC/ACL",
    "PPI",
    "MWU",
    "PWM1",
    "PWM2",
    "SPIM2",
    "RTC2",
    "I2S",
    "FPU",
    "USBD",
    "UARTE1",
    "QSPI",
    "",
    "",
    "",
    "PWM3",
    "",
    "SPIM3",
];

/// First addresses of the peripherals' pages, of the pins, and of the CryptoCell.
pub(super) const APB: u32 = 0x4000_0000;
const GPIO: u32 = 0x5000_0000;
const CRYPTOCELL: [u32; 2] = [0x5002_A000, 0x5002_B000];

/// The name of the peripheral on an APB page; `None` where there is none.
pub(super) fn name(page: u32) -> Option<&'static str> {
    NAMES
        .get(page as usize)
        .copied()
        .filter(|name| !name.is_empty())
}

/// Where an address leads.
pub(super) enum Place {
    Ficr,
    Uicr,
    Gpio,
    Nvmc,
    Ppi,
    /// A peripheral with tasks and events.
    Modelled(u32),
    /// A peripheral that isn't modelled.
    Unmodelled(&'static str),
}

pub(super) fn place(address: u32) -> Option<Place> {
    let start = address & !0xFFF;
    Some(match start {
        0x1000_0000 => Place::Ficr,
        0x1000_1000 => Place::Uicr,
        GPIO => Place::Gpio,
        _ if CRYPTOCELL.contains(&start) => Place::Unmodelled("CryptoCell"),
        _ => {
            let number = start.checked_sub(APB)? >> 12;
            let name = name(number)?;
            match number {
                page::NVMC => Place::Nvmc,
                page::PPI => Place::Ppi,
                _ if PAGES.contains(&number) => Place::Modelled(number),
                _ => Place::Unmodelled(name),
            }
        }
    })
}
