//! How a conversation with a device can fail.

use std::path::PathBuf;
use std::time::Duration;

use super::energy::sampler::SamplerError;
use super::link::LinkError;
use super::log::LogError;
use tinybench_instruments::Flaw;
use tinybench_instruments::TraceWriteError;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::printable::{printable, printable_path};

/// A conversation with a device broke off.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The way to it is blocked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The log can't be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Nothing has ever come from it.
    #[error(
        "the device doesn't answer: nothing came within {}; is it the right port, is the firmware \
         on the device, and does it speak at this baud rate?",
        seconds(*.patience)
    )]
    Silent {
        /// How long it had.
        patience: Duration,
    },
    /// What comes from it is no text.
    #[error(
        "what the device sends is no text; does it speak at another baud rate? The protocol's own \
         is 115200, and 9600 where energy is measured"
    )]
    Noise,
    /// It sends text, but no answer that the protocol knows.
    #[error(
        "the device talks but doesn't answer `{command}`; does its firmware speak the MLPerf Tiny \
         protocol?"
    )]
    Foreign {
        /// The command.
        command: String,
    },
    /// It fell silent in the middle.
    #[error(
        "the device didn't finish `{command}` within {}; its last line was `{}`. --timeout gives it \
         longer",
        seconds(*.patience), printable(last)
    )]
    Unfinished {
        /// The command.
        command: String,
        /// How long it had.
        patience: Duration,
        /// The last line that came, or that none did.
        last: String,
    },
    /// It refused a command.
    #[error("the device refused `{command}`: {}", printable(reason))]
    Refused {
        /// The command.
        command: String,
        /// What it says.
        reason: String,
    },
    /// It finished a command without the answer.
    #[error("the device answered `{command}` without {missing}; see the log")]
    Missing {
        /// The command.
        command: String,
        /// What isn't there.
        missing: &'static str,
    },
    /// It booted in the middle of a command.
    #[error(
        "the device restarted during `{command}`; did it crash, or lose its supply, or does a \
         watchdog run?"
    )]
    Restarted {
        /// The command.
        command: String,
    },
    /// It is set to measure energy, and doesn't tell the time.
    #[error(
        "the device is in energy mode, in which it tells no times; switch it to performance mode, \
         or build it without EE_CFG_ENERGY_MODE, or measure it with --energy"
    )]
    EnergyMode,
    /// It is set to tell the time, and doesn't mark it.
    #[error(
        "the device is in performance mode, in which it marks no times on a pin; switch it to energy \
         mode, or build it with EE_CFG_ENERGY_MODE, or measure it without --energy"
    )]
    PerformanceMode,
    /// What makes the energy worthless that was measured.
    #[error(
        "the energy that was measured is worthless: {}; the trace is {}",
        .flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        printable_path(trace)
    )]
    WorthlessEnergy {
        /// All that is wrong.
        flaws: Vec<Flaw>,
        /// Where the trace is.
        trace: PathBuf,
    },
    /// The instrument, or its trace.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// Its model belongs to no benchmark.
    #[error(
        "the device runs the model `{}`, which is none of MLPerf Tiny's; name the benchmark with \
         --task",
        printable(model)
    )]
    UnknownModel {
        /// The model's name.
        model: String,
    },
    /// Its model isn't that of the task.
    #[error(
        "the device runs the model `{}`, not one for {task}; was another image flashed?",
        printable(model)
    )]
    OtherModel {
        /// The model's name.
        model: String,
        /// The task that was asked for.
        task: &'static str,
    },
    /// Its result has another number of values.
    #[error(
        "the device gave {found} values as the result of `{command}`, and the model has {expected}"
    )]
    Results {
        /// The command.
        command: String,
        /// How many there were.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// It doesn't tell two times, at the start and at the end.
    #[error(
        "the device told {found} times `m-lap-us-…` during `{command}` instead of two, so that it \
         isn't known what was timed; see the log"
    )]
    Laps {
        /// The command.
        command: String,
        /// How many there were.
        found: usize,
    },
    /// Its clock went back, and didn't just begin anew after 2^32 µs.
    #[error(
        "the device's clock went back during `{command}`, from {from_us} to {to_us} µs within {} by \
         the host's clock; is its timer set anew, or narrower than 32 bits?",
        seconds(*.seen)
    )]
    ClockBack {
        /// The command.
        command: String,
        /// What the clock showed, µs.
        from_us: u32,
        /// And afterwards.
        to_us: u32,
        /// Time between the two by the host's clock.
        seen: Duration,
    },
    /// However many inferences it is given, the window isn't filled.
    #[error(
        "{inferences} inferences took {elapsed_us} µs by the device's clock, and the window is to \
         have {window_us} µs at least, though each attempt was planned by the one before; does its \
         timer run evenly?"
    )]
    ShortWindow {
        /// How many inferences were timed at last.
        inferences: u32,
        /// How long they took, µs.
        elapsed_us: u32,
        /// How long they should have taken, µs.
        window_us: u32,
    },
    /// A record can't hold how long an inference took.
    #[error(
        "an inference took {us:.0} µs by the device's clock: at {clock_hz} Hz that is {cycles:.0} \
         cycles, and a record holds {} at most. Is the clock right? Without --board the results are \
         written without a record",
        u32::MAX
    )]
    TooManyCycles {
        /// Time of an inference, µs.
        us: f64,
        /// Clock of the board, Hz.
        clock_hz: u64,
        /// What that makes.
        cycles: f64,
    },
    /// Its clock stands still.
    #[error("{inferences} inferences took 0 µs by the device's clock; does its timer run?")]
    StoppedClock {
        /// How many inferences were timed.
        inferences: u32,
    },
}

impl Exits for DeviceError {
    fn exit(&self) -> Exit {
        match self {
            Self::Link(LinkError::Open { .. } | LinkError::Lost { .. }) | Self::Silent { .. } => {
                Exit::NoTarget
            }
            Self::Link(LinkError::Interrupted(_)) => Exit::Interrupted,
            Self::Link(LinkError::Sampler(error)) | Self::Sampler(error) => error.exit(),
            Self::Log(_) => Exit::Output,
            _ => Exit::Target,
        }
    }
}

impl From<TraceWriteError> for DeviceError {
    fn from(error: TraceWriteError) -> Self {
        Self::Sampler(error.into())
    }
}

impl DeviceError {
    /// Whether the same command may go better if it is given again: a byte was lost on the way.
    pub(super) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unfinished { .. } | Self::Refused { .. } | Self::Missing { .. }
        )
    }
}

/// A duration for people.
fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
