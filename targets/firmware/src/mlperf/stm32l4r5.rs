//! STM32L4R5: LPUART1 and TIM5 (reference manual RM0432, chapters 6, 8, 38 and 51), both clocked with
//! the core's 120 MHz. The pins are those of the serial port of a Nucleo-144, TX on PG7 and RX on PG8.

const RCC_AHB2ENR: usize = 0x4002_104C;
const RCC_APB1ENR1: usize = 0x4002_1058;
const RCC_APB1ENR2: usize = 0x4002_105C;
const PWR_CR2: usize = 0x4000_7004;
const GPIOG: usize = 0x4800_1800;
const MODER: usize = GPIOG;
const AFRL: usize = GPIOG + 0x20;
const AFRH: usize = GPIOG + 0x24;
const LPUART1: usize = 0x4000_8000;
const CR1: usize = LPUART1;
const BRR: usize = LPUART1 + 0x0C;
const ISR: usize = LPUART1 + 0x1C;
const RDR: usize = LPUART1 + 0x24;
const TDR: usize = LPUART1 + 0x28;
const TIM5: usize = 0x4000_0C00;
const TIM_CR1: usize = TIM5;
const TIM_EGR: usize = TIM5 + 0x14;
const TIM_CNT: usize = TIM5 + 0x24;
const TIM_PSC: usize = TIM5 + 0x28;

const GPIOGEN: u32 = 1 << 6;
const TIM5EN: u32 = 1 << 3;
const PWREN: u32 = 1 << 28;
const LPUART1EN: u32 = 1;
/// The supply of port G's upper half is there.
const IOSV: u32 = 1 << 9;
const ENABLE_RX_TX: u32 = 1 | 1 << 2 | 1 << 3;
const RXNE: u32 = 1 << 5;
const TXE: u32 = 1 << 7;

const CLOCK_HZ: u64 = 120_000_000;
const BAUD: u64 = 115_200;

fn read(register: usize) -> u32 {
    // SAFETY: a register of the chip. Reading RDR takes a byte, which is wanted.
    unsafe { (register as *const u32).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of a peripheral that has no access to memory.
    unsafe { (register as *mut u32).write_volatile(value) }
}

fn change(register: usize, clear: u32, set: u32) {
    write(register, read(register) & !clear | set);
}

/// Sets UART and timer up and starts them. The core's clock has been.
pub fn configure() {
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
    write(BRR, (256 * CLOCK_HZ / BAUD) as u32);
    write(CR1, ENABLE_RX_TX);
    write(TIM_PSC, (CLOCK_HZ / 1_000_000 - 1) as u32);
    // An update, by which the prescaler takes effect.
    write(TIM_EGR, 1);
    write(TIM_CR1, 1);
}

/// Waits for a byte.
pub fn receive() -> u8 {
    while read(ISR) & RXNE == 0 {}
    read(RDR) as u8
}

/// Sends a byte, once there is room for it.
pub fn send(byte: u8) {
    while read(ISR) & TXE == 0 {}
    write(TDR, byte.into());
}

/// Microseconds since [`configure`], modulo 2^32.
pub fn now_us() -> u32 {
    read(TIM_CNT)
}
