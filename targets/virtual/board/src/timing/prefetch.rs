//! The flash's own prefetch: having read a sector of instructions it reads the next one.

/// The sector that the flash reads on its own, and when it is there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prefetch {
    sector: u32,
    ready: u64,
}

impl Prefetch {
    /// Reads a sector that isn't in the cache: the cycles for which the core waits, if it asks for
    /// the sector at the cycle `requested` and wants it at `wanted`.
    pub fn read(&mut self, sector: u32, requested: u64, wanted: u64, wait_states: u32) -> u64 {
        let wait_states = u64::from(wait_states);
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
