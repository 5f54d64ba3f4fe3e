//! What the STM32G0B1 has of its own, register by register; what it shares with the STM32L4R5 is tested
//! there.

use crate::stm32::{COUNT, FLASH, handle, image, pass, read, reports, stand, write};
use tinybench_virtual_board::Machine;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};

const TIM2: u32 = 0x4000_0000;
const USART2: u32 = 0x4000_4400;
const PWR: u32 = 0x4000_7000;
const DBG: u32 = 0x4001_5800;
const RCC: u32 = 0x4002_1000;
const EXTI: u32 = 0x4002_1800;
const FLASH_CONTROLLER: u32 = 0x4002_2000;
const GPIOC: u32 = 0x5000_0800;

const IOPENR: u32 = RCC + 0x34;
const APBENR1: u32 = RCC + 0x3C;
const ACR: u32 = FLASH_CONTROLLER;
const KEYR: u32 = FLASH_CONTROLLER + 0x08;
const SR: u32 = FLASH_CONTROLLER + 0x10;
const CR: u32 = FLASH_CONTROLLER + 0x14;

/// A machine at a standstill, its core at a branch to itself.
fn machine() -> Machine {
    let mut machine = Machine::new("stm32g0b1").expect("there is such a chip");
    machine.write_bytes(FLASH, &image(0x2002_4000)).unwrap();
    stand(&mut machine);
    machine
}

/// A machine whose pins and peripherals of APB are all switched on.
fn switched_on() -> Machine {
    let mut machine = machine();
    for register in [IOPENR, APBENR1, RCC + 0x40] {
        write(&mut machine, register, u32::MAX);
    }
    machine
}

/// Has the PLL make 64 MHz.
fn run_at_64_mhz(machine: &mut Machine) {
    write(machine, RCC + 0x0C, 2 | 8 << 8 | 1 << 28 | 1 << 29);
    write(machine, RCC, 0x0100_0500);
    write(machine, RCC + 0x08, 2);
}

