//! Timers and watchdogs.

mod timer;
mod watchdog;

pub(super) use timer::Timer;
pub(super) use watchdog::{Iwdg, Wwdg};
