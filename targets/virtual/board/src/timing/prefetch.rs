//! The flash's own prefetch: having read a sector of instructions it reads the next one.

/// Cycles between the request for a sector and the need for it in straight code: the words that wait
/// in the core's prefetch unit.
const REQUESTED_AHEAD: u64 = 3;

/// The sector that the flash reads on its own, and when it is there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prefetch {
    sector: u32,
    ready: u64,
}

impl Prefetch {
    /// Reads a sector that isn't in the cache: the cycles for which the core waits, if it wants the
    /// sector at the cycle `wanted`, right behind a jump or in straight code.
    pub fn read(&mut self, sector: u32, wanted: u64, jumped: bool, wait_states: u32) -> u64 {
        let wait_states = u64::from(wait_states);
        let requested = if jumped {
            wanted
        } else {
            wanted.saturating_sub(REQUESTED_AHEAD)
        };
        let ready = if sector == self.sector {
            self.ready.max(requested)
        } else {
            requested + wait_states
        };
        *self = Self {
            sector: sector + 1,
            ready: ready + 1 + wait_states,
        };
        ready.saturating_sub(wanted)
    }
}
