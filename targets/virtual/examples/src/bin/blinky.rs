//! Blinks the LED and says so through RTT.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use nrf52840_hal::gpio::{Level, p0};
use nrf52840_hal::pac::Peripherals;
use nrf52840_hal::timer::Timer;
use panic_rtt_target as _;
use rtt_target::{rprintln, rtt_init_print};

/// How often the LED was switched on.
static mut BLINKS: u32 = 0;

#[entry]
fn main() -> ! {
    rtt_init_print!();
    let peripherals = Peripherals::take().unwrap();
    let port = p0::Parts::new(peripherals.P0);
    // The Nano 33 BLE's own LED.
    let mut led = port.p0_13.into_push_pull_output(Level::Low);
    let mut timer = Timer::new(peripherals.TIMER0);
    let mut count = 0;
    loop {
        led.set_high().unwrap();
        timer.delay_ms(100);
        led.set_low().unwrap();
        timer.delay_ms(100);
        count += 1;
        note(count);
    }
}

/// Where a debugger may stop to see the LED blink.
#[inline(never)]
#[unsafe(no_mangle)]
fn note(count: u32) {
    // SAFETY: nobody else touches it: there are no interrupts.
    unsafe { (&raw mut BLINKS).write_volatile(count) };
    rprintln!("blink {}", count);
}
