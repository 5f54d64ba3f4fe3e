//! Reads a temperature, smooths it and switches a heater: the program of the examples and tests of
//! the virtual board. SysTick counts the time beside it.

#![no_std]
#![no_main]

use core::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};

/// SysTick: control, reload value, current value.
const SYSTICK: *mut u32 = 0xE000_E010 as *mut u32;
/// TEMP of the nRF52840: start, event, result in quarters of a degree.
const TEMP_START: *mut u32 = 0x4000_C000 as *mut u32;
const TEMP_READY: *mut u32 = 0x4000_C100 as *mut u32;
const TEMP_RESULT: *mut u32 = 0x4000_C508 as *mut u32;

/// Core cycles between two ticks.
const TICK: u32 = 2000;

#[unsafe(no_mangle)]
static mut TICKS: u32 = 0;
/// Degrees below which the heater is on.
#[unsafe(no_mangle)]
static mut THRESHOLD: i32 = 21;
#[unsafe(no_mangle)]
static mut HEATER: u32 = 0;
/// Quarters of a degree.
static mut HISTORY: [i32; 8] = [0; 8];

#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [Option<extern "C" fn()>; 15] = [
    Some(reset),
    Some(fault),
    Some(fault),
    Some(fault),
    Some(fault),
    Some(fault),
    None,
    None,
    None,
    None,
    Some(fault),
    None,
    None,
    Some(fault),
    Some(tick),
];

unsafe extern "C" {
    static mut __data_start: u32;
    static mut __data_end: u32;
    static __data_load: u32;
}

#[unsafe(no_mangle)]
extern "C" fn reset() {
    // SAFETY: before anything else runs; the linker script places these. RAM starts as zeros.
    unsafe {
        let (mut to, end) = (addr_of_mut!(__data_start), addr_of_mut!(__data_end));
        let mut from = addr_of!(__data_load);
        while to < end {
            write_volatile(to, read_volatile(from));
            (to, from) = (to.add(1), from.add(1));
        }
        write_volatile(SYSTICK.add(1), TICK - 1);
        write_volatile(SYSTICK.add(2), 0);
        write_volatile(SYSTICK, 0b111);
    }
    main()
}

#[inline(never)]
fn main() -> ! {
    let mut round = 0;
    loop {
        let temperature = read_sensor();
        let smoothed = smooth(round, temperature);
        regulate(smoothed);
        round += 1;
    }
}

/// Quarters of a degree.
#[inline(never)]
fn read_sensor() -> i32 {
    // SAFETY: registers of the chip.
    unsafe {
        write_volatile(TEMP_READY, 0);
        write_volatile(TEMP_START, 1);
        while read_volatile(TEMP_READY) == 0 {}
        read_volatile(TEMP_RESULT) as i32
    }
}

/// The mean of the last eight.
#[inline(never)]
fn smooth(round: usize, temperature: i32) -> i32 {
    // SAFETY: only this function touches it.
    unsafe {
        let history = addr_of_mut!(HISTORY).cast::<i32>();
        if round == 0 {
            (0..8).for_each(|at| write_volatile(history.add(at), temperature));
        }
        write_volatile(history.add(round % 8), temperature);
        mean(&*addr_of!(HISTORY))
    }
}

#[inline(never)]
fn mean(values: &[i32; 8]) -> i32 {
    values.iter().sum::<i32>() / 8
}

#[inline(never)]
fn regulate(smoothed: i32) {
    // SAFETY: aligned variables of this program.
    unsafe {
        let threshold = 4 * read_volatile(addr_of!(THRESHOLD));
        write_volatile(addr_of_mut!(HEATER), u32::from(smoothed < threshold));
    }
}

#[unsafe(no_mangle)]
extern "C" fn tick() {
    // SAFETY: only this handler writes it.
    unsafe { write_volatile(addr_of_mut!(TICKS), read_volatile(addr_of!(TICKS)) + 1) }
}

#[unsafe(no_mangle)]
extern "C" fn fault() {
    loop {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
