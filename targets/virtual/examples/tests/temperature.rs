//! Tests that run on the chip, with `cargo test`.

#![no_std]
#![no_main]

#[cfg(test)]
#[embedded_test::tests]
mod tests {
    use embedded_hal::delay::DelayNs;
    use nrf52840_hal::pac::Peripherals;
    use nrf52840_hal::temp::Temp;
    use nrf52840_hal::timer::Timer;

    #[init]
    fn init() -> Peripherals {
        Peripherals::take().unwrap()
    }

    #[test]
    fn the_chip_is_neither_frozen_nor_boiling(peripherals: Peripherals) {
        let celsius: i32 = Temp::new(peripherals.TEMP).measure().to_num();
        assert!((0..100).contains(&celsius), "{celsius} °C");
    }

    #[test]
    fn a_timer_counts_the_time_of_a_delay(peripherals: Peripherals) {
        let mut delay = Timer::new(peripherals.TIMER0);
        let mut watch = Timer::periodic(peripherals.TIMER1);
        watch.start(1_000_000_u32);
        delay.delay_us(500);
        // The delay, and the calls around it, which take their time too.
        let microseconds = watch.read();
        assert!((500..600).contains(&microseconds), "{microseconds} µs");
    }

    #[test]
    #[should_panic]
    fn a_peripheral_is_taken_once(_peripherals: Peripherals) {
        Peripherals::take().unwrap();
    }

    #[test]
    #[ignore = "fails, to show what that looks like"]
    fn it_is_freezing(peripherals: Peripherals) {
        let celsius: i32 = Temp::new(peripherals.TEMP).measure().to_num();
        assert!(celsius < 0, "{celsius} °C");
    }
}
