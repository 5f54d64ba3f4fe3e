//! The nRF52840's peripherals, register by register. Time passes only in [`pass`]; the core
//! executes a branch to itself, or handlers that count.

mod reset_values;
#[path = "../../support/nrf52840.rs"]
mod support;

use support::*;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{Timing, VirtualBoard};

const CLOCK: u32 = 0x4000_0000;
const UART0: u32 = 0x4000_2000;
const GPIOTE: u32 = 0x4000_6000;
const TIMER0: u32 = 0x4000_8000;
const TIMER3: u32 = 0x4001_A000;
const RTC0: u32 = 0x4000_B000;
const TEMP: u32 = 0x4000_C000;
const RNG: u32 = 0x4000_D000;
const WDT: u32 = 0x4001_0000;
const EGU0: u32 = 0x4001_4000;
const PWM0: u32 = 0x4001_C000;
const PPI: u32 = 0x4001_F000;
const PWM3: u32 = 0x4002_D000;
const UART1: u32 = 0x4002_8000;
const P0: u32 = 0x5000_0000;
const P1: u32 = 0x5000_0300;

const INTENSET: u32 = 0x304;

/// Where the handler counts, and where it finds the address that it writes 0 to.
const COUNT: u32 = RAM + 0x400;
const TO_CLEAR: u32 = RAM + 0x404;
const HANDLER: u32 = 0x102;
const PROGRAM: [u16; 12] = [
    0xE7FE, // 100: b    100
    0x4B04, // 102: ldr  r3, [pc, #16]
    0x681A, // 104: ldr  r2, [r3]
    0x3201, // 106: adds r2, #1
    0x601A, // 108: str  r2, [r3]
    0x685A, // 10a: ldr  r2, [r3, #4]
    0x2100, // 10c: movs r1, #0
    0x6011, // 10e: str  r1, [r2]
    0x6812, // 110: ldr  r2, [r2]
    0x4770, // 112: bx   lr
    COUNT as u16,
    (COUNT >> 16) as u16,
];

const HALT: u32 = 0xA05F_0003;
const RUN: u32 = 0xA05F_0001;

/// A board at a standstill, its core at a branch to itself.
fn board() -> VirtualBoard {
    let mut board = blank();
    board.machine.set_timing(Timing::InstructionsOnly);
    load(&mut board, &PROGRAM, HANDLER);
    write(&mut board, 0xE000_EDF0, HALT);
    write(&mut board, COUNT, 0);
    write(&mut board, TO_CLEAR, RAM);
    board
}

/// Lets so many core clock cycles pass.
fn pass(board: &mut VirtualBoard, cycles: u64) {
    write(board, 0xE000_EDF0, RUN);
    board.machine.run(cycles);
    write(board, 0xE000_EDF0, HALT);
}

fn microseconds(count: u64) -> u64 {
    64 * count
}

fn enable_interrupt(board: &mut VirtualBoard, line: u32) {
    write(board, 0xE000_E100 + 4 * (line >> 5), 1 << (line & 31));
}

fn event(board: &mut VirtualBoard, peripheral: u32, offset: u32) -> bool {
    read(board, peripheral + offset) != 0
}

/// Whether an event comes after `cycles` and not a few cycles before.
fn comes_after(board: &mut VirtualBoard, register: u32, cycles: u64) -> bool {
    pass(board, cycles - 8);
    let early = read(board, register);
    pass(board, 16);
    early == 0 && read(board, register) == 1
}

#[test]
fn timer_compares_clears_and_stops() {
    let mut board = board();
    // 1 MHz, 16 bits.
    write(&mut board, TIMER0 + 0x510, 4);
    write(&mut board, TIMER0 + 0x540, 100);
    write(&mut board, TIMER0 + 0x544, 250);
    write(&mut board, TIMER0, 1);
    assert!(comes_after(&mut board, TIMER0 + 0x140, microseconds(100)));
    assert!(!event(&mut board, TIMER0, 0x144));
    pass(&mut board, microseconds(149));
    assert!(!event(&mut board, TIMER0, 0x144));
    pass(&mut board, microseconds(1));
    assert!(event(&mut board, TIMER0, 0x144));

    // CAPTURE[2] takes the counter, STOP keeps it, CLEAR sets it to 0.
    write(&mut board, TIMER0 + 0x048, 1);
    assert_eq!(read(&mut board, TIMER0 + 0x548), 250);
    write(&mut board, TIMER0 + 0x004, 1);
    pass(&mut board, microseconds(50));
    write(&mut board, TIMER0 + 0x048, 1);
    assert_eq!(read(&mut board, TIMER0 + 0x548), 250);
    write(&mut board, TIMER0 + 0x00C, 1);
    write(&mut board, TIMER0 + 0x048, 1);
    assert_eq!(read(&mut board, TIMER0 + 0x548), 0);

    // COMPARE[1]_STOP ends the second run.
    write(&mut board, TIMER0 + 0x200, 1 << 9);
    write(&mut board, TIMER0, 1);
    pass(&mut board, microseconds(1000));
    write(&mut board, TIMER0 + 0x048, 1);
    assert_eq!(read(&mut board, TIMER0 + 0x548), 250);
}

#[test]
fn timer_interrupts_once_a_period() {
    let mut board = board();
    write(&mut board, TO_CLEAR, TIMER0 + 0x140);
    write(&mut board, TIMER0 + 0x510, 4);
    write(&mut board, TIMER0 + 0x540, 100);
    // COMPARE[0]_CLEAR.
    write(&mut board, TIMER0 + 0x200, 1);
    write(&mut board, TIMER0 + INTENSET, 1 << 16);
    enable_interrupt(&mut board, 8);
    write(&mut board, TIMER0, 1);
    pass(&mut board, microseconds(1050));
    assert_eq!(read(&mut board, COUNT), 10);
}

#[test]
fn timer_counts_tasks_and_wraps_at_its_width() {
    let mut board = board();
    // TIMER3, counter mode, 8 bits, compare at 0.
    write(&mut board, TIMER3 + 0x504, 1);
    write(&mut board, TIMER3 + 0x508, 1);
    write(&mut board, TIMER3, 1);
    for count in 0..256 {
        assert!(!event(&mut board, TIMER3, 0x154), "{count}");
        write(&mut board, TIMER3 + 0x008, 1);
    }
    assert!(event(&mut board, TIMER3, 0x154), "CC[5] is there and is 0");
    write(&mut board, TIMER3 + 0x040, 1);
    assert_eq!(read(&mut board, TIMER3 + 0x540), 0);
    // TIMER0 has no CC[5].
    write(&mut board, TIMER0 + 0x554, 7);
    assert_eq!(read(&mut board, TIMER0 + 0x554), 0);
}

