//! Clocks, what counts them, and what acts after a time.

mod clock;
mod pwm;
mod rtc;
mod timer;
mod wdt;

pub(super) use clock::Clock;
pub(super) use pwm::Pwm;
pub(super) use rtc::Rtc;
pub(super) use timer::Timer;
pub(super) use wdt::Wdt;
