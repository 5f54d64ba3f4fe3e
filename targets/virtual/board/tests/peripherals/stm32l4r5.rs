//! The STM32L4R5's peripherals, register by register.

#[path = "../support/stm32l4r5.rs"]
mod support;

use crate::stm32::{COUNT, handle, image, pass, read, reports, stand};
use support::*;
use tinybench_virtual_board::Machine;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};

const TIM2: u32 = 0x4000_0000;
const TIM5: u32 = 0x4000_0C00;
const TIM6: u32 = 0x4000_1000;
const WWDG: u32 = 0x4000_2C00;
const IWDG: u32 = 0x4000_3000;
const USART2: u32 = 0x4000_4400;
const PWR: u32 = 0x4000_7000;
const LPUART1: u32 = 0x4000_8000;
const SYSCFG: u32 = 0x4001_0000;
const EXTI: u32 = 0x4001_0400;
const RCC: u32 = 0x4002_1000;
const CRC: u32 = 0x4002_3000;
const GPIOA: u32 = 0x4800_0000;
const GPIOC: u32 = 0x4800_0800;
const RNG: u32 = 0x5006_0800;

/// Registers of the flash controller.
const ACR: u32 = FLASH_CONTROLLER;
const KEYR: u32 = FLASH_CONTROLLER + 0x08;
const SR: u32 = FLASH_CONTROLLER + 0x10;
const CR: u32 = FLASH_CONTROLLER + 0x14;
const OPTR: u32 = FLASH_CONTROLLER + 0x20;

/// A machine at a standstill, its core at a branch to itself.
fn machine() -> Machine {
    let mut machine = blank();
    program(&mut machine, &image(0x2003_0000));
    stand(&mut machine);
    machine
}

/// A machine whose AHB2 and APB peripherals are all switched on.
fn switched_on() -> Machine {
    let mut machine = machine();
    for register in [0x48, 0x4C, 0x58, 0x5C, 0x60] {
        write(&mut machine, RCC + register, u32::MAX);
    }
    machine
}

fn handled(machine: &mut Machine) -> u32 {
    read(machine, COUNT)
}

/// Sets the core to 120 MHz, as the reference manual says.
fn run_at_120_mhz(machine: &mut Machine) {
    write(machine, ACR, 0x705);
    write(machine, RCC + 0x58, 1 << 28);
    write(machine, PWR + 0x80, 0);
    write(machine, RCC + 0x0C, 1 | 60 << 8 | 1 << 24);
    write(machine, RCC, 0x0100_0063);
    write(machine, RCC + 0x08, 3);
}