/// Starts the low-frequency clock and waits for it.
fn start_low_frequency(board: &mut VirtualBoard) {
    write(board, CLOCK + 0x008, 1);
    pass(board, microseconds(601));
    assert!(event(board, CLOCK, 0x104));
}

#[test]
fn clocks_start_after_their_time() {
    let mut board = board();
    write(&mut board, CLOCK, 1);
    assert_eq!(read(&mut board, CLOCK + 0x40C), 0x1_0000);
    assert!(comes_after(&mut board, CLOCK + 0x100, microseconds(360)));
    assert_eq!(read(&mut board, CLOCK + 0x40C), 0x1_0001);

    write(&mut board, CLOCK + 0x518, 0);
    write(&mut board, CLOCK + 0x008, 1);
    assert_eq!(read(&mut board, CLOCK + 0x414), 1);
    assert_eq!(read(&mut board, CLOCK + 0x418), 0);
    assert!(comes_after(&mut board, CLOCK + 0x104, microseconds(600)));
    assert_eq!(read(&mut board, CLOCK + 0x418), 0x1_0000);
}

#[test]
fn rtc_needs_its_clock_and_counts_it() {
    let mut board = board();
    write(&mut board, RTC0, 1);
    pass(&mut board, microseconds(500));
    assert_eq!(read(&mut board, RTC0 + 0x504), 0, "LFCLK isn't running");
    start_low_frequency(&mut board);
    write(&mut board, RTC0 + 0x008, 1);
    // 1/64 s are 512 edges.
    pass(&mut board, 1_000_000);
    let count = read(&mut board, RTC0 + 0x504);
    assert!((511..=513).contains(&count), "{count}");

    // PRESCALER can only be written while stopped.
    write(&mut board, RTC0 + 0x508, 7);
    assert_eq!(read(&mut board, RTC0 + 0x508), 0);
    write(&mut board, RTC0 + 0x004, 1);
    write(&mut board, RTC0 + 0x508, 7);
    assert_eq!(read(&mut board, RTC0 + 0x508), 7);
}

#[test]
fn rtc_events_come_only_if_enabled() {
    let mut board = board();
    start_low_frequency(&mut board);
    write(&mut board, RTC0 + 0x540, 10);
    write(&mut board, RTC0 + 0x544, 10);
    write(&mut board, TO_CLEAR, RTC0 + 0x140);
    write(&mut board, RTC0 + INTENSET, 1 << 16);
    enable_interrupt(&mut board, 11);
    write(&mut board, RTC0, 1);
    pass(&mut board, microseconds(200));
    assert_eq!(read(&mut board, COUNT), 0);
    pass(&mut board, microseconds(150));
    assert_eq!(read(&mut board, COUNT), 1);
    assert!(!event(&mut board, RTC0, 0x144), "not enabled");

    // TRIGOVRFLW, OVRFLW 16 ticks later.
    write(&mut board, RTC0 + 0x344, 1 << 1);
    write(&mut board, RTC0 + 0x00C, 1);
    pass(&mut board, microseconds(450));
    assert!(!event(&mut board, RTC0, 0x104));
    pass(&mut board, microseconds(100));
    assert!(event(&mut board, RTC0, 0x104));
}

#[test]
fn random_bytes_follow_from_the_seed() {
    let bytes = |seed: u64| -> Vec<u32> {
        let mut board = board();
        board.machine.seed(seed);
        write(&mut board, RNG, 1);
        assert!(comes_after(&mut board, RNG + 0x100, microseconds(158)));
        let mut bytes = Vec::new();
        for _ in 0..32 {
            write(&mut board, RNG + 0x100, 0);
            pass(&mut board, microseconds(30));
            assert!(event(&mut board, RNG, 0x100));
            bytes.push(read(&mut board, RNG + 0x508));
        }
        bytes
    };
    let first = bytes(1);
    assert_eq!(first, bytes(1));
    assert_ne!(first, bytes(2));
    assert!(first.iter().all(|&byte| byte < 256));
    let mut distinct = first;
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() > 20);
}

#[test]
fn random_bytes_stop_by_the_shortcut() {
    let mut board = board();
    write(&mut board, RNG + 0x200, 1);
    write(&mut board, RNG + 0x504, 1);
    write(&mut board, RNG, 1);
    pass(&mut board, microseconds(249));
    assert!(event(&mut board, RNG, 0x100));
    write(&mut board, RNG + 0x100, 0);
    pass(&mut board, microseconds(1000));
    assert!(!event(&mut board, RNG, 0x100));
}

#[test]
fn temperature_is_25_degrees() {
    let mut board = board();
    write(&mut board, TEMP, 1);
    assert!(comes_after(&mut board, TEMP + 0x100, microseconds(36)));
    assert_eq!(read(&mut board, TEMP + 0x508), 100);
}

const PWM_STOPPED: u32 = 0x104;
const PWM_SEQSTARTED: u32 = 0x108;
const PWM_SEQEND: u32 = 0x110;
const PWM_PERIOD_END: u32 = 0x118;
const PWM_LOOPS_DONE: u32 = 0x11C;

/// A unit with periods of 100 µs and a first sequence of two values, each for as many periods.
fn pwm(unit: u32, refresh: u32) -> VirtualBoard {
    let mut board = board();
    write(&mut board, unit + 0x508, 1600); // COUNTERTOP
    write(&mut board, unit + 0x520, RAM + 0x800); // SEQ[0].PTR
    write(&mut board, unit + 0x524, 2); // SEQ[0].CNT
    write(&mut board, unit + 0x528, refresh - 1); // SEQ[0].REFRESH
    write(&mut board, unit + 0x500, 1); // ENABLE
    board
}

