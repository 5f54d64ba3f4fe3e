//! What the STM32U385 has of its own, register by register; what it shares with the STM32U575 is tested there.
//! The core stands still.

use crate::stm32::{FLASH, halted, read, reports, write};
use tinybench_virtual_board::Machine;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};

const FLASH_CONTROLLER: u32 = 0x4002_2000;
const USART1: u32 = 0x4001_3800;
const LPUART1: u32 = 0x4004_2400;
const ICACHE: u32 = 0x4003_0400;
const PWR: u32 = 0x4003_0800;
const RCC: u32 = 0x4003_0C00;

const VOSR: u32 = PWR + 0x0C;
const ICSCR1: u32 = RCC + 0x08;
const AHB1ENR2: u32 = RCC + 0x94;
const ACR: u32 = FLASH_CONTROLLER;
const KEYR: u32 = FLASH_CONTROLLER + 0x08;
const SR: u32 = FLASH_CONTROLLER + 0x20;
const CR: u32 = FLASH_CONTROLLER + 0x28;

fn machine() -> Machine {
    halted("stm32u385")
}

#[test]
fn the_clock_is_what_the_registers_say() {
    let mut machine = machine();
    assert_eq!(machine.clock_hz(), 12_000_000);
    write(&mut machine, ACR, 0x102);
    write(&mut machine, AHB1ENR2, 1 << 2);
    // Range 2 is there after reset; then the booster and range 1, at once.
    assert_eq!(read(&mut machine, VOSR), 0x0002_0002);
    write(&mut machine, VOSR, 1 << 8 | 1);
    assert_eq!(read(&mut machine, VOSR), 0x0101_0101);
    write(&mut machine, ICSCR1, 1 << 23);
    assert_eq!(machine.clock_hz(), 96_000_000);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn a_clock_that_voltage_or_flash_cannot_follow_is_reported() {
    let mut machine = machine();
    write(&mut machine, ICSCR1, 1 << 23);
    assert_eq!(
        reports(&machine),
        [
            "1 flash wait states at 96000000 Hz: 2 are needed",
            "the core runs at 96000000 Hz: range 2 without the booster allows 24000000 Hz"
        ]
    );
    // Fewer are enough at half of it in range 1, which is then no longer too slow either.
    let mut machine = self::machine();
    write(&mut machine, AHB1ENR2, 1 << 2);
    write(&mut machine, VOSR, 1 << 8 | 1);
    write(&mut machine, ICSCR1, 1 << 23 | 1 << 29);
    assert_eq!(machine.clock_hz(), 48_000_000);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn serial_ports_work_once_the_rcc_has_switched_them_on() {
    for (line, name, port, enable, bit) in [
        (0, "USART1", USART1, RCC + 0xA4, 14),
        (4, "LPUART1", LPUART1, RCC + 0xA8, 6),
    ] {
        let mut machine = machine();
        assert_eq!(machine.serial_name(line), Some(name));
        write(&mut machine, port + 0x0C, 0x345);
        assert_eq!(read(&mut machine, port + 0x0C), 0);
        write(&mut machine, enable, 1 << bit);
        write(&mut machine, port + 0x0C, 0x345);
        assert_eq!(read(&mut machine, port + 0x0C), 0x345);
        // Held in reset it forgets.
        write(&mut machine, enable - 0x28, 1 << bit);
        write(&mut machine, enable - 0x28, 0);
        assert_eq!(read(&mut machine, port + 0x0C), 0);
    }
}

#[test]
fn two_words_are_programmed_at_once_and_pages_of_both_banks_erased() {
    // By either address of the controller.
    for secure in [0, 0x1000_0000] {
        let mut machine = machine();
        write(&mut machine, KEYR + secure, 0x4567_0123);
        write(&mut machine, KEYR + secure, 0xCDEF_89AB);
        let second = FLASH + 0x8_0000;
        for page in [FLASH + 0x1000, second, second + 0x1000] {
            write(&mut machine, CR + secure, 1);
            write(&mut machine, page, 0x1234_0000);
            assert_eq!(read(&mut machine, page), u32::MAX, "not before the second");
            write(&mut machine, page + 4, 0x1234_0001);
            assert_eq!(read(&mut machine, page), 0x1234_0000);
        }
        // Page 1 of the second bank, page 1 of the first.
        write(
            &mut machine,
            CR + secure,
            1 << 1 | 1 << 3 | 1 << 11 | 1 << 16,
        );
        assert_eq!(read(&mut machine, second + 0x1000), u32::MAX);
        assert_eq!(read(&mut machine, second), 0x1234_0000);
        write(&mut machine, CR + secure, 1 << 1 | 1 << 3 | 1 << 16);
        assert_eq!(read(&mut machine, FLASH + 0x1000), u32::MAX);
        assert_eq!(read(&mut machine, SR), 0);
    }
}

#[test]
fn the_cache_is_invalidated_at_once() {
    let mut machine = machine();
    write(&mut machine, ICACHE, 2);
    assert_eq!(read(&mut machine, ICACHE), 0);
    assert_eq!(read(&mut machine, ICACHE + 4), 2, "BSYENDF");
    write(&mut machine, ICACHE, 1);
    assert_eq!(read(&mut machine, ICACHE), 1);
}

#[test]
fn who_the_chip_is_stands_where_debuggers_look_and_there_is_no_port_f() {
    let mut machine = machine();
    assert_eq!(read(&mut machine, 0xE004_4000) & 0xFFF, 0x454);
    assert_eq!(read(&mut machine, 0x0BFA_07A0) & 0xFFFF, 1024);
    assert!(machine.debug_read(0x4202_1400, AccessSize::Word).is_err());
    assert!(machine.drive_pin(4 * 16, Some(true)), "PE0");
    assert!(!machine.drive_pin(5 * 16, Some(true)), "PF0");
}
