//! For how long a target is waited for.

use std::time::{Duration, Instant};

use tinybench_record::ExecutionKind;

/// The time that one look at a virtual board counts at most. At each look the board goes on by so many cycles
/// (8.4 million), for which an emulator that has a processor core to itself needs a few hundredths of a second.
/// Whatever a look takes beyond that, other programs had: the board has come no further.
const LONGEST_LOOK: Duration = Duration::from_millis(100);

/// The patience with a target that has been let run.
#[derive(Debug)]
pub struct Patience {
    timeout: Duration,
    /// What one look counts at most.
    longest: Duration,
    waited: Duration,
    looked: Instant,
}

impl Patience {
    /// It begins now and lasts `timeout`. A real target's ends by the clock; a virtual board, which goes on
    /// only while it is looked at, isn't blamed for time that the host didn't give it.
    pub fn new(kind: ExecutionKind, timeout: Duration) -> Self {
        let longest = match kind {
            ExecutionKind::Virtual => LONGEST_LOOK,
            ExecutionKind::Probe => Duration::MAX,
        };
        Self {
            timeout,
            longest,
            waited: Duration::ZERO,
            looked: Instant::now(),
        }
    }

    /// How long it lasts.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether it has come to its end, behind a look at the target.
    pub fn is_over(&mut self) -> bool {
        let now = Instant::now();
        let look = now.duration_since(self.looked);
        self.looked = now;
        self.spend(look)
    }

    fn spend(&mut self, look: Duration) -> bool {
        self.waited = self.waited.saturating_add(look.min(self.longest));
        self.waited > self.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn looks(kind: ExecutionKind, look: Duration) -> usize {
        let mut patience = Patience::new(kind, SECOND);
        (1..).find(|_| patience.spend(look)).unwrap()
    }

    #[test]
    fn a_real_target_has_the_time_that_the_clock_says() {
        assert_eq!(looks(ExecutionKind::Probe, SECOND / 10), 11);
        assert_eq!(looks(ExecutionKind::Probe, 2 * SECOND), 1);
    }

    #[test]
    fn a_virtual_board_has_the_same_but_what_the_host_did_not_give_it() {
        assert_eq!(looks(ExecutionKind::Virtual, SECOND / 50), 51);
        assert_eq!(looks(ExecutionKind::Virtual, 60 * SECOND), 11);
    }
}