#[test]
fn a_pwm_sequence_starts_ends_and_stops_with_a_period() {
    let mut board = pwm(PWM0, 3);
    write(&mut board, PWM0 + 8, 1);
    assert!(event(&mut board, PWM0, PWM_SEQSTARTED));
    let period_end = PWM0 + PWM_PERIOD_END;
    assert!(comes_after(&mut board, period_end, microseconds(100)));
    assert!(comes_after(
        &mut board,
        PWM0 + PWM_SEQEND,
        microseconds(500) - 8
    ));
    // The last value stays.
    write(&mut board, period_end, 0);
    assert!(comes_after(&mut board, period_end, microseconds(100) - 8));
    pass(&mut board, microseconds(50));
    write(&mut board, PWM0 + 4, 1);
    assert!(comes_after(
        &mut board,
        PWM0 + PWM_STOPPED,
        microseconds(50) - 8
    ));
    write(&mut board, period_end, 0);
    pass(&mut board, microseconds(1000));
    assert!(!event(&mut board, PWM0, PWM_PERIOD_END));
    assert_eq!(board.machine.diagnostics().count(), 0);
}

#[test]
fn pwm_sequences_are_repeated_and_stop_by_the_shortcut() {
    let mut board = pwm(PWM3, 1);
    write(&mut board, PWM3 + 0x540, RAM + 0x800); // SEQ[1].PTR
    write(&mut board, PWM3 + 0x544, 1); // SEQ[1].CNT
    write(&mut board, PWM3 + 0x548, 0); // SEQ[1].REFRESH
    write(&mut board, PWM3 + 0x54C, 2); // SEQ[1].ENDDELAY
    write(&mut board, PWM3 + 0x514, 2); // LOOP
    write(&mut board, PWM3 + 0x200, 1 << 4); // LOOPSDONE_STOP
    enable_interrupt(&mut board, 0x2D);
    write(&mut board, PWM3 + INTENSET, 1 << 7);
    write(&mut board, TO_CLEAR, PWM3 + PWM_LOOPS_DONE);
    write(&mut board, PWM3 + 8, 1);
    // Two periods, then one, then two of delay; twice.
    let second = PWM3 + PWM_SEQSTARTED + 4;
    assert!(comes_after(&mut board, second, microseconds(200)));
    assert!(comes_after(
        &mut board,
        PWM3 + PWM_STOPPED,
        microseconds(800) - 8
    ));
    // The handler takes its time.
    pass(&mut board, 100);
    assert_eq!(read(&mut board, COUNT), 1);
}

#[test]
fn pwm_values_may_say_how_long_their_periods_are() {
    let mut board = pwm(PWM0, 1);
    write(&mut board, PWM0 + 0x510, 3); // DECODER: WaveForm
    write(&mut board, PWM0 + 0x524, 8);
    write(&mut board, RAM + 0x804, 3200 << 16);
    write(&mut board, RAM + 0x80C, 800 << 16);
    write(&mut board, PWM0 + 8, 1);
    assert!(comes_after(
        &mut board,
        PWM0 + PWM_SEQEND,
        microseconds(250)
    ));
}

/// Starts the watchdog with a period of 100 edges, 3.05 ms.
fn start_watchdog(board: &mut VirtualBoard) {
    write(board, WDT + 0x504, 99);
    write(board, WDT + 0x508, 0b101);
    write(board, WDT, 1);
}

#[test]
fn watchdog_resets_a_board_that_does_not_reload_it() {
    let mut board = board();
    start_watchdog(&mut board);
    assert_eq!(read(&mut board, WDT + 0x400), 1);
    write(&mut board, CLOCK + 0x51C, 0x5A);
    write(&mut board, P0 + 0x518, 1);
    // Settings hold once it runs.
    write(&mut board, WDT + 0x504, u32::MAX);
    assert_eq!(read(&mut board, WDT + 0x504), 99);

    for _ in 0..5 {
        pass(&mut board, microseconds(2000));
        write(&mut board, WDT + 0x600, 0x6E52_4635);
        assert_eq!(read(&mut board, WDT + 0x404), 0b100, "RR[2] is missing");
        write(&mut board, WDT + 0x608, 0x6E52_4635);
        assert_eq!(read(&mut board, WDT + 0x404), 0b101);
    }
    pass(&mut board, microseconds(2000));
    write(&mut board, WDT + 0x600, 0x6E52_4635);
    write(&mut board, WDT + 0x608, 0x1234_5678);
    pass(&mut board, microseconds(1000));
    assert_eq!(read(&mut board, CLOCK + 0x400), 1, "not yet reset");
    pass(&mut board, microseconds(200));
    assert_eq!(read(&mut board, CLOCK + 0x400), 0b11, "RESETREAS.DOG");
    assert_eq!(read(&mut board, WDT + 0x400), 0);
    assert_eq!(read(&mut board, CLOCK + 0x51C), 0, "GPREGRET");
    assert_eq!(read(&mut board, P0 + 0x514), 0, "DIR");
    assert_eq!(board.machine.pc(), CODE);
}

#[test]
fn software_resets_keep_watchdog_and_retained_registers() {
    let mut board = board();
    write(&mut board, CLOCK + 0x400, u32::MAX);
    start_watchdog(&mut board);
    write(&mut board, CLOCK + 0x51C, 0x15A);
    write(&mut board, 0xE000_ED0C, 0x05FA_0004);
    assert_eq!(read(&mut board, CLOCK + 0x51C), 0x5A);
    assert_eq!(read(&mut board, CLOCK + 0x400), 0b100, "RESETREAS.SREQ");
    assert_eq!(read(&mut board, WDT + 0x400), 1);
    write(&mut board, CLOCK + 0x400, 0b100);
    assert_eq!(read(&mut board, CLOCK + 0x400), 0);
    board.machine.reset();
    assert_eq!(read(&mut board, CLOCK + 0x51C), 0);
    assert_eq!(read(&mut board, CLOCK + 0x400), 1, "RESETREAS.RESETPIN");
}