#[test]
fn the_clock_is_what_the_registers_say() {
    let mut machine = machine();
    assert_eq!(machine.clock_hz(), 4_000_000);
    run_at_120_mhz(&mut machine);
    assert_eq!(machine.clock_hz(), 120_000_000);
    assert_eq!(read(&mut machine, RCC + 0x08) & 0xF, 0xF);
    // The core at half of that.
    write(&mut machine, RCC + 0x08, 3 | 8 << 4);
    assert_eq!(machine.clock_hz(), 60_000_000);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn a_clock_that_voltage_or_flash_cannot_follow_is_reported() {
    let mut machine = machine();
    write(&mut machine, RCC + 0x0C, 1 | 60 << 8 | 1 << 24);
    write(&mut machine, RCC, 0x0100_0063);
    write(&mut machine, RCC + 0x08, 3);
    assert_eq!(
        reports(&machine),
        [
            "0 flash wait states at 120000000 Hz: 5 are needed",
            "the core runs at 120000000 Hz: range 1 without boost allows 80000000 Hz",
        ]
    );
}

#[test]
fn a_peripheral_works_once_the_rcc_has_switched_it_on() {
    let mut machine = machine();
    write(&mut machine, TIM2 + 0x2C, 5);
    assert_eq!(read(&mut machine, TIM2 + 0x2C), 0);
    assert_eq!(
        reports(&machine),
        ["TIM2 is used while its clock is off or it is held in reset"]
    );
    write(&mut machine, RCC + 0x58, 1);
    write(&mut machine, TIM2 + 0x2C, 5);
    assert_eq!(read(&mut machine, TIM2 + 0x2C), 5);
    // Held in reset it forgets.
    write(&mut machine, RCC + 0x38, 1);
    write(&mut machine, RCC + 0x38, 0);
    assert_eq!(read(&mut machine, TIM2 + 0x2C), u32::MAX);
}

#[test]
fn what_is_not_modelled_is_reported_once_and_nothing_is_a_bus_fault() {
    let mut machine = machine();
    for _ in 0..2 {
        assert_eq!(read(&mut machine, 0x4000_5400), 0);
        write(&mut machine, 0x4000_5400, 1);
    }
    write(&mut machine, RCC + 0xF0, 1);
    assert_eq!(
        reports(&machine),
        [
            "I2C1 is not modelled: it reads as after a reset",
            "register 0x0f0 of RCC is not modelled",
        ]
    );
    machine
        .debug_read(0x4002_8000, AccessSize::Word)
        .expect_err("nothing is there");
}

#[test]
fn flash_is_programmed_by_double_words_once() {
    let mut machine = machine();
    let at = FLASH + 0x1000;
    begin_programming(&mut machine);
    write(&mut machine, at, 0x1111_1111);
    assert_eq!(read(&mut machine, at), u32::MAX, "half of it does nothing");
    write(&mut machine, at + 4, 0x2222_2222);
    assert_eq!(read(&mut machine, at), 0x1111_1111);
    assert_eq!(read(&mut machine, at + 4), 0x2222_2222);
    // It also is at address 0, from where the core boots.
    assert_eq!(read(&mut machine, 0x1004), 0x2222_2222);

    // PROGERR: not erased.
    write(&mut machine, at, 0x1111_0000);
    write(&mut machine, at + 4, 0);
    assert_eq!(read(&mut machine, SR), 1 << 3);
    assert_eq!(read(&mut machine, at), 0x1111_1111);
    // With an error flag nothing goes on: PGSERR.
    write(&mut machine, at + 8, 0);
    assert_eq!(read(&mut machine, SR), 1 << 3 | 1 << 7);
    write(&mut machine, SR, u32::MAX);
    assert_eq!(read(&mut machine, SR), 0);
    // Zeros can be written over anything.
    write(&mut machine, at, 0);
    write(&mut machine, at + 4, 0);
    assert_eq!((read(&mut machine, at), read(&mut machine, SR)), (0, 0));
}

#[test]
fn programming_errors_have_their_flags() {
    type Case = (&'static str, u32, fn(&mut Machine));
    let cases: [Case; 4] = [
        ("PGSERR: locked", 1 << 7, |machine| {
            write(machine, CR, 1 << 31);
            write(machine, FLASH + 0x1000, 0);
        }),
        ("SIZERR: a half-word", 1 << 6, |machine| {
            machine
                .debug_write(FLASH + 0x1000, AccessSize::HalfWord, 0)
                .expect("the flag is the answer");
        }),
        ("PGAERR: begins in the middle", 1 << 5, |machine| {
            write(machine, FLASH + 0x1004, 0);
        }),
        ("PGAERR: ends elsewhere", 1 << 5, |machine| {
            write(machine, FLASH + 0x1000, 0);
            write(machine, FLASH + 0x100C, 0);
        }),
    ];
    for (case, flag, act) in cases {
        let mut machine = machine();
        begin_programming(&mut machine);
        act(&mut machine);
        assert_eq!(read(&mut machine, SR), flag, "{case}");
        assert_eq!(read(&mut machine, FLASH + 0x1000), u32::MAX, "{case}");
    }
}

#[test]
fn a_wrong_key_locks_the_flash_until_reset() {
    let mut machine = machine();
    machine
        .debug_write(KEYR, AccessSize::Word, 0xCDEF_89AB)
        .expect_err("that is the second key");
    machine
        .debug_write(KEYR, AccessSize::Word, 0x4567_0123)
        .expect_err("too late");
    assert_eq!(read(&mut machine, CR) >> 31, 1);
    machine.reset();
    begin_programming(&mut machine);
    assert_eq!(read(&mut machine, CR) >> 31, 0);
}

#[test]
fn pages_and_banks_are_erased() {
    // Bank mode, what is written to CR, first and last byte that are erased.
    let cases: [(bool, u32, u32, u32); 6] = [
        (true, 1 << 1 | 2 << 3, 0x2000, 0x2FFF),
        (true, 1 << 1 | 2 << 3 | 1 << 11, 0x10_2000, 0x10_2FFF),
        (false, 1 << 1 | 2 << 3, 0x4000, 0x5FFF),
        (true, 1 << 2, 0, 0xF_FFFF),
        (true, 1 << 15, 0x10_0000, 0x1F_FFFF),
        (false, 1 << 2 | 1 << 15, 0, 0x1F_FFFF),
    ];
    for (dual_bank, control, first, last) in cases {
        let mut machine = blank();
        assert!(machine.set_dual_bank(dual_bank));
        assert_eq!(read(&mut machine, OPTR) >> 22 & 1, u32::from(dual_bank));
        begin_programming(&mut machine);
        let ends = [first, last & !7];
        let around = [first.wrapping_sub(8), (last & !7) + 8];
        let within = |at: u32| at < 0x20_0000;
        for at in ends.into_iter().chain(around).filter(|&at| within(at)) {
            write(&mut machine, FLASH + at, 0);
            write(&mut machine, FLASH + at + 4, 0);
        }
        write(&mut machine, CR, control | 1 << 16);
        assert_eq!(read(&mut machine, SR), 0, "{control:#x}");
        for at in ends {
            assert_eq!(read(&mut machine, FLASH + at), u32::MAX, "{control:#x}");
        }
        for at in around.into_iter().filter(|&at| within(at)) {
            assert_eq!(read(&mut machine, FLASH + at), 0, "{control:#x} {at:#x}");
        }
    }
}

#[test]
fn option_bytes_are_loaded_with_a_reset() {
    let mut machine = machine();
    begin_programming(&mut machine);
    write(&mut machine, FLASH_CONTROLLER + 0x0C, 0x0819_2A3B);
    write(&mut machine, FLASH_CONTROLLER + 0x0C, 0x4C5D_6E7F);
    // One bank, and pages 4 to 5 protected.
    let options = read(&mut machine, OPTR) & !(1 << 22);
    write(&mut machine, OPTR, options);
    write(&mut machine, FLASH_CONTROLLER + 0x2C, 0xFF05_FF04);
    write(&mut machine, CR, 1 << 17);
    write(&mut machine, CR, 1 << 27);
    pass(&mut machine, 10);
    assert_eq!(read(&mut machine, OPTR), options);
    assert_eq!(read(&mut machine, 0x1FF0_0000), options);
    assert_eq!(read(&mut machine, 0x1FF0_0004), !options);
    assert_eq!(read(&mut machine, RCC + 0x94) >> 25 & 1, 1, "OBLRSTF");

    // WRPERR, for pages of 8 KiB.
    begin_programming(&mut machine);
    for (at, flags) in [(0x7FF8, 0), (0x8000, 1 << 4), (0xBFF8, 1 << 4), (0xC000, 0)] {
        write(&mut machine, FLASH + at, 0);
        write(&mut machine, FLASH + at + 4, 0);
        assert_eq!(read(&mut machine, SR), flags, "{at:#x}");
        write(&mut machine, SR, u32::MAX);
    }
}

#[test]
fn erasing_takes_its_time_if_asked_to() {
    let mut machine = machine();
    run_at_120_mhz(&mut machine);
    machine.set_flash_takes_time(true);
    // The core erases: `str r1, [r0]` at the branch to itself.
    begin_programming(&mut machine);
    write(&mut machine, CR, 1 << 1 | 9 << 3);
    let store = 0x2000_0000;
    write(&mut machine, store, 0xE7FE_6001);
    machine.set_register(0, CR);
    machine.set_register(1, 1 << 1 | 9 << 3 | 1 << 16);
    machine.set_register(15, store);
    let before = machine.cycles();
    pass(&mut machine, 2);
    // 22.02 ms at 120 MHz.
    let passed = machine.cycles() - before;
    assert!((2_642_400..2_642_410).contains(&passed), "{passed}");
}

#[test]
fn a_byte_leaves_a_uart_after_its_frame() {
    // The LPUART divides 256 times its clock, a USART its clock: 115,200 baud of 4 MHz.
    for (uart, line, divider, cycles) in [(LPUART1, 0, 8889, 347), (USART2, 2, 35, 350)] {
        let mut machine = switched_on();
        write(&mut machine, uart + 0x0C, divider);
        write(&mut machine, uart, 1 | 1 << 3);
        assert_eq!(read(&mut machine, uart + 0x1C) & 0xC0, 0xC0, "TXE, TC");
        write(&mut machine, uart + 0x28, 0x41);
        write(&mut machine, uart + 0x28, 0x42);
        assert_eq!(read(&mut machine, uart + 0x1C) & 0xC0, 0, "one waits");
        pass(&mut machine, cycles - 2);
        assert_eq!(machine.serial_output(line), b"");
        pass(&mut machine, 2);
        assert_eq!(machine.serial_output(line), b"A");
        assert_eq!(read(&mut machine, uart + 0x1C) & 0xC0, 0x80, "TXE");
        pass(&mut machine, cycles);
        assert_eq!(machine.serial_output(line), b"B");
        assert_eq!(read(&mut machine, uart + 0x1C) & 0xC0, 0xC0);
    }
}

#[test]
fn a_byte_on_its_way_keeps_its_time_when_the_clock_changes() {
    let mut machine = switched_on();
    // From HSI16, whatever the core does.
    write(&mut machine, RCC, 0x163);
    write(&mut machine, RCC + 0x88, 2 << 10);
    write(&mut machine, LPUART1 + 0x0C, 256 * 16_000_000 / 115_200);
    write(&mut machine, LPUART1, 1 | 1 << 3);
    write(&mut machine, LPUART1 + 0x28, 0x41);
    // A fifth of the frame's 347 cycles at 4 MHz, the rest at 120 MHz.
    pass(&mut machine, 69);
    run_at_120_mhz(&mut machine);
    write(&mut machine, RCC, 0x0100_0163);
    pass(&mut machine, 278 * 30 - 60);
    assert_eq!(machine.serial_output(0), b"");
    pass(&mut machine, 120);
    assert_eq!(machine.serial_output(0), b"A");
}

#[test]
fn received_bytes_interrupt_and_wait_their_turn() {
    let mut machine = switched_on();
    write(&mut machine, LPUART1 + 0x0C, 8889);
    write(&mut machine, LPUART1, 1 | 1 << 2 | 1 << 5);
    assert!(machine.serial_input(0, b"xyz"));
    // The handler reads RDR: it writes there, which does nothing, and reads it back.
    handle(&mut machine, 70, LPUART1 + 0x24, 0);
    pass(&mut machine, 340);
    assert_eq!(handled(&mut machine), 0);
    pass(&mut machine, 40);
    assert_eq!(handled(&mut machine), 1);
    pass(&mut machine, 2 * 400);
    assert_eq!(handled(&mut machine), 3);
    assert_eq!(machine.serial_waiting(0), 0);
    // IDLE, a frame after the last byte.
    pass(&mut machine, 400);
    assert_eq!(read(&mut machine, LPUART1 + 0x1C) & 0x30, 0x10);
    write(&mut machine, LPUART1 + 0x20, 0x10);
    assert_eq!(read(&mut machine, LPUART1 + 0x1C) & 0x30, 0);
}

#[test]
fn a_fifo_holds_eight_bytes() {
    let mut machine = switched_on();
    write(&mut machine, USART2 + 0x0C, 35);
    write(&mut machine, USART2, 1 | 1 << 2 | 1 << 29);
    assert!(machine.serial_input(2, b"0123456789"));
    pass(&mut machine, 12 * 350);
    assert_eq!(machine.serial_waiting(2), 2, "held back");
    assert_eq!(read(&mut machine, USART2 + 0x1C) >> 24 & 1, 1, "RXFF");
    let received: Vec<_> = (0..8).map(|_| read(&mut machine, USART2 + 0x24)).collect();
    assert_eq!(received, (0x30..0x38).collect::<Vec<_>>());
    assert_eq!(read(&mut machine, USART2 + 0x1C) & 0x20, 0);
}

#[test]
fn a_timer_counts_its_clock() {
    let mut machine = switched_on();
    // Microseconds: a quarter of 4 MHz. The prescaler is taken over by an update.
    write(&mut machine, TIM5 + 0x28, 3);
    write(&mut machine, TIM5 + 0x14, 1);
    assert_eq!(read(&mut machine, TIM5 + 0x10), 1, "UIF");
    write(&mut machine, TIM5 + 0x10, 0);
    write(&mut machine, TIM5, 1);
    pass(&mut machine, 4_000);
    assert_eq!(read(&mut machine, TIM5 + 0x24), 1_000);
    // Backwards.
    write(&mut machine, TIM5, 1 | 1 << 4);
    pass(&mut machine, 400);
    assert_eq!(read(&mut machine, TIM5 + 0x24), 900);
    // Standing still.
    write(&mut machine, TIM5, 0);
    pass(&mut machine, 400);
    assert_eq!(read(&mut machine, TIM5 + 0x24), 900);
}

#[test]
fn a_timers_clock_follows_the_bus() {
    let mut machine = switched_on();
    run_at_120_mhz(&mut machine);
    write(&mut machine, RCC + 0x58, u32::MAX);
    write(&mut machine, TIM2, 1);
    pass(&mut machine, 100);
    assert_eq!(read(&mut machine, TIM2 + 0x24), 100);
    // APB1 at a quarter: its timers at half.
    write(&mut machine, RCC + 0x08, 3 | 5 << 8);
    pass(&mut machine, 100);
    assert_eq!(read(&mut machine, TIM2 + 0x24), 150);
}

#[test]
fn updates_and_compares_interrupt() {
    // Every 100 cycles.
    let mut machine = switched_on();
    write(&mut machine, TIM6 + 0x2C, 99);
    write(&mut machine, TIM6 + 0x0C, 1);
    write(&mut machine, TIM6, 1);
    handle(&mut machine, 54, TIM6 + 0x10, 0);
    pass(&mut machine, 1_050);
    assert_eq!(handled(&mut machine), 10);

    // Once each time round.
    let mut machine = switched_on();
    write(&mut machine, TIM2 + 0x2C, 999);
    write(&mut machine, TIM2 + 0x38, 300);
    write(&mut machine, TIM2 + 0x0C, 1 << 2);
    write(&mut machine, TIM2, 1);
    handle(&mut machine, 28, TIM2 + 0x10, 0);
    pass(&mut machine, 290);
    assert_eq!(handled(&mut machine), 0);
    pass(&mut machine, 3_000);
    assert_eq!(handled(&mut machine), 3);
    assert_eq!(reports(&machine), [""; 0]);
}

#[test]
fn one_pulse_stops_and_preloaded_values_wait() {
    let mut machine = switched_on();
    // ARPE and OPM: 50 counts, although 10 is written.
    write(&mut machine, TIM6 + 0x2C, 49);
    write(&mut machine, TIM6, 1 << 7 | 1 << 3);
    write(&mut machine, TIM6 + 0x2C, 9);
    write(&mut machine, TIM6, 1 << 7 | 1 << 3 | 1);
    pass(&mut machine, 45);
    assert_eq!(read(&mut machine, TIM6 + 0x10), 0);
    pass(&mut machine, 10);
    assert_eq!(read(&mut machine, TIM6 + 0x10), 1);
    assert_eq!(read(&mut machine, TIM6) & 1, 0);
}

#[test]
fn pins_drive_and_are_driven() {
    let mut machine = switched_on();
    assert_eq!(machine.pin(5), None);
    // PA5 an output.
    let mode = read(&mut machine, GPIOA) & !(3 << 10) | 1 << 10;
    write(&mut machine, GPIOA, mode);
    write(&mut machine, GPIOA + 0x18, 1 << 5);
    assert_eq!(machine.pin(5), Some(true));
    assert_eq!(read(&mut machine, GPIOA + 0x10) >> 5 & 1, 1);
    write(&mut machine, GPIOA + 0x28, 1 << 5);
    assert_eq!(machine.pin(5), Some(false));
    // A half-word of BSRR.
    machine
        .debug_write(GPIOA + 0x18, AccessSize::HalfWord, 1 << 5)
        .unwrap();
    assert_eq!(machine.pin(5), Some(true));
    // Open drain: high is left to the pull.
    write(&mut machine, GPIOA + 0x04, 1 << 5);
    assert_eq!(machine.pin(5), None);

    // PC13 an input that is driven.
    write(&mut machine, GPIOC, 0);
    assert!(machine.drive_pin(32 + 13, Some(true)));
    assert_eq!(read(&mut machine, GPIOC + 0x10), 1 << 13);
    assert!(!machine.drive_pin(9 * 16, Some(true)));
}

#[test]
fn an_edge_on_a_pin_interrupts() {
    let mut machine = switched_on();
    write(&mut machine, GPIOC, 0);
    // Line 13 from port C, rising edges.
    write(&mut machine, SYSCFG + 0x14, 2 << 4);
    write(&mut machine, EXTI, 1 << 13);
    write(&mut machine, EXTI + 0x08, 1 << 13);
    handle(&mut machine, 40, EXTI + 0x14, 1 << 13);
    for level in [true, false, true] {
        assert!(machine.drive_pin(32 + 13, Some(level)));
        pass(&mut machine, 100);
    }
    assert_eq!(handled(&mut machine), 2);
    // By software.
    write(&mut machine, EXTI + 0x10, 1 << 13);
    pass(&mut machine, 100);
    assert_eq!(handled(&mut machine), 3);
}

#[test]
fn the_check_sum_is_the_usual_one() {
    let mut machine = switched_on();
    // As Ethernet has it: bytes in reversed, result reversed, inverted.
    write(&mut machine, CRC + 0x08, 1 | 1 << 5 | 1 << 7);
    for byte in b"123456789" {
        machine
            .debug_write(CRC, AccessSize::Byte, u32::from(*byte))
            .unwrap();
    }
    assert_eq!(!read(&mut machine, CRC), 0xCBF4_3926);
    // CRC-16/XMODEM.
    write(&mut machine, CRC + 0x10, 0);
    write(&mut machine, CRC + 0x14, 0x1021);
    write(&mut machine, CRC + 0x08, 1 | 1 << 3);
    for byte in b"123456789" {
        machine
            .debug_write(CRC, AccessSize::Byte, u32::from(*byte))
            .unwrap();
    }
    assert_eq!(read(&mut machine, CRC), 0x31C3);
}

#[test]
fn random_words_follow_from_the_seed() {
    let words = |seed| {
        let mut machine = switched_on();
        machine.seed(seed);
        assert_eq!(read(&mut machine, RNG + 4), 0, "off");
        write(&mut machine, RNG, 1 << 2);
        assert_eq!(read(&mut machine, RNG + 4), 1, "DRDY");
        [0; 4].map(|_| read(&mut machine, RNG + 8))
    };
    assert_eq!(words(1), words(1));
    assert_ne!(words(1), words(2));
}

#[test]
fn the_watchdogs_reset_the_chip() {
    // 8 × 4 cycles of 32 kHz: 1 ms.
    let mut machine = switched_on();
    write(&mut machine, IWDG, 0x5555);
    write(&mut machine, IWDG + 0x08, 7);
    write(&mut machine, IWDG, 0xCCCC);
    for _ in 0..4 {
        pass(&mut machine, 3_000);
        write(&mut machine, IWDG, 0xAAAA);
    }
    assert_eq!(read(&mut machine, RCC + 0x94) >> 29 & 1, 0);
    pass(&mut machine, 4_100);
    assert_eq!(read(&mut machine, RCC + 0x94) >> 29 & 1, 1, "IWDGRSTF");
    write(&mut machine, RCC + 0x94, 1 << 23);
    assert_eq!(read(&mut machine, RCC + 0x94) >> 24, 0, "RMVF");

    // 64 steps of 4096 cycles, and an interrupt one step before.
    let mut machine = switched_on();
    write(&mut machine, WWDG + 0x04, 0x7F | 1 << 9);
    write(&mut machine, WWDG, 0xFF);
    handle(&mut machine, 0, WWDG + 0x08, 0);
    pass(&mut machine, 63 * 4096 + 100);
    assert_eq!(handled(&mut machine), 1);
    assert_eq!(read(&mut machine, RCC + 0x94) >> 30 & 1, 0);
    pass(&mut machine, 4096);
    assert_eq!(read(&mut machine, RCC + 0x94) >> 30 & 1, 1, "WWDGRSTF");
}

#[test]
fn the_chip_says_what_it_is() {
    let mut machine = machine();
    assert_eq!(read(&mut machine, 0xE004_2000) & 0xFFF, 0x470);
    let size = machine.debug_read(0x1FFF_75E0, AccessSize::HalfWord);
    assert_eq!(size, Ok(2048));
    let id = [0x1FFF_7590, 0x1FFF_7594, 0x1FFF_7598].map(|at| read(&mut machine, at));
    assert_ne!(id, [u32::MAX; 3]);
}

#[test]
fn sram2_is_in_two_places() {
    let mut machine = machine();
    write(&mut machine, 0x2003_0010, 0x1234_5678);
    assert_eq!(read(&mut machine, 0x1000_0010), 0x1234_5678);
    write(&mut machine, 0x2009_FFFC, 1);
    machine
        .debug_read(0x200A_0000, AccessSize::Word)
        .expect_err("that is behind SRAM3");
}

mod any_access {
    use super::*;
    use proptest::prelude::*;

    fn register() -> impl Strategy<Value = u32> {
        let start = prop::sample::select(vec![
            TIM2,
            TIM5,
            TIM6,
            WWDG,
            IWDG,
            USART2,
            PWR,
            LPUART1,
            SYSCFG,
            EXTI,
            RCC,
            FLASH_CONTROLLER,
            CRC,
            GPIOA,
            GPIOC,
            RNG,
            0xE004_2000,
            0x1FFF_7400,
            0x1FF0_0000,
            FLASH,
        ]);
        (start, 0..0x40_u32).prop_map(|(start, word)| start + 4 * word)
    }

    fn value() -> impl Strategy<Value = u32> {
        prop_oneof![
            0..64_u32,
            (0..32_u32).prop_map(|bit| 1 << bit),
            any::<u32>(),
            Just(u32::MAX),
            prop::sample::select(vec![
                0x4567_0123,
                0xCDEF_89AB,
                0x0819_2A3B,
                0x4C5D_6E7F,
                0xCCCC,
                0xAAAA,
                0x5555,
                0x705,
            ]),
        ]
    }

    fn size() -> impl Strategy<Value = (AccessSize, u32)> {
        prop_oneof![
            4 => Just((AccessSize::Word, 0)),
            1 => (0..4_u32).prop_map(|byte| (AccessSize::Byte, byte)),
            1 => (0..2_u32).prop_map(|half| (AccessSize::HalfWord, 2 * half)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Whatever is written to the peripherals, the machine goes on.
        #[test]
        fn none_breaks_the_machine(
            writes in prop::collection::vec((register(), size(), value(), 0..20_000_u64), 1..60),
            dual_bank in any::<bool>(),
        ) {
            let mut machine = switched_on();
            machine.set_dual_bank(dual_bank);
            for (address, (size, lane), value, cycles) in writes {
                let _ = machine.debug_write(address + lane, size, value & size.mask());
                let _ = machine.debug_read(address + lane, size);
                for line in 0..6 {
                    machine.serial_input(line, b"x");
                }
                machine.drive_pin(value & 0xFF, Some(value & 0x100 != 0));
                pass(&mut machine, cycles);
            }
            machine.reset();
            pass(&mut machine, 100);
            prop_assert_eq!(machine.clock_hz(), 4_000_000);
        }
    }
}
