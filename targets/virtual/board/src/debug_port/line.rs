//! The state of the SWD line: what has to happen before the port answers a request.
//!
//! Source: ADIv5.2 (IHI 0031), chapters B4 (SW-DP, line reset) and B5 (SWJ-DP, selection sequences).

/// Consecutive ones that reset the line.
const LINE_RESET_ONES: u32 = 50;

/// JTAG-to-SWD selection, transmitted least significant bit first.
const SELECT_SWD: u16 = 0xE79E;

/// SWD-to-JTAG selection, transmitted least significant bit first.
const SELECT_JTAG: u16 = 0xE73C;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An SWJ-DP comes up in JTAG mode and ignores SWD.
    Jtag,
    /// In SWD mode, but a line reset is needed: after the selection sequence or a protocol error.
    Lost,
    /// After a line reset: only a read of DPIDR is answered.
    Reset,
    /// Any request is answered.
    Active,
}

/// The SWD line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    state: State,
    /// Ones seen in a row up to now.
    ones: u32,
    /// Bits since the latest line reset, the newest in bit 15, and how many of them there are.
    since_reset: u16,
    since_reset_count: u32,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            state: State::Jtag,
            ones: 0,
            since_reset: 0,
            since_reset_count: u32::MAX,
        }
    }

    /// The probe clocks out `count` bits (at most 64) of `bits`, the least significant first.
    /// Returns whether there was a line reset among them.
    pub(super) fn sequence(&mut self, count: u8, bits: u64) -> bool {
        let mut reset = false;
        for i in 0..u32::from(count.min(64)) {
            let bit = (bits >> i) & 1 != 0;
            reset |= self.clock(bit);
        }
        reset
    }

    fn clock(&mut self, bit: bool) -> bool {
        if bit {
            self.ones = self.ones.saturating_add(1);
        }
        if bit && self.ones >= LINE_RESET_ONES {
            self.since_reset = 0;
            self.since_reset_count = 0;
            if self.state != State::Jtag {
                self.state = State::Reset;
            }
            return self.ones == LINE_RESET_ONES;
        }
        self.since_reset = (self.since_reset >> 1) | (u16::from(bit) << 15);
        self.since_reset_count = self.since_reset_count.saturating_add(1);
        if self.since_reset_count == 16 {
            match self.since_reset {
                SELECT_SWD if self.state == State::Jtag => self.state = State::Lost,
                SELECT_JTAG => self.state = State::Jtag,
                _ => {}
            }
        }
        if !bit {
            self.ones = 0;
        }
        false
    }

    /// A request arrives. Returns whether the port answers it.
    pub(super) fn request(&mut self, is_dpidr_read: bool) -> bool {
        self.ones = 0;
        self.since_reset_count = u32::MAX;
        match self.state {
            State::Active => true,
            State::Reset if is_dpidr_read => {
                self.state = State::Active;
                true
            }
            State::Reset | State::Lost => {
                self.state = State::Lost;
                false
            }
            State::Jtag => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESET: (u8, u64) = (51, 0x0007_FFFF_FFFF_FFFF);

    fn selected() -> Line {
        let mut line = Line::new();
        line.sequence(RESET.0, RESET.1);
        line.sequence(16, SELECT_SWD.into());
        line
    }

    #[test]
    fn powers_up_in_jtag_mode() {
        let mut line = Line::new();
        line.sequence(RESET.0, RESET.1);
        assert!(!line.request(true));
    }

    #[test]
    fn selection_and_line_reset_lead_to_dpidr() {
        let mut line = selected();
        assert!(
            !line.clone().request(true),
            "no line reset after the selection yet"
        );
        line.sequence(54, RESET.1);
        assert!(line.request(true));
        assert!(line.request(false));
    }

    #[test]
    fn a_request_other_than_dpidr_after_line_reset_is_a_protocol_error() {
        let mut line = selected();
        line.sequence(54, RESET.1);
        assert!(!line.request(false));
        assert!(!line.request(true), "needs another line reset");
        line.sequence(54, RESET.1);
        assert!(line.request(true));
    }

    #[test]
    fn forty_nine_ones_are_no_line_reset() {
        let mut line = selected();
        line.sequence(1, 0);
        assert!(!line.sequence(50, (1 << 49) - 1));
        assert!(!line.request(true));
    }

    #[test]
    fn ones_count_across_sequences() {
        let mut line = selected();
        assert!(!line.sequence(32, u64::MAX));
        assert!(line.sequence(32, u64::MAX));
        assert!(line.request(true));
    }

    #[test]
    fn selection_needs_a_line_reset_right_before() {
        let mut line = Line::new();
        line.sequence(RESET.0, RESET.1);
        line.sequence(3, 0);
        line.sequence(16, SELECT_SWD.into());
        line.sequence(54, RESET.1);
        assert!(!line.request(true));
    }

    #[test]
    fn jtag_selection_silences_swd() {
        let mut line = selected();
        line.sequence(54, RESET.1);
        assert!(line.request(true));
        line.sequence(RESET.0, RESET.1);
        line.sequence(16, SELECT_JTAG.into());
        line.sequence(54, RESET.1);
        assert!(!line.request(true));
    }
}
