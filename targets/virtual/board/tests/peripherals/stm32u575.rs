//! What the STM32U575 has of its own, register by register; what it shares with the STM32L4R5 is tested there.
//! The core stands still.

use crate::stm32::{FLASH, halted, read, reports, write};
use tinybench_virtual_board::Machine;

const FLASH_CONTROLLER: u32 = 0x4002_2000;
const USART1: u32 = 0x4001_3800;
const ICACHE: u32 = 0x4003_0400;
const GPIOC: u32 = 0x4202_0800;
const ADC1: u32 = 0x4202_8000;
const PWR: u32 = 0x4602_0800;
const RCC: u32 = 0x4602_0C00;
const EXTI: u32 = 0x4602_2000;

const AHB3ENR: u32 = RCC + 0x94;
const ACR: u32 = FLASH_CONTROLLER;
const KEYR: u32 = FLASH_CONTROLLER + 0x08;
const SR: u32 = FLASH_CONTROLLER + 0x20;
const CR: u32 = FLASH_CONTROLLER + 0x28;

fn machine() -> Machine {
    halted("stm32u575")
}

/// Has PLL1 make 160 MHz of the internal oscillator.
fn run_at_160_mhz(machine: &mut Machine) {
    write(machine, RCC + 0x28, 1 | 1 << 18);
    write(machine, RCC + 0x34, 79 | 1 << 24);
    write(machine, RCC, 0x0100_0035);
    write(machine, RCC + 0x1C, 3);
}