#[test]
fn pins_are_driven_pulled_and_read() {
    let mut board = board();
    assert_eq!(read(&mut board, P0 + 0x700), 2);
    // An output with its input connected.
    write(&mut board, P0 + 0x700 + 4 * 13, 1);
    write(&mut board, P0 + 0x508, 1 << 13);
    assert_eq!(read(&mut board, P0 + 0x510), 1 << 13);
    assert_eq!(read(&mut board, P0 + 0x514), 1 << 13);
    assert_eq!(board.machine.pin(13), Some(true));
    write(&mut board, P0 + 0x50C, 1 << 13);
    assert_eq!(board.machine.pin(13), Some(false));
    write(&mut board, P0 + 0x51C, 1 << 13);
    assert_eq!(board.machine.pin(13), None);

    // P1.05 with a pull-up, then pulled low from outside.
    write(&mut board, P1 + 0x700 + 4 * 5, 3 << 2);
    assert_eq!(read(&mut board, P1 + 0x510), 1 << 5);
    assert!(board.machine.drive_pin(32 + 5, Some(false)));
    assert_eq!(read(&mut board, P1 + 0x510), 0);
    board.machine.drive_pin(32 + 5, None);
    assert_eq!(board.machine.pin(32 + 5), Some(true));
    assert!(!board.machine.drive_pin(48, Some(true)));

    // Open drain: S0D1 leaves the high level to others.
    write(&mut board, P0 + 0x700 + 4 * 2, 1 | 6 << 8 | 3 << 2);
    write(&mut board, P0 + 0x508, 1 << 2);
    board.machine.drive_pin(2, Some(false));
    assert_eq!(board.machine.pin(2), Some(false));

    // A disconnected input reads low.
    write(&mut board, P0 + 0x700 + 4 * 3, 2 | 3 << 2);
    assert_eq!(read(&mut board, P0 + 0x510) & 1 << 3, 0);
}

#[test]
fn pin_edges_and_senses_are_events() {
    let mut board = board();
    // Channel 3: rising edges of P1.01.
    write(&mut board, P1 + 0x700 + 4, 0);
    write(
        &mut board,
        GPIOTE + 0x510 + 12,
        1 | 1 << 8 | 1 << 13 | 1 << 16,
    );
    write(&mut board, TO_CLEAR, GPIOTE + 0x10C);
    write(&mut board, GPIOTE + INTENSET, 1 << 3);
    enable_interrupt(&mut board, 6);
    for passes in 1..=3 {
        board.machine.drive_pin(33, Some(true));
        pass(&mut board, 100);
        board.machine.drive_pin(33, Some(false));
        pass(&mut board, 100);
        assert_eq!(read(&mut board, COUNT), passes);
    }

    // P0.07 senses a low level: PORT and LATCH.
    board.machine.drive_pin(7, Some(true));
    write(&mut board, P0 + 0x700 + 4 * 7, 3 << 16);
    assert!(!event(&mut board, GPIOTE, 0x17C));
    board.machine.drive_pin(7, Some(false));
    assert!(event(&mut board, GPIOTE, 0x17C));
    board.machine.drive_pin(7, Some(true));
    assert_eq!(read(&mut board, P0 + 0x520), 1 << 7);
    write(&mut board, P0 + 0x520, 1 << 7);
    assert_eq!(read(&mut board, P0 + 0x520), 0);
}

#[test]
fn gpiote_tasks_drive_their_pin() {
    let mut board = board();
    // Channel 0: P0.09, toggle, starts high.
    write(&mut board, GPIOTE + 0x510, 3 | 9 << 8 | 3 << 16 | 1 << 20);
    assert_eq!(board.machine.pin(9), Some(true));
    write(&mut board, GPIOTE, 1);
    assert_eq!(board.machine.pin(9), Some(false));
    write(&mut board, GPIOTE, 1);
    assert_eq!(board.machine.pin(9), Some(true));
    write(&mut board, GPIOTE + 0x060, 1);
    assert_eq!(board.machine.pin(9), Some(false));
    write(&mut board, GPIOTE + 0x030, 1);
    assert_eq!(board.machine.pin(9), Some(true));
    write(&mut board, GPIOTE + 0x510, 0);
    assert_eq!(board.machine.pin(9), None);
}

#[test]
fn ppi_connects_a_timer_to_a_pin_and_a_counter() {
    let mut board = board();
    // TIMER0 every 50 µs toggles P0.09 and counts in TIMER3.
    write(&mut board, TIMER0 + 0x510, 4);
    write(&mut board, TIMER0 + 0x540, 50);
    write(&mut board, TIMER0 + 0x200, 1);
    write(&mut board, GPIOTE + 0x510, 3 | 9 << 8 | 3 << 16);
    write(&mut board, TIMER3 + 0x504, 1);
    write(&mut board, TIMER3, 1);
    write(&mut board, PPI + 0x510 + 8 * 4, TIMER0 + 0x140);
    write(&mut board, PPI + 0x514 + 8 * 4, GPIOTE);
    write(&mut board, PPI + 0x910 + 4 * 4, TIMER3 + 0x008);
    // Enabled as a member of group 1.
    write(&mut board, PPI + 0x804, 1 << 4);
    write(&mut board, PPI + 0x008, 1);
    assert_eq!(read(&mut board, PPI + 0x500), 1 << 4);
    write(&mut board, TIMER0, 1);
    pass(&mut board, microseconds(375));
    assert_eq!(board.machine.pin(9), Some(true));
    write(&mut board, TIMER3 + 0x040, 1);
    assert_eq!(read(&mut board, TIMER3 + 0x540), 7);
    write(&mut board, PPI + 0x00C, 1);
    pass(&mut board, microseconds(375));
    write(&mut board, TIMER3 + 0x040, 1);
    assert_eq!(read(&mut board, TIMER3 + 0x540), 7);
}

#[test]
fn ppi_fixed_channel_starts_a_timer() {
    let mut board = board();
    start_low_frequency(&mut board);
    write(&mut board, RTC0 + 0x540, 3);
    write(&mut board, RTC0 + 0x344, 1 << 16);
    write(&mut board, PPI + 0x504, 1 << 31);
    write(&mut board, RTC0, 1);
    pass(&mut board, microseconds(200));
    write(&mut board, TIMER0 + 0x040, 1);
    assert!(read(&mut board, TIMER0 + 0x540) > 0);
}

#[test]
fn ppi_loops_are_cut_and_reported() {
    let mut board = board();
    write(&mut board, PPI + 0x510, EGU0 + 0x100);
    write(&mut board, PPI + 0x514, EGU0);
    write(&mut board, PPI + 0x504, 1);
    write(&mut board, EGU0, 1);
    assert!(
        board
            .machine
            .diagnostics()
            .any(|text| text.contains("without end"))
    );
}

