//! The kinds of instruments that there are.

use crate::instrument::Capability;
use crate::{joulescope, lpm01a, ppk2};

/// The instruments that tinybench knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nordic's Power Profiler Kit II.
    Ppk2,
    /// ST's X-NUCLEO-LPM01A.
    Lpm01a,
    /// Jetperch's Joulescope JS220.
    Joulescope,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ppk2, Self::Lpm01a, Self::Joulescope];

    /// Those with an emulated far end.
    pub const EMULATED: [Self; 2] = [Self::Ppk2, Self::Lpm01a];

    /// As `--power-meter` names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ppk2 => "ppk2",
            Self::Lpm01a => "lpm01a",
            Self::Joulescope => "joulescope",
        }
    }

    /// Its full name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ppk2 => "Nordic Power Profiler Kit II",
            Self::Lpm01a => "ST X-NUCLEO-LPM01A",
            Self::Joulescope => "Joulescope JS220",
        }
    }

    /// What it can do.
    pub const fn capability(self) -> Capability {
        match self {
            Self::Ppk2 => ppk2::CAPABILITY,
            Self::Lpm01a => lpm01a::CAPABILITY,
            Self::Joulescope => joulescope::CAPABILITY,
        }
    }

    /// Whether it supplies the board, or only measures what another supply gives.
    pub const fn is_supply(self) -> bool {
        !matches!(self, Self::Joulescope)
    }

    /// Its logic input on which the firmware's marks arrive, from 0.
    pub const fn mark_input(self) -> u32 {
        match self {
            Self::Ppk2 | Self::Joulescope => 0,
            Self::Lpm01a => lpm01a::MARK.trailing_zeros(),
        }
    }
}