#[test]
fn the_clock_is_what_the_registers_say() {
    let mut machine = machine();
    assert_eq!(machine.clock_hz(), 4_000_000);
    write(&mut machine, ACR, 0x104);
    write(&mut machine, AHB3ENR, 1 << 2);
    // Range 1 with the booster, which are there at once.
    write(&mut machine, PWR + 0x0C, 3 << 16 | 1 << 18);
    assert_eq!(read(&mut machine, PWR + 0x0C) >> 14 & 3, 3);
    run_at_160_mhz(&mut machine);
    assert_eq!(machine.clock_hz(), 160_000_000);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn a_clock_that_voltage_or_flash_cannot_follow_is_reported() {
    let mut machine = machine();
    run_at_160_mhz(&mut machine);
    assert_eq!(
        reports(&machine),
        ["the core runs at 160000000 Hz: range 4 allows 25000000 Hz"]
    );
    // Without the booster range 1 isn't enough either.
    write(&mut machine, AHB3ENR, 1 << 2);
    write(&mut machine, PWR + 0x0C, 3 << 16);
    assert_eq!(
        reports(&machine),
        [
            "1 flash wait states at 160000000 Hz: 4 are needed",
            "the core runs at 160000000 Hz: range 1 without the booster allows 55000000 Hz",
            "the core runs at 160000000 Hz: range 4 allows 25000000 Hz",
        ]
    );
    // With enough of both nothing is told of the same clock.
    let mut machine = self::machine();
    write(&mut machine, ACR, 4);
    write(&mut machine, AHB3ENR, 1 << 2);
    write(&mut machine, PWR + 0x0C, 3 << 16 | 1 << 18);
    run_at_160_mhz(&mut machine);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn a_serial_port_works_once_the_rcc_has_switched_it_on() {
    let mut machine = machine();
    assert_eq!(machine.serial_name(0), Some("USART1"));
    write(&mut machine, USART1 + 0x0C, 35);
    assert_eq!(read(&mut machine, USART1 + 0x0C), 0);
    assert_eq!(
        reports(&machine),
        ["USART1 is used while its clock is off or it is held in reset"]
    );
    write(&mut machine, RCC + 0xA4, 1 << 14);
    write(&mut machine, USART1 + 0x0C, 35);
    assert_eq!(read(&mut machine, USART1 + 0x0C), 35);
    // Held in reset it forgets.
    write(&mut machine, RCC + 0x7C, 1 << 14);
    write(&mut machine, RCC + 0x7C, 0);
    assert_eq!(read(&mut machine, USART1 + 0x0C), 0);
}

#[test]
fn four_words_are_programmed_at_once_and_pages_of_both_banks_erased() {
    let mut machine = machine();
    write(&mut machine, KEYR, 0x4567_0123);
    write(&mut machine, KEYR, 0xCDEF_89AB);
    let second = FLASH + 0x10_0000;
    for page in [FLASH + 0x2000, second, second + 0x2000] {
        write(&mut machine, CR, 1);
        for word in 0..4 {
            assert_eq!(read(&mut machine, page), u32::MAX, "not before the last");
            write(&mut machine, page + 4 * word, 0x1234_0000 | word);
        }
        assert_eq!(read(&mut machine, page + 8), 0x1234_0002);
    }
    // Page 1 of the second bank, page 1 of the first.
    write(&mut machine, CR, 1 << 1 | 1 << 3 | 1 << 11 | 1 << 16);
    assert_eq!(read(&mut machine, second + 0x2000), u32::MAX);
    assert_eq!(read(&mut machine, second), 0x1234_0000);
    write(&mut machine, CR, 1 << 1 | 1 << 3 | 1 << 16);
    assert_eq!(read(&mut machine, FLASH + 0x2000), u32::MAX);
    // The second bank alone.
    write(&mut machine, CR, 1 << 15 | 1 << 16);
    assert_eq!(read(&mut machine, second), u32::MAX);
    assert_eq!(read(&mut machine, SR), 0);
}

#[test]
fn the_cache_is_invalidated_and_the_converter_ready_at_once() {
    let mut machine = machine();
    write(&mut machine, ICACHE, 2);
    assert_eq!(read(&mut machine, ICACHE), 0);
    assert_eq!(read(&mut machine, ICACHE + 4), 2, "BSYENDF");
    write(&mut machine, ICACHE + 0x0C, 2);
    assert_eq!(read(&mut machine, ICACHE + 4), 0);
    write(&mut machine, ICACHE, 1);
    assert_eq!(read(&mut machine, ICACHE), 1);

    write(&mut machine, RCC + 0x8C, 1 << 10);
    write(&mut machine, ADC1 + 8, 1 << 28);
    assert_eq!(read(&mut machine, ADC1), 1 << 12, "LDORDY");
    write(&mut machine, ADC1 + 8, 1 << 28 | 1 << 31);
    assert_eq!(read(&mut machine, ADC1 + 8), 1 << 28, "it is calibrated");
    write(&mut machine, ADC1 + 8, 1 << 28 | 1);
    assert_eq!(read(&mut machine, ADC1) & 1, 1, "ADRDY");
    write(&mut machine, ADC1 + 8, 1 << 28 | 1 | 1 << 1);
    assert_eq!(read(&mut machine, ADC1 + 8), 1 << 28, "it is off again");
}

#[test]
fn each_pin_has_an_interrupt_line_of_its_own() {
    let mut machine = machine();
    write(&mut machine, RCC + 0x8C, 1 << 2);
    // PC13 as an input, line 13 of port C, rising.
    write(&mut machine, GPIOC, 0xF3FF_FFFF);
    write(&mut machine, EXTI + 0x6C, 2 << 8);
    write(&mut machine, EXTI, 1 << 13);
    write(&mut machine, EXTI + 0x80, 1 << 13);
    assert!(machine.drive_pin(32 + 13, Some(true)));
    assert_eq!(read(&mut machine, EXTI + 0x0C), 1 << 13);
    // ISPR of line 24.
    assert_eq!(read(&mut machine, 0xE000_E200), 1 << 24);
}

#[test]
fn who_the_chip_is_stands_where_debuggers_look() {
    let mut machine = machine();
    assert_eq!(read(&mut machine, 0xE004_4000) & 0xFFF, 0x482);
    write(&mut machine, 0xE004_4004, 6);
    assert_eq!(read(&mut machine, 0xE004_4004), 6);
    assert_eq!(read(&mut machine, 0x0BFA_07A0) & 0xFFFF, 2048);
    // The USB's core is idle, as after a reset, and not modelled.
    assert_eq!(read(&mut machine, 0x4204_0010), 0x8000_0000);
    assert_eq!(
        reports(&machine),
        ["OTG_FS is not modelled: it reads as after a reset"]
    );
}
