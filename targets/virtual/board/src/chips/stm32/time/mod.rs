//! Timers and watchdogs.

mod timer;
mod watchdog;

pub(super) use timer::Timer;
pub(in crate::chips) use timer::TimerLayout;
pub(super) use watchdog::{Iwdg, Wwdg};
