//! Logs the chip's temperature with defmt and ends.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use defmt_rtt as _;
use nrf52840_hal::pac::Peripherals;
use nrf52840_hal::temp::Temp;
use panic_probe as _;

#[entry]
fn main() -> ! {
    let peripherals = Peripherals::take().unwrap();
    let mut sensor = Temp::new(peripherals.TEMP);
    for reading in 1..=3_u8 {
        let celsius: i32 = sensor.measure().to_num();
        defmt::info!("reading {=u8}: {=i32} °C", reading, celsius);
    }
    defmt::warn!("nothing more to say");
    defmt::flush();
    semihosting::process::exit(0)
}