/// 115,200 baud (BAUDRATE of the Product Specification): about 86.8 µs a byte.
const BAUD_115200: u32 = 0x01D6_0000;

#[test]
fn uarte_sends_by_dma() {
    let mut board = board();
    board
        .machine
        .write_memory(RAM + 0x800, b"hello, world")
        .unwrap();
    write(&mut board, UART0 + 0x524, BAUD_115200);
    write(&mut board, UART0 + 0x500, 8);
    write(&mut board, UART0 + 0x544, RAM + 0x800);
    write(&mut board, UART0 + 0x548, 12);
    write(&mut board, UART0 + 0x008, 1);
    assert!(event(&mut board, UART0, 0x150), "TXSTARTED");
    pass(&mut board, microseconds(6 * 87));
    assert!(!event(&mut board, UART0, 0x120), "ENDTX");
    assert_eq!(board.machine.serial_output(0), b"hello,");
    pass(&mut board, microseconds(6 * 87));
    assert!(event(&mut board, UART0, 0x120));
    assert_eq!(board.machine.serial_output(0), b" world");
    assert_eq!(read(&mut board, UART0 + 0x54C), 12);
    write(&mut board, UART0 + 0x00C, 1);
    assert!(event(&mut board, UART0, 0x158), "TXSTOPPED");
}

#[test]
fn uarte_receives_by_dma() {
    let mut board = board();
    write(&mut board, UART1 + 0x524, BAUD_115200);
    write(&mut board, UART1 + 0x500, 8);
    write(&mut board, UART1 + 0x534, RAM + 0x800);
    write(&mut board, UART1 + 0x538, 4);
    // ENDRX_STARTRX.
    write(&mut board, UART1 + 0x200, 1 << 5);
    assert!(board.machine.serial_input(1, b"abcdef"));
    pass(&mut board, microseconds(500));
    write(&mut board, UART1, 1);
    pass(&mut board, microseconds(4 * 87));
    assert!(event(&mut board, UART1, 0x110), "ENDRX");
    assert_eq!(read(&mut board, UART1 + 0x53C), 4);
    assert_eq!(read(&mut board, RAM + 0x800), u32::from_le_bytes(*b"abcd"));
    write(&mut board, UART1 + 0x110, 0);
    pass(&mut board, microseconds(1000));
    assert_eq!(read(&mut board, RAM + 0x800), u32::from_le_bytes(*b"efcd"));
    write(&mut board, UART1 + 0x004, 1);
    assert!(event(&mut board, UART1, 0x110), "ENDRX after STOPRX");
    assert!(event(&mut board, UART1, 0x144), "RXTO");
    assert_eq!(read(&mut board, UART1 + 0x53C), 2);
}

#[test]
fn uarte_refuses_buffers_outside_the_ram() {
    let mut board = board();
    write(&mut board, UART0 + 0x500, 8);
    write(&mut board, UART0 + 0x544, 0x100);
    write(&mut board, UART0 + 0x548, 12);
    write(&mut board, UART0 + 0x008, 1);
    assert!(event(&mut board, UART0, 0x120), "ENDTX at once");
    assert_eq!(read(&mut board, UART0 + 0x54C), 0);
    assert!(
        board
            .machine
            .diagnostics()
            .any(|text| text.contains("EasyDMA"))
    );
}

#[test]
fn uart_sends_and_receives_byte_by_byte() {
    let mut board = board();
    write(&mut board, UART0 + 0x524, BAUD_115200);
    write(&mut board, UART0 + 0x500, 4);
    write(&mut board, UART0 + 0x008, 1);
    for &byte in b"ok" {
        write(&mut board, UART0 + 0x11C, 0);
        write(&mut board, UART0 + 0x51C, byte.into());
        assert!(!event(&mut board, UART0, 0x11C));
        pass(&mut board, microseconds(87));
        assert!(event(&mut board, UART0, 0x11C), "TXDRDY");
    }
    assert_eq!(board.machine.serial_output(0), b"ok");

    write(&mut board, UART0, 1);
    board.machine.serial_input(0, b"xyz");
    for &byte in b"xyz" {
        pass(&mut board, microseconds(87));
        assert!(event(&mut board, UART0, 0x108), "RXDRDY");
        write(&mut board, UART0 + 0x108, 0);
        assert_eq!(read(&mut board, UART0 + 0x518), byte.into());
    }
    pass(&mut board, microseconds(200));
    assert!(!event(&mut board, UART0, 0x108));
}

#[test]
fn an_asserted_line_interrupts_again_and_again() {
    let mut board = board();
    write(&mut board, EGU0 + INTENSET, 1 << 5);
    enable_interrupt(&mut board, 0x14);
    // The handler clears some RAM instead of the event.
    write(&mut board, EGU0 + 0x014, 1);
    pass(&mut board, 1000);
    let stuck = read(&mut board, COUNT);
    assert!(stuck > 10, "{stuck}");
    // Now it clears the event.
    write(&mut board, TO_CLEAR, EGU0 + 0x114);
    pass(&mut board, 1000);
    let cleared = read(&mut board, COUNT);
    pass(&mut board, 1000);
    assert_eq!(read(&mut board, COUNT), cleared);
    assert!(cleared <= stuck + 2);
    for extra in 1..=3 {
        write(&mut board, EGU0 + 0x014, 1);
        pass(&mut board, 1000);
        assert_eq!(read(&mut board, COUNT), cleared + extra);
    }
}

#[test]
fn clearing_a_pending_interrupt_needs_its_line_to_fall() {
    let mut board = board();
    write(&mut board, EGU0 + INTENSET, 1);
    assert_eq!(read(&mut board, 0xE000_E200), 0);
    write(&mut board, EGU0, 1);
    assert_eq!(read(&mut board, 0xE000_E200), 1 << 0x14);
    write(&mut board, 0xE000_E280, 1 << 0x14);
    assert_eq!(read(&mut board, 0xE000_E200), 1 << 0x14);
    write(&mut board, EGU0 + 0x100, 0);
    assert_eq!(read(&mut board, 0xE000_E200), 1 << 0x14, "it stays pending");
    write(&mut board, 0xE000_E280, 1 << 0x14);
    assert_eq!(read(&mut board, 0xE000_E200), 0);
}

