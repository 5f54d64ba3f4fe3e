//! What the harness needs of a target, whatever is behind it, and how it can fail.

pub mod chip;
pub mod conversation;
pub mod fault;
mod patience;
mod relay;
pub mod select;
pub mod session;
pub mod setup;
pub mod virtual_board;

use std::collections::BTreeMap;
use std::time::Duration;

use tinybench_interface::{Command, Error as CommandError};
use tinybench_virtual_board::WindowProfile;
use tinybench_virtual_board::timing::Mix;

use crate::target::fault::{CodeAddress, FaultReport, Stopped};
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::interrupt::Interrupted;

/// A processor that holds an image, is halted, and can be let run until its next breakpoint.
pub trait Target {
    /// Reads words from memory. `address` is a multiple of 4.
    fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<(), TargetError>;
    /// Writes words to memory. `address` is a multiple of 4.
    fn write_words(&mut self, address: u32, words: &[u32]) -> Result<(), TargetError>;
    /// Reads bytes from memory.
    fn read_bytes(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), TargetError>;
    /// Writes bytes to memory.
    fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError>;
    /// Resets the processor and halts it before its first instruction.
    fn reset(&mut self) -> Result<(), TargetError>;
    /// Lets the processor run until it halts at a breakpoint.
    fn run(&mut self, wait: Wait) -> Result<(), TargetError>;
    /// Instructions between the two latest readings of the cycle counter by the processor, if the
    /// target can count them.
    fn instructions_in_window(&mut self) -> Result<Option<u64>, TargetError>;
    /// From now on [`Self::run`] looks at what the instructions are, at some of them every
    /// `cycles`; [`None`] ends that. False if the target can't do so.
    fn sample_every(&mut self, _cycles: Option<u32>) -> Result<bool, TargetError> {
        Ok(false)
    }
    /// What the instructions were that were looked at since that began, if the target can do so.
    fn sampled(&mut self) -> Result<Option<Mix>, TargetError> {
        Ok(None)
    }
    /// From now on, until [`Self::seen_pcs`], [`Self::run`] looks where the core is, as often as the probe
    /// can. False if the target can't be looked at so.
    fn look_at_pc(&mut self) -> Result<bool, TargetError> {
        Ok(false)
    }
    /// Where the core was seen since that began.
    fn seen_pcs(&mut self) -> PcSamples {
        PcSamples::default()
    }
    /// Begins to count where the cycles go, by operators that are called by the instructions before
    /// these addresses. False if the target can't do so.
    fn start_counting(&mut self, _behind_calls: &[u32]) -> Result<bool, TargetError> {
        Ok(false)
    }
    /// Ends [`Self::start_counting`]: where the cycles of the latest inference went.
    fn stop_counting(&mut self) -> Result<Option<WindowProfile>, TargetError> {
        Ok(None)
    }
}

/// Where a core was while it ran, by samples of its program counter (Armv7-M Architecture Reference
/// Manual, C1.8.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PcSamples {
    /// How often it was at an address.
    pub seen: BTreeMap<u32, u64>,
    /// How often the probe gave none.
    pub missed: u64,
}

/// How to wait for a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For this long the target is left alone, so that no traffic disturbs what it measures.
    pub quiet: Duration,
    /// After this long the target hangs.
    pub timeout: Duration,
}

/// Why a target can't go on.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The probe or the target is no longer there.
    #[error("lost the target: {0}; check the probe's cable and the board's power")]
    Lost(String),
    /// The target refused an access.
    #[error("the target refused an access by the debugger: {0}")]
    Refused(String),
    /// The image caught a processor exception.
    #[error("the target faulted: {0}")]
    Fault(Box<FaultReport>),
    /// The core locked up: it faulted where it could not handle it.
    #[error("the target locked up: it faulted while it was handling a fault\n{0}")]
    LockedUp(Box<Stopped>),
    /// The image did not answer in time.
    #[error(
        "the target hangs: no answer within {}; if it only is slow, give it more time with \
         --timeout\n{stopped}",
        seconds(*timeout)
    )]
    Hung {
        /// How long it was waited for.
        timeout: Duration,
        /// Where it was then.
        stopped: Box<Stopped>,
    },
    /// The block isn't where the image's symbol says.
    #[error(
        "there is no tinybench block at {address:#010x}: found {found:#010x}; the image did not \
         start, or is not a tinybench image"
    )]
    NoBlock {
        /// Where the block should be.
        address: u32,
        /// Its first word.
        found: u32,
    },
    /// The image speaks another version of the protocol.
    #[error("the image has interface version {found}, this tinybench needs {expected}")]
    Version {
        /// The image's version.
        found: u32,
        /// The host's version.
        expected: u32,
    },
    /// The image's answer makes no sense.
    #[error("the image doesn't keep to the protocol: {0}")]
    Protocol(String),
    /// The image reports that it could not carry a command out.
    #[error("{}", failure(*command, *error, *detail))]
    Failed {
        /// The command.
        command: Command,
        /// Why it failed.
        error: CommandError,
        /// Figures that go with it.
        detail: [u32; 2],
    },
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl TargetError {
    /// The same with the places in the source of where the core was stopped.
    pub fn located(self, at: impl Fn(u32) -> CodeAddress) -> Self {
        let locate = |mut stopped: Box<Stopped>| {
            stopped.pc = at(stopped.pc.address);
            stopped.lr = at(stopped.lr.address);
            stopped
        };
        match self {
            Self::Hung { stopped, timeout } => Self::Hung {
                stopped: locate(stopped),
                timeout,
            },
            Self::LockedUp(stopped) => Self::LockedUp(locate(stopped)),
            other => other,
        }
    }
}

impl Exits for TargetError {
    fn exit(&self) -> Exit {
        match self {
            Self::Lost(_) => Exit::NoTarget,
            Self::Interrupted(_) => Exit::Interrupted,
            Self::Failed {
                error:
                    CommandError::ArenaTooSmall | CommandError::BufferTooSmall | CommandError::BadModel,
                ..
            } => Exit::Input,
            _ => Exit::Target,
        }
    }
}

/// A duration in seconds, without needless digits.
fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn failure(command: Command, error: CommandError, [first, second]: [u32; 2]) -> String {
    match error {
        CommandError::ArenaTooSmall => {
            format!("the arena doesn't fit in RAM: {first} bytes are needed, {second} are there")
        }
        CommandError::BufferTooSmall => format!(
            "audio, input and output of the model, and a learner's memory, don't fit in RAM: \
             {first} bytes are needed, {second} are there"
        ),
        CommandError::BadModel if second == u32::MAX => {
            format!("the runtime on the target refused the model (its code {first})")
        }
        CommandError::BadModel => format!(
            "the runtime on the target refused the model (its code {first}, operator {second})"
        ),
        CommandError::CounterStuck => {
            "the cycle counter doesn't count, or not at a plausible rate".to_owned()
        }
        CommandError::CounterWrapped => {
            format!("run {first} took more than 2^32 cycles, which the counter can't tell")
        }
        CommandError::InvokeFailed => {
            format!("the runtime failed during an inference (its code {first})")
        }
        CommandError::BadStages => {
            "the image can't run the stages before and behind the inference".to_owned()
        }
        CommandError::BadLearning => format!(
            "the image can't learn like this (its code {first}): it is not of this version of tinybench"
        ),
        CommandError::None | CommandError::BadCommand | CommandError::BadRunCount => {
            format!("the image refused the command {command:?}: {error:?} ({first}, {second})")
        }
    }
}
