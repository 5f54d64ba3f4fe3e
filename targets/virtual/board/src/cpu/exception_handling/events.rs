//! What happens beside the program, and what wakes a core that sleeps (B1.5.17, B1.5.18).

use crate::cpu::Core;
use crate::system::exceptions::number;

impl Core {
    /// Lets chip and SysTick do what they do before the time `until`. Ends early, with the time, as
    /// soon as an exception is pending that beats `priority`.
    pub(super) fn arrival_before(&mut self, until: u64, priority: i32) -> Option<u64> {
        loop {
            let chip = self.chip.next_event();
            let next = self.system.systick.next_event().min(chip);
            if next >= until {
                return None;
            }
            self.pass_events(next);
            if self.system.exceptions.next(priority).is_some() {
                return Some(next);
            }
        }
    }

    /// Lets chip and SysTick do what is due at `now`.
    pub fn pass_events(&mut self, now: u64) {
        if self.chip.next_event() <= now {
            self.with_chip(now, |chip, context| chip.advance(context));
            // Stalls belong to accesses, not to the passing of time.
            self.extra = 0;
        }
        if self.system.systick.next_event() <= now && self.system.systick.advance(now) {
            self.system.exceptions.pend(number::SYS_TICK);
        }
    }

    /// Clears the event register of WFE; true if it was set.
    pub(in crate::cpu) fn take_event(&mut self) -> bool {
        let pended = std::mem::take(&mut self.system.exceptions.event);
        std::mem::take(&mut self.event) || pended
    }

    /// Whether a sleeping core wakes: an exception is pending that would preempt if PRIMASK were
    /// clear, or for WFE there is an event (B1.5.17, B1.5.18).
    pub fn wakes(&mut self) -> bool {
        if self.sleeps_for_event && self.take_event() {
            return true;
        }
        let current =
            self.system
                .exceptions
                .execution_priority(false, self.faultmask, self.basepri);
        self.system.exceptions.next(current).is_some()
    }
}