#[test]
fn what_is_not_modelled_reads_as_after_a_reset_and_is_reported_once() {
    let mut board = board();
    let radio = 0x4000_1000;
    for _ in 0..3 {
        assert_eq!(read(&mut board, radio + 0x510), 0);
        write(&mut board, radio + 0x510, 5);
        assert_eq!(read(&mut board, radio + 0x508), 2, "FREQUENCY");
        assert_eq!(read(&mut board, radio + 0xFFC), 1, "POWER");
    }
    let saadc = 0x4000_7000;
    assert_eq!(read(&mut board, saadc + 0x51C), 0x7FFF_8000, "CH[0].LIMIT");
    assert_eq!(read(&mut board, saadc + 0x588), 0x0002_0000, "CH[7].CONFIG");
    assert_eq!(read(&mut board, 0x4002_F524), 0x0400_0000, "SPIM3");
    assert_eq!(read(&mut board, 0x4000_0528), 0x10, "CLOCK.HFXODEBOUNCE");
    assert_eq!(read(&mut board, 0x5002_A500), 0);
    assert_eq!(read(&mut board, TIMER0 + 0x7F0), 0);
    let diagnostics: Vec<_> = board.machine.diagnostics().collect();
    assert_eq!(
        diagnostics,
        [
            "CryptoCell is not modelled: it reads as after a reset",
            "RADIO is not modelled: it reads as after a reset",
            "SAADC is not modelled: it reads as after a reset",
            "SPIM3 is not modelled: it reads as after a reset",
            "register 0x7f0 of TIMER0 is not modelled",
        ]
    );
}

#[test]
fn where_nothing_is_the_bus_faults() {
    let mut board = board();
    for address in [
        0x4002_A000,
        0x4002_E000,
        0x4003_0000,
        0x5000_1000,
        0x6000_0000,
        0x2004_0000,
        0x0010_0000,
    ] {
        let read = board.machine.debug_read(address, AccessSize::Word);
        assert!(read.is_err(), "{address:#010x}");
        let write = board.machine.debug_write(address, AccessSize::Word, 0);
        assert!(write.is_err(), "{address:#010x}");
    }
}

/// Cycles that a store of the core to `address` takes.
fn store_cycles(board: &mut VirtualBoard, address: u32, value: u32) -> u64 {
    // str r1, [r2], in the handler.
    board.machine.set_register(15, 0x10E);
    board.machine.set_register(2, address);
    board.machine.set_register(1, value);
    let start = board.machine.cycles();
    write(board, 0xE000_EDF0, 0xA05F_0005);
    assert_eq!(board.machine.register(15), 0x110);
    board.machine.cycles() - start
}

#[test]
fn flash_takes_its_time_if_asked_to() {
    for timing in [Timing::Full, Timing::InstructionsOnly] {
        flash_takes_its_time(timing);
    }
}

fn flash_takes_its_time(timing: Timing) {
    let mut board = board();
    board.machine.set_timing(timing);
    write(&mut board, 0x4001_E504, 1);
    assert!(store_cycles(&mut board, 0x8000, 0x55) < 20);
    board.machine.set_flash_takes_time(true);
    let cycles = store_cycles(&mut board, 0x8004, 0x55);
    assert!((2624..2650).contains(&cycles), "{cycles}");
    assert_eq!(read(&mut board, 0x8004), 0x55);
    // A debugger's accesses take none of the core's time.
    let before = board.machine.cycles();
    write(&mut board, 0x8008, 0x55);
    assert_eq!(board.machine.cycles(), before);
    let cycles = store_cycles(&mut board, 0x1000_1080, 0x55);
    assert!((2624..2650).contains(&cycles), "UICR: {cycles}");
    write(&mut board, 0x4001_E504, 2);
    let cycles = store_cycles(&mut board, 0x4001_E514, 1);
    assert!((5_440_000..5_440_100).contains(&cycles), "UICR: {cycles}");
    let cycles = store_cycles(&mut board, 0x4001_E508, 0x8000);
    assert!((5_440_000..5_440_100).contains(&cycles), "{cycles}");
    assert_eq!(read(&mut board, 0x8004), u32::MAX);
}

#[test]
fn a_sleeping_core_is_woken_by_its_clock() {
    let mut board = blank();
    let program = [
        0xBF30, // 100: wfi
        0xE7FD, // 102: b    100
        0x4B04, // 104: ldr  r3, [pc, #16]
        0x681A, // 106: ldr  r2, [r3]
        0x3201, // 108: adds r2, #1
        0x601A, // 10a: str  r2, [r3]
        0x685A, // 10c: ldr  r2, [r3, #4]
        0x2100, // 10e: movs r1, #0
        0x6011, // 110: str  r1, [r2]
        0x6812, // 112: ldr  r2, [r2]
        0x4770, // 114: bx   lr
        0xBF00, // 116: nop
        COUNT as u16,
        (COUNT >> 16) as u16,
    ];
    load(&mut board, &program, 0x104);
    write(&mut board, 0xE000_EDF0, HALT);
    write(&mut board, COUNT, 0);
    write(&mut board, TO_CLEAR, RTC0 + 0x100);
    // TICK, 8 Hz.
    write(&mut board, RTC0 + 0x508, 4095);
    write(&mut board, RTC0 + INTENSET, 1);
    enable_interrupt(&mut board, 11);
    write(&mut board, CLOCK + 0x008, 1);
    write(&mut board, RTC0, 1);
    let before = board.machine.instructions();
    // Ten seconds and a bit.
    pass(&mut board, 64_000_000 * 101 / 10);
    assert_eq!(read(&mut board, COUNT), 80);
    let instructions = board.machine.instructions() - before;
    assert!(instructions < 80 * 20, "{instructions}");
}

mod robustness {
    use super::*;
    use proptest::prelude::*;

    /// A register of any page, mostly one that means something.
    fn register() -> impl Strategy<Value = u32> {
        let page = prop_oneof![
            (0..0x31_u32).prop_map(|page| CLOCK + (page << 12)),
            Just(P0),
            Just(P1),
        ];
        let offset = prop_oneof![
            0..0x30_u32,
            0x40..0x60_u32,
            0xC0..0xD8_u32,
            0x140..0x160_u32,
            0..0x400_u32,
        ];
        (page, offset).prop_map(|(page, offset)| page + 4 * offset)
    }

