//! Every way in which the `tinybench` command fails, and the exit code of each.

use std::path::PathBuf;

use tinybench_virtual_board::LoadError;
use tinybench_virtual_board::glasgow::ServeError;

use crate::baselines::UnknownBaseline;
use crate::board::BoardError;
use crate::calibrate::CalibrateError;
use crate::commit::InvalidCommit;
use crate::compare::CompareError;
use crate::config::ConfigError;
use crate::confirm::ConfirmError;
use crate::exit::Exit;
use crate::export::ExportError;
use crate::fetch::{CacheError, FetchError};
use crate::files::{ReadError, WriteError};
use crate::firmware_build::{BuildError, ToolchainError};
use crate::firmware_file::FirmwareFileError;
use crate::image::ImageError;
use crate::interrupt::Interrupted;
use crate::measure::MeasureError;
use crate::merge::MergeError;
use crate::mlperf::link::LinkError;
use crate::mlperf::log::LogError;
use crate::mlperf::session::SessionError as MlperfError;
use crate::pages::PageError;
use crate::power::PowerError;
use crate::project::ProjectError;
use crate::record::RecordError;
use crate::records::RecordsError;
use crate::results::VerifyError;
use crate::runtimes::UnknownRuntime;
use crate::select::SelectError;
use crate::served::SerialError;
use crate::session::SessionError;
use crate::shard::ShardError;
use crate::subject::SubjectError;
use crate::suite::SuiteError;
use crate::suite::published::PublishedError;
use crate::virtual_board::VirtualBoardError;
use crate::workload::WorkloadError;

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum Error {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(
        "{file} of the suite `{suite}` isn't in the cache: run `tinybench fetch {suite}`, or name \
         the folder or mirror that has it with --from"
    )]
    NotFetched { suite: String, file: String },
    #[error(transparent)]
    Published(#[from] PublishedError),
    #[error(transparent)]
    Runtime(#[from] UnknownRuntime),
    #[error(transparent)]
    Subject(#[from] SubjectError),
    #[error(transparent)]
    Commit(#[from] InvalidCommit),
    #[error(transparent)]
    Select(#[from] SelectError),
    #[error(transparent)]
    VirtualBoard(#[from] VirtualBoardError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("can't serve the virtual board: {0}")]
    Listen(std::io::Error),
    #[error(transparent)]
    Serial(#[from] SerialError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error("the firmware that was built can't be read: {0}")]
    Image(#[from] ImageError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Calibrate(#[from] CalibrateError),
    #[error("{subject}: {source}")]
    Measure {
        subject: String,
        source: MeasureError,
    },
    #[error("{subject}: {source}")]
    Mismatch {
        subject: String,
        source: Box<VerifyError>,
    },
    #[error(transparent)]
    FirmwareFile(#[from] FirmwareFileError),
    #[error("{} is no image for {board}: {source}", path.display())]
    FirmwareLoad {
        path: PathBuf,
        board: String,
        source: LoadError,
    },
    #[error(
        "tinybench has no firmware for the MLPerf Tiny protocol with {workload}: it can do kws, vww, \
         ic and sww"
    )]
    NoMlperfFirmware { workload: String },
    #[error("{board} has no UART {uart}: --uart counts from 0")]
    NoUart { board: String, uart: usize },
    #[error(transparent)]
    MlperfLink(LinkError),
    #[error(transparent)]
    MlperfLog(LogError),
    #[error("{source}\nthe log up to there: {}", log.display())]
    Mlperf { source: MlperfError, log: PathBuf },
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    UnknownBaseline(#[from] UnknownBaseline),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(transparent)]
    Power(#[from] PowerError),
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error("{}", regressed(regressions))]
    Regression { regressions: Vec<String> },
    #[error("can't write JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("can't write to standard output: {0}")]
    Stdout(std::io::Error),
    #[error("there is nothing to run: the project has no workloads, and no --model is given")]
    NothingToRun,
    #[error("a virtual run is not possible yet: see what is missing above")]
    NotReady,
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// One line a regression.
fn regressed(regressions: &[String]) -> String {
    match regressions {
        [one] => format!("1 regression: {one}"),
        several => format!("{} regressions:\n  {}", several.len(), several.join("\n  ")),
    }
}

impl From<CacheError> for Error {
    fn from(error: CacheError) -> Self {
        Self::Fetch(error.into())
    }
}

impl Error {
    /// The exit code this error leads to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Project(_)
            | Self::Board(BoardError::Unknown { .. } | BoardError::UnknownPower { .. })
            | Self::Workload(WorkloadError::Unknown { .. })
            | Self::Runtime(_)
            | Self::UnknownBaseline(_)
            | Self::Commit(_)
            | Self::Shard(_)
            | Self::Power(_)
            | Self::Serial(SerialError::TooMany { .. })
            | Self::Export(ExportError::Base)
            | Self::NoUart { .. }
            | Self::NoMlperfFirmware { .. }
            | Self::NothingToRun => Exit::Usage,
            Self::Regression { .. } => Exit::Regression,
            Self::Confirm(error) => error.exit(),
            Self::Suite(error) if error.is_usage() => Exit::Usage,
            Self::Subject(error) if error.is_usage() => Exit::Usage,
            Self::Mismatch { .. } => Exit::Mismatch,
            Self::Fetch(error) => error.exit(),
            Self::VirtualBoard(_)
            | Self::Serve(_)
            | Self::Listen(_)
            | Self::Serial(_)
            | Self::MlperfLink(_) => Exit::NoTarget,
            Self::Mlperf { source, .. } => source.exit(),
            Self::Select(error) => error.exit(),
            Self::Subject(SubjectError::Write(_) | SubjectError::Folder { .. }) => Exit::Output,
            Self::Build(BuildError::ModelTooBig { .. } | BuildError::ImageTooBig { .. })
            | Self::Board(_)
            | Self::Workload(_)
            | Self::Suite(_)
            | Self::NotFetched { .. }
            | Self::Published(_)
            | Self::Subject(_)
            | Self::FirmwareFile(_)
            | Self::FirmwareLoad { .. }
            | Self::Record(_)
            | Self::Records(_)
            | Self::Config(_)
            | Self::Compare(_)
            | Self::Merge(_)
            | Self::Read(_) => Exit::Input,
            Self::Build(BuildError::NoPlace { .. } | BuildError::DiskFull { .. }) => Exit::Output,
            Self::Build(_) | Self::Toolchain(_) | Self::Image(_) | Self::NotReady => Exit::Build,
            Self::Page(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Calibrate(error) => error.exit(),
            Self::Measure {
                source: MeasureError::Target(error),
                ..
            } => error.exit(),
            Self::Measure { .. } => Exit::Target,
            Self::Write(_)
            | Self::MlperfLog(_)
            | Self::Stdout(_)
            | Self::Json(_)
            | Self::Export(_) => Exit::Output,
            Self::Interrupted(_) => Exit::Interrupted,
        }
    }
}
