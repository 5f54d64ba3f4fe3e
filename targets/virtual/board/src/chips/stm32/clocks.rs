//! Frequencies, and what depends on them.

/// Frequencies of the clock tree, Hz; 0 for a clock that stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::chips) struct Clocks {
    /// SYSCLK.
    pub system: u64,
    /// HCLK, the clock of the core.
    pub core: u64,
    /// PCLK1 and PCLK2.
    pub apb: [u64; 2],
    /// Core clock cycles in a cycle of the timers on APB1 and APB2. They run at twice the bus clock
    /// where that is divided.
    pub timer_divider: [u64; 2],
    /// HSI16.
    pub hsi16: u64,
    /// LSE.
    pub lse: u64,
}

impl Clocks {
    /// What the prescalers make of SYSCLK: HPRE is the core's, PPRE1 and PPRE2 those of the buses, in the
    /// encoding of the RCC. No other clock runs.
    pub fn prescaled(system: u64, hpre: u32, ppre: [u32; 2]) -> Self {
        // Without a clock the core stands still for good; here it creeps, so that a debugger can see where.
        let system = system.max(1);
        let hpre = match hpre & 0xF {
            value @ 8..=11 => value - 7,
            value @ 12..=15 => value - 6,
            _ => 0,
        };
        let core = (system >> hpre).max(1);
        let ppre = ppre.map(|field| match field & 7 {
            value @ 4..=7 => value - 3,
            _ => 0,
        });
        Self {
            system,
            core,
            apb: ppre.map(|shift| core >> shift),
            timer_divider: ppre.map(|shift| 1 << shift >> u32::from(shift != 0)),
            hsi16: 0,
            lse: 0,
        }
    }
}

/// The oscillator of the independent watchdog: LSI, which runs when it is needed.
pub(super) const LSI_HZ: u64 = 32_000;

/// Core clock cycles in `count` cycles of a clock of `hz`, rounded; `None` if that stands still.
pub(super) fn core_cycles(count: u64, hz: u64, core_hz: u64) -> Option<u64> {
    let cycles = (u128::from(count) * u128::from(core_hz) + u128::from(hz / 2))
        .checked_div(u128::from(hz))?;
    Some(u64::try_from(cycles).unwrap_or(u64::MAX).max(1))
}

/// Where a moment that lies ahead comes to lie when the core clock changes: the time up to it stays
/// the same.
pub(super) fn rescale(moment: &mut Option<u64>, now: u64, old_hz: u64, new_hz: u64) {
    if let Some(at) = moment {
        let left = u128::from(at.saturating_sub(now));
        let cycles = (left * u128::from(new_hz)).checked_div(u128::from(old_hz));
        *at = now.saturating_add(u64::try_from(cycles.unwrap_or(left)).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_of_another_clock_are_rounded() {
        assert_eq!(core_cycles(1, 115_200, 120_000_000), Some(1042));
        assert_eq!(core_cycles(1, 0, 120_000_000), None);
        assert_eq!(core_cycles(0, 4_000_000, 4_000_000), Some(1));
    }

    #[test]
    fn a_moment_stays_as_far_away_when_the_clock_changes() {
        let mut moment = Some(1_400);
        rescale(&mut moment, 1_000, 4_000_000, 120_000_000);
        assert_eq!(moment, Some(13_000));
    }
}
