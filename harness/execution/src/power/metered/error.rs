//! Why energy can't be measured.

use std::io;
use std::path::{Path, PathBuf};

use tinybench_instruments::{Flaw, InstrumentError};
use tinybench_support::exit::{Exit, Exits};

use crate::target::TargetError;

/// Energy can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeteringError {
    /// The instrument.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// The target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What makes the measurement worthless.
    #[error(
        "the energy that was measured is worthless: {}{}",
        .flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        kept(trace)
    )]
    Worthless {
        /// All that is wrong.
        flaws: Vec<Flaw>,
        /// Where the trace is.
        trace: PathBuf,
    },
    /// The image speaks another version of the protocol.
    #[error(
        "the image has version {found} of the block for power instruments, this tinybench needs {expected}"
    )]
    Version {
        /// The image's.
        found: u32,
        /// The host's.
        expected: u32,
    },
    /// The output of the windows is another than that of the measurement before.
    #[error("the output behind the windows isn't the one that was verified before")]
    Output,
    /// An emulated instrument needs a virtual board, and a real one a real board.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A program of the user's own has no windows.
    #[error(
        "--image can't be used with --power-meter: the windows that an instrument measures are run by a \
         program that tinybench builds; leave out one of them"
    )]
    OwnProgram,
    /// The board file names no pin for the marks, or one that there isn't.
    #[error("board {board} {problem}")]
    Pin {
        /// The board.
        board: String,
        /// What is wrong with its file.
        problem: String,
    },
    /// A virtual board whose currents aren't known draws none.
    #[error("the board file of {0} has no [power], so there is nothing to emulate")]
    NoCurrents(String),
    /// No pseudo-terminal for an emulated instrument.
    #[error("can't emulate an instrument: {0}")]
    Emulated(io::Error),
    /// The image can't run windows of this.
    #[error("{0} can't be measured by a power instrument: {1}")]
    Subject(String, &'static str),
}

fn kept(trace: &Path) -> String {
    format!("; the trace is {}", trace.display())
}

impl Exits for MeteringError {
    fn exit(&self) -> Exit {
        match self {
            Self::Instrument(error) => error.exit(),
            Self::Target(error) => error.exit(),
            Self::Worthless { .. } | Self::Version { .. } => Exit::Target,
            Self::Output => Exit::Mismatch,
            Self::Contradiction(_) | Self::OwnProgram | Self::NoCurrents(_) | Self::Subject(..) => {
                Exit::Usage
            }
            Self::Pin { .. } => Exit::Input,
            Self::Emulated(_) => Exit::NoTarget,
        }
    }
}
