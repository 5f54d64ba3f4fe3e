//! How a calibration fails.

use std::path::PathBuf;

use super::cores::CORES;
use tinybench_execution::target::TargetError;
use tinybench_support::exit::{Exit, Exits};

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The target can't go on.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The same, in the middle of a benchmark.
    #[error("in the benchmark `{benchmark}`: {source}")]
    Benchmark {
        /// Its name.
        benchmark: String,
        /// What went wrong.
        source: Box<CalibrateError>,
    },
    /// The processor isn't the board file's.
    #[error(
        "the target's processor has part number {found:#05x}, not a {name}'s {part:#05x}: its cycles \
         say nothing about the model; check which board is connected"
    )]
    Core {
        /// The part number of CPUID.
        found: u32,
        /// The core of the board file.
        name: &'static str,
        /// Its part number.
        part: u32,
    },
    /// There are no benchmarks for the board's core.
    #[error(
        "{board} has a {core}, for which there are no benchmarks; there are for {}",
        CORES.map(|core| core.model.name()).join(", ")
    )]
    OtherCore {
        /// The board.
        board: String,
        /// Its core.
        core: String,
    },
    /// The chip isn't the board file's.
    #[error(
        "the target is not the {expected} of the board file, but {found}; connect the right \
         board, or name the one that is connected with --board"
    )]
    Chip {
        /// The chip of the board file.
        expected: &'static str,
        /// What the target says it is.
        found: String,
    },
    /// The answer isn't what the image computed.
    #[error(
        "the results block is damaged: its number or its checksum is wrong; something else writes \
         to the target's RAM, or the connection is bad"
    )]
    Damaged,
    /// The counter stands still, or counts something else.
    #[error(
        "the cycle counter doesn't count the core's clock: 64 instructions of one cycle took \
         {cycles}; another debugger may have switched it off"
    )]
    Counter {
        /// What it counted.
        cycles: u32,
    },
    /// The clock or the wait states don't change.
    #[error(
        "the target's clock can't be changed: the register at {address:#010x} holds {found:#010x} \
         where its bits {mask:#x} were set to {value:#x}; check that the firmware has set the chip \
         up and that nothing else holds its clock"
    )]
    Clock {
        /// Address of the register.
        address: u32,
        /// The bits that were set.
        mask: u32,
        /// To what.
        value: u32,
        /// What the register holds then.
        found: u32,
    },
    /// Modelled counts have to repeat exactly.
    #[error(
        "the counts of `{benchmark}` vary between {min} and {max} cycles from one repetition to \
         the next on the virtual board, which is deterministic: please report this"
    )]
    ModelVaries {
        /// Its name.
        benchmark: String,
        /// Least and largest difference.
        min: i64,
        /// See `min`.
        max: i64,
    },
    /// Too many measured counts vary.
    #[error(
        "{unstable} of {all} benchmarks don't repeat (`{benchmark}`: {min} to {max} cycles): \
         something disturbs the target, such as DMA, a bootloader's interrupts, or a clock that \
         isn't the core's"
    )]
    Unstable {
        /// How many.
        unstable: usize,
        /// Of how many.
        all: usize,
        /// The first of them.
        benchmark: String,
        /// Least and largest difference of it.
        min: i64,
        /// See `min`.
        max: i64,
    },
    /// The board's flash is too small.
    #[error("the sequences don't fit into the {bytes} bytes of the board's flash")]
    TooSmall {
        /// Size of the flash, bytes.
        bytes: u32,
    },
    /// There is no virtual board whose parameters could be fitted or compared.
    #[error("{board} has no virtual counterpart: there is nothing to compare a measurement with")]
    NoModel {
        /// The board.
        board: String,
    },
    /// A fit without a measurement.
    #[error(
        "--fit needs a measurement: connect the board through a probe (`--on probe`); what the \
         virtual board says is the model itself"
    )]
    NothingToFit,
    /// The virtual board can't run what the target ran.
    #[error("the virtual board can't be set up for the fit: {0}")]
    Model(String),
    /// The file to write isn't one.
    #[error(
        "--fit {0}: a board file is called NAME.toml, NAME of letters, digits, `-`, `_` and `.`"
    )]
    FitName(PathBuf),
    /// The board file can't take the parameters.
    #[error("the fitted board file would not be valid: {0}; nothing was written")]
    BoardFile(String),
}

impl Exits for CalibrateError {
    fn exit(&self) -> Exit {
        match self {
            Self::Target(error) => error.exit(),
            Self::Benchmark { source, .. } => source.exit(),
            Self::Core { .. } | Self::Chip { .. } => Exit::NoTarget,
            Self::Damaged
            | Self::Counter { .. }
            | Self::Clock { .. }
            | Self::ModelVaries { .. }
            | Self::Unstable { .. } => Exit::Target,
            Self::TooSmall { .. }
            | Self::NoModel { .. }
            | Self::OtherCore { .. }
            | Self::Model(_)
            | Self::BoardFile(_) => Exit::Input,
            Self::NothingToFit | Self::FitName(_) => Exit::Usage,
        }
    }
}

impl CalibrateError {
    /// In the middle of a benchmark.
    pub fn within(self, benchmark: &str) -> Self {
        match self {
            Self::Target(TargetError::Lost(_) | TargetError::Interrupted(_)) => self,
            other => Self::Benchmark {
                benchmark: benchmark.to_owned(),
                source: Box::new(other),
            },
        }
    }
}