#[test]
fn the_clock_is_what_the_registers_say() {
    let mut machine = machine();
    assert_eq!(machine.clock_hz(), 16_000_000);
    assert_eq!(read(&mut machine, ACR), 0x0004_0600);
    write(&mut machine, ACR, 0x0004_0702);
    run_at_64_mhz(&mut machine);
    assert_eq!(machine.clock_hz(), 64_000_000);
    assert_eq!(read(&mut machine, RCC + 0x08), 2 | 2 << 3);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn a_clock_that_voltage_or_flash_cannot_follow_is_reported() {
    let mut machine = switched_on();
    write(&mut machine, PWR, 2 << 9);
    run_at_64_mhz(&mut machine);
    assert_eq!(
        reports(&machine),
        [
            "0 flash wait states at 16000000 Hz: 1 are needed",
            "0 flash wait states at 64000000 Hz: 1 are needed",
            "the core runs at 64000000 Hz: range 2 allows 16000000 Hz",
        ]
    );
}

#[test]
fn a_peripheral_works_once_the_rcc_has_switched_it_on() {
    let mut machine = machine();
    write(&mut machine, TIM2 + 0x2C, 5);
    assert_eq!(
        reports(&machine),
        ["TIM2 is used while its clock is off or it is held in reset"]
    );
    write(&mut machine, APBENR1, 1);
    write(&mut machine, TIM2 + 0x2C, 5);
    assert_eq!(read(&mut machine, TIM2 + 0x2C), 5);
    // Held in reset it forgets.
    write(&mut machine, RCC + 0x2C, 1);
    write(&mut machine, RCC + 0x2C, 0);
    assert_eq!(read(&mut machine, TIM2 + 0x2C), u32::MAX);
}

#[test]
fn tim2_counts_microseconds() {
    let mut machine = switched_on();
    write(&mut machine, ACR, 0x0004_0702);
    run_at_64_mhz(&mut machine);
    write(&mut machine, TIM2 + 0x28, 63);
    write(&mut machine, TIM2 + 0x14, 1);
    write(&mut machine, TIM2, 1);
    pass(&mut machine, 64 * 1_000);
    let counted = read(&mut machine, TIM2 + 0x24);
    assert!((1_000..1_002).contains(&counted), "{counted}");
}

#[test]
fn usart2_sends_and_raises_line_28_for_what_it_receives() {
    let mut machine = switched_on();
    assert_eq!(machine.serial_name(0), Some("USART2"));
    // 16 MHz / 139 is 115,108 baud; receiver, its interrupt, and transmitter.
    write(&mut machine, USART2 + 0x0C, 139);
    write(&mut machine, USART2, 1 | 1 << 2 | 1 << 3 | 1 << 5);
    assert_eq!(
        read(&mut machine, USART2 + 0x1C) >> 21 & 3,
        3,
        "TEACK, REACK"
    );
    write(&mut machine, USART2 + 0x28, u32::from(b'g'));
    pass(&mut machine, 10 * 139 - 100);
    assert_eq!(machine.serial_output(0), b"");
    pass(&mut machine, 200);
    assert_eq!(machine.serial_output(0), b"g");
    // The handler reads RDR, which makes room for the next byte.
    handle(&mut machine, 28, USART2 + 0x24, 0);
    machine.serial_input(0, b"ab");
    pass(&mut machine, 3 * 10 * 139);
    assert_eq!(read(&mut machine, COUNT), 2);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn edges_of_a_pin_are_pending_each_by_itself_until_they_are_cleared() {
    let mut machine = switched_on();
    // PC13 as an input, line 13 of port C, both edges.
    write(&mut machine, GPIOC, 0xF3FF_FFFF);
    write(&mut machine, EXTI + 0x6C, 2 << 8);
    write(&mut machine, EXTI, 1 << 13);
    write(&mut machine, EXTI + 0x04, 1 << 13);
    for (level, rising, falling) in [(true, 1, 0), (false, 1, 1)] {
        assert!(machine.drive_pin(32 + 13, Some(level)));
        assert_eq!(read(&mut machine, EXTI + 0x0C) >> 13, rising);
        assert_eq!(read(&mut machine, EXTI + 0x10) >> 13, falling);
    }
    write(&mut machine, EXTI + 0x10, 1 << 13);
    assert_eq!(read(&mut machine, EXTI + 0x10), 0);
    // What is pending reaches line 7 once the mask allows it.
    handle(&mut machine, 7, EXTI + 0x0C, 1 << 13);
    pass(&mut machine, 100);
    assert_eq!(read(&mut machine, COUNT), 0);
    write(&mut machine, EXTI + 0x80, 1 << 13);
    pass(&mut machine, 100);
    assert_eq!(read(&mut machine, COUNT), 1);
    assert_eq!(read(&mut machine, EXTI + 0x0C), 0);
    // By software.
    write(&mut machine, EXTI + 0x08, 1 << 13);
    pass(&mut machine, 100);
    assert_eq!(read(&mut machine, COUNT), 2);
}

#[test]
fn pages_of_both_banks_are_programmed_and_erased() {
    let mut machine = machine();
    write(&mut machine, KEYR, 0x4567_0123);
    write(&mut machine, KEYR, 0xCDEF_89AB);
    let second = FLASH + 0x4_0000;
    for page in [FLASH + 0x1000, second, second + 0x800] {
        write(&mut machine, CR, 1);
        write(&mut machine, page, 0x1234_5678);
        write(&mut machine, page + 4, 0x9ABC_DEF0);
        assert_eq!(read(&mut machine, page), 0x1234_5678);
    }
    // Page 1 of the second bank, which counts as 257.
    write(&mut machine, CR, 1 << 1 | 257 << 3 | 1 << 13 | 1 << 16);
    assert_eq!(read(&mut machine, second + 0x800), u32::MAX);
    assert_eq!(read(&mut machine, second), 0x1234_5678);
    // Page 2 of the first.
    write(&mut machine, CR, 1 << 1 | 2 << 3 | 1 << 16);
    assert_eq!(read(&mut machine, FLASH + 0x1000), u32::MAX);
    // The second bank alone.
    write(&mut machine, CR, 1 << 15 | 1 << 16);
    assert_eq!(read(&mut machine, second), u32::MAX);
    assert_ne!(read(&mut machine, FLASH), u32::MAX);
    assert_eq!(read(&mut machine, SR), 0);
    // A single word isn't programmed.
    write(&mut machine, CR, 1);
    write(&mut machine, second + 4, 0);
    assert_eq!(read(&mut machine, SR), 1 << 5, "PGAERR");
}

#[test]
fn the_debug_unit_is_among_the_peripherals() {
    let mut machine = machine();
    assert_eq!(read(&mut machine, DBG), 0);
    write(&mut machine, APBENR1, 1 << 27);
    assert_eq!(read(&mut machine, DBG) & 0xFFF, 0x467);
    write(&mut machine, DBG + 4, 6);
    assert_eq!(read(&mut machine, DBG + 4), 6);
    // The flash has 512 KB.
    assert_eq!(read(&mut machine, 0x1FFF_75E0) & 0xFFFF, 512);
}

#[test]
fn what_is_not_modelled_is_reported_once_and_nothing_is_a_bus_fault() {
    let mut machine = machine();
    for _ in 0..2 {
        assert_eq!(read(&mut machine, 0x4001_2400), 0);
    }
    assert_eq!(
        reports(&machine),
        ["ADC is not modelled: it reads as after a reset"]
    );
    // The chip has no random number generator.
    assert!(machine.debug_read(0x4002_5000, AccessSize::Word).is_err());
}
