//! Logs the chip's temperature with defmt and ends.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use defmt_rtt as _;
use embedded_hal::delay::DelayNs;
use nrf52840_hal::pac::Peripherals;
use nrf52840_hal::temp::Temp;
use nrf52840_hal::timer::Timer;
use panic_probe as _;

#[entry]
fn main() -> ! {
    let peripherals = Peripherals::take().unwrap();
    let mut sensor = Temp::new(peripherals.TEMP);
    let mut timer = Timer::new(peripherals.TIMER0);
    for reading in 1..=3_u8 {
        // What is logged just before the end is lost now and then if probe-rs sees both at once. Once
        // it listens, the flush below waits for it.
        timer.delay_ms(200);
        let celsius: i32 = sensor.measure().to_num();
        defmt::info!("reading {=u8}: {=i32} °C", reading, celsius);
    }
    defmt::warn!("nothing more to say");
    defmt::flush();
    semihosting::process::exit(0)
}