    fn value() -> impl Strategy<Value = u32> {
        prop_oneof![
            Just(1),
            0..64_u32,
            (0..32_u32).prop_map(|bit| 1 << bit),
            any::<u32>(),
            register(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Whatever is written to the peripherals, the board goes on.
        #[test]
        fn no_write_breaks_the_board(
            writes in prop::collection::vec((register(), value(), 0..5000_u64), 1..60)
        ) {
            let mut board = board();
            board.machine.seed(1);
            for (address, value, cycles) in writes {
                let _ = board.machine.debug_write(address, AccessSize::Word, value);
                let _ = board.machine.debug_read(address, AccessSize::Word);
                pass(&mut board, cycles);
            }
            board.machine.reset();
            pass(&mut board, 100);
            prop_assert_eq!(read(&mut board, TIMER0 + 0x510), 4);
        }
    }
}

#[test]
fn ram_that_is_switched_off_loses_its_contents() {
    let mut board = board();
    let power = |block: u32, register: u32| CLOCK + 0x900 + 0x10 * block + register;
    let ends = [
        // Section 1 of block 3, section 5 of block 8: the last of the RAM.
        (3, 1, RAM + 0x7000, 0x1000),
        (8, 5, RAM + 0x3_8000, 0x8000),
    ];
    for (block, section, start, length) in ends {
        let around = [start - 4, start, start + length - 4];
        for address in around {
            write(&mut board, address, 0x1234_5678);
        }
        assert_eq!(read(&mut board, power(block, 0)), 0xFFFF);
        write(&mut board, power(block, 8), 1 << section);
        assert_eq!(read(&mut board, power(block, 0)), 0xFFFF & !(1 << section));
        write(&mut board, power(block, 4), 1 << section);
        let found = around.map(|address| read(&mut board, address));
        assert_eq!(found, [0x1234_5678, 0xA5A5_A5A5, 0xA5A5_A5A5]);
    }
    // Retention is a matter of System OFF.
    write(&mut board, RAM + 0x6000, 7);
    write(&mut board, power(3, 8), 0xFFFF_0000);
    assert_eq!(read(&mut board, RAM + 0x6000), 7);
}

/// Ticks of the low-frequency clock from here on.
fn pass_edges(board: &mut VirtualBoard, edges: u64) {
    pass(board, edges * 64_000_000 / 32_768);
}

#[test]
fn rtc_misses_a_compare_value_that_is_written_too_late() {
    // The manual's cases: the counter itself and one more may be missed, two more comes.
    for (ahead, comes) in [(0, false), (1, false), (2, true), (3, true)] {
        let mut board = board();
        start_low_frequency(&mut board);
        write(&mut board, RTC0 + 0x344, 1 << 16);
        write(&mut board, RTC0, 1);
        pass_edges(&mut board, 10);
        let count = read(&mut board, RTC0 + 0x504);
        write(&mut board, RTC0 + 0x540, count + ahead);
        pass_edges(&mut board, 6);
        assert_eq!(event(&mut board, RTC0, 0x140), comes, "{ahead}");
    }
    // With a prescaler there are edges enough before the next tick.
    let mut board = board();
    start_low_frequency(&mut board);
    write(&mut board, RTC0 + 0x344, 1 << 16);
    write(&mut board, RTC0 + 0x508, 9);
    write(&mut board, RTC0, 1);
    pass_edges(&mut board, 15);
    assert_eq!(read(&mut board, RTC0 + 0x504), 1);
    write(&mut board, RTC0 + 0x540, 2);
    pass_edges(&mut board, 6);
    assert!(event(&mut board, RTC0, 0x140));
    // What is written while it stands still is compared from the first tick on.
    write(&mut board, RTC0 + 0x004, 1);
    write(&mut board, RTC0 + 0x008, 1);
    write(&mut board, RTC0 + 0x508, 0);
    write(&mut board, RTC0 + 0x140, 0);
    write(&mut board, RTC0 + 0x540, 1);
    write(&mut board, RTC0, 1);
    pass_edges(&mut board, 2);
    assert!(event(&mut board, RTC0, 0x140));
}

#[test]
fn rtc_overflows_and_ticks() {
    let mut board = board();
    start_low_frequency(&mut board);
    write(&mut board, RTC0 + 0x344, 0b11);
    // TRIGOVRFLW.
    write(&mut board, RTC0 + 0x00C, 1);
    assert_eq!(read(&mut board, RTC0 + 0x504), 0xFF_FFF0);
    write(&mut board, RTC0, 1);
    pass_edges(&mut board, 15);
    assert!(event(&mut board, RTC0, 0x100), "TICK");
    assert!(!event(&mut board, RTC0, 0x104), "OVRFLW");
    pass_edges(&mut board, 2);
    assert!(event(&mut board, RTC0, 0x104));
    assert!(read(&mut board, RTC0 + 0x504) < 3);
}

#[test]
fn clearing_some_latches_detects_the_others_again() {
    const LATCH: u32 = P0 + 0x520;
    const DETECTMODE: u32 = P0 + 0x524;
    for latched in [false, true] {
        let mut board = board();
        for pin in [3, 4] {
            write(&mut board, P0 + 0x700 + 4 * pin, 2 << 16);
        }
        write(&mut board, DETECTMODE, latched.into());
        board.machine.drive_pin(3, Some(true));
        board.machine.drive_pin(4, Some(true));
        board.machine.drive_pin(3, Some(false));
        board.machine.drive_pin(4, Some(false));
        assert_eq!(read(&mut board, LATCH), 0b11 << 3);
        write(&mut board, GPIOTE + 0x17C, 0);
        // One is left.
        write(&mut board, LATCH, 1 << 3);
        assert_eq!(read(&mut board, LATCH), 1 << 4);
        assert_eq!(event(&mut board, GPIOTE, 0x17C), latched);
        write(&mut board, GPIOTE + 0x17C, 0);
        write(&mut board, LATCH, 1 << 4);
        assert!(!event(&mut board, GPIOTE, 0x17C));
        // A pin that still senses its level latches again at once.
        board.machine.drive_pin(4, Some(true));
        write(&mut board, GPIOTE + 0x17C, 0);
        write(&mut board, LATCH, 1 << 4);
        assert_eq!(read(&mut board, LATCH), 1 << 4);
        assert_eq!(event(&mut board, GPIOTE, 0x17C), latched);
    }
}

#[test]
fn ppi_fixed_channels_have_forks() {
    // TIMER0 COMPARE[0], COMPARE[1] and RTC0 COMPARE[0] lead to tasks of the radio, and the forks
    // of their channels to EGU0.
    for (channel, timer) in [
        (20, Some(0)),
        (21, Some(0)),
        (22, Some(1)),
        (28, None),
        (29, None),
    ] {
        let mut board = board();
        write(&mut board, PPI + 0x910 + 4 * channel, EGU0 + 0x00C);
        write(&mut board, PPI + 0x504, 1 << channel);
        match timer {
            Some(compare) => {
                write(&mut board, TIMER0 + 0x540 + 4 * compare, 5);
                write(&mut board, TIMER0, 1);
            }
            None => {
                start_low_frequency(&mut board);
                write(&mut board, RTC0 + 0x540, 3);
                write(&mut board, RTC0 + 0x344, 1 << 16);
                write(&mut board, RTC0, 1);
            }
        }
        pass(&mut board, microseconds(200));
        assert!(event(&mut board, EGU0, 0x10C), "{channel}");
    }
}

const NVMC: u32 = 0x4001_E000;

#[test]
fn partial_erases_add_up_to_a_whole_one() {
    let mut board = board();
    program(&mut board, 0x8FFC, &[0x1234_5678, 0x1234_5678]);
    write(&mut board, NVMC + 0x51C, 20);
    let partly = |board: &mut VirtualBoard| write(board, NVMC + 0x518, 0x8000);
    // Only while CONFIG enables erasing.
    partly(&mut board);
    assert_eq!(read(&mut board, 0x8FFC), 0x1234_5678);
    write(&mut board, NVMC + 0x504, 2);
    for _ in 0..4 {
        partly(&mut board);
        let undefined = [0x8000, 0x8FFC].map(|at| read(&mut board, at));
        assert_eq!(undefined, [0xA5A5_A5A5, 0x1234_5678 & 0xA5A5_A5A5]);
    }
    partly(&mut board);
    let erased = [0x8000, 0x8FFC].map(|at| read(&mut board, at));
    assert_eq!(erased, [u32::MAX; 2]);
    assert_eq!(read(&mut board, 0x9000), 0x1234_5678, "the next page");
    // The next erase starts anew; a whole one ends it.
    partly(&mut board);
    write(&mut board, NVMC + 0x508, 0x8000);
    assert_eq!(read(&mut board, 0x8000), u32::MAX);
    for _ in 0..4 {
        partly(&mut board);
    }
    assert_eq!(read(&mut board, 0x8000), 0xA5A5_A5A5);

    board.machine.set_flash_takes_time(true);
    let cycles = store_cycles(&mut board, NVMC + 0x518, 0x8000);
    assert!((1_280_000..1_280_100).contains(&cycles), "{cycles}");
    assert_eq!(read(&mut board, 0x8000), u32::MAX);
}

#[test]
fn flash_takes_words_and_only_while_it_is_enabled() {
    let mut board = board();
    let attempt = |board: &mut VirtualBoard, address, size| {
        board.machine.debug_write(address, size, 0).is_ok()
    };
    for (config, word) in [(0, false), (1, true), (2, false)] {
        write(&mut board, NVMC + 0x504, config);
        for address in [0x8000, 0x1000_1080] {
            assert_eq!(attempt(&mut board, address, AccessSize::Word), word);
            assert!(!attempt(&mut board, address, AccessSize::HalfWord));
            assert!(!attempt(&mut board, address, AccessSize::Byte));
        }
    }
    // UICR is programmed like flash, erased alone or with everything.
    for erase in [0x514, 0x50C] {
        write(&mut board, NVMC + 0x504, 1);
        write(&mut board, 0x1000_1084, 0xFFFF_00FF);
        write(&mut board, 0x1000_1084, 0x0FFF_FFFF);
        assert_eq!(read(&mut board, 0x1000_1084), 0x0FFF_00FF);
        write(&mut board, NVMC + erase, 1);
        assert_eq!(read(&mut board, 0x1000_1084), 0x0FFF_00FF, "not enabled");
        write(&mut board, NVMC + 0x504, 2);
        write(&mut board, NVMC + erase, 1);
        assert_eq!(read(&mut board, 0x1000_1084), u32::MAX);
    }
    assert_eq!(read(&mut board, CODE), u32::MAX, "ERASEALL");
}

#[test]
fn sleep_is_told_to_power_and_may_stop_the_watchdog() {
    for (config, counts_asleep) in [(0, false), (1, true)] {
        let mut board = blank();
        // wfi; b .
        load(&mut board, &[0xBF30, 0xE7FE], 0x102);
        write(&mut board, 0xE000_EDF0, HALT);
        write(&mut board, CLOCK + 0x400, u32::MAX);
        // RTC0 COMPARE[0] after 300 edges wakes it, the watchdog takes 100.
        write(&mut board, CLOCK + 0x008, 1);
        write(&mut board, RTC0 + 0x540, 300);
        write(&mut board, RTC0 + INTENSET, 1 << 16);
        enable_interrupt(&mut board, 11);
        board.machine.set_register(20, 1); // PRIMASK
        write(&mut board, RTC0, 1);
        write(&mut board, WDT + 0x50C, config);
        start_watchdog(&mut board);
        let edges =
            |board: &mut VirtualBoard, edges: u64| board.machine.run(edges * 64_000_000 / 32_768);
        write(&mut board, 0xE000_EDF0, RUN);
        edges(&mut board, 50);
        let events = [0x114, 0x118].map(|event| read(&mut board, CLOCK + event));
        assert_eq!(events, [1, 0], "SLEEPENTER, SLEEPEXIT");
        edges(&mut board, 300);
        let reset = read(&mut board, CLOCK + 0x400) == 0b10;
        assert_eq!(reset, counts_asleep);
        if !counts_asleep {
            assert_eq!(read(&mut board, CLOCK + 0x118), 1, "SLEEPEXIT");
            edges(&mut board, 40);
            assert_eq!(read(&mut board, CLOCK + 0x400), 0);
            edges(&mut board, 60);
            assert_eq!(read(&mut board, CLOCK + 0x400), 0b10, "RESETREAS.DOG");
        }
    }
}
