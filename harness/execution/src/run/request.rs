//! What is asked of a run.

use std::path::PathBuf;
use std::time::Duration;

use probe_rs::probe::DebugProbeSelector;
use tinybench_inputs::subject::{Given, Metric, Source, VectorCount};
use tinybench_record::shard::Part;

use crate::power::DutyCycle;
use crate::target::select::On;

/// What to measure, on what, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the board.
    pub board: String,
    /// Name of the power option, if not the board's first.
    pub power: Option<String>,
    /// What to run on.
    pub on: On,
    /// The debug probe.
    pub probe: Option<DebugProbeSelector>,
    /// What to measure.
    pub what: What,
    /// Which part of it, if the run is split over machines.
    pub shard: Option<Part>,
    /// How often each inference is timed.
    pub runs: u32,
    /// How many vectors the target is given.
    pub vectors: VectorCount,
    /// How long the target may take for one answer.
    pub timeout: Duration,
    /// Whether the inference is profiled.
    pub profile: bool,
    /// How often it is used, for mean power and the life of a cell.
    pub duty_cycle: Option<DutyCycle>,
    /// The commit of the user's project; without one what CI or git says.
    pub commit: Option<String>,
}

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct What {
    /// Workloads of the project, or of the suite.
    pub workloads: Vec<String>,
    /// A suite.
    pub suite: Option<String>,
    /// Folder or address where the suite's models are.
    pub from: Option<String>,
    /// Folder of data sets in place of the suite's vectors.
    pub data: Option<PathBuf>,
    /// Files of the user's own models.
    pub models: Vec<PathBuf>,
    /// Folder of reference vectors for them.
    pub reference: Option<PathBuf>,
    /// Folder of inputs for them, without outputs.
    pub inputs: Option<PathBuf>,
    /// Steps of each vector, if vectors are sequences.
    pub steps: Option<usize>,
    /// File of labels for their vectors, and how answers are judged by them.
    pub labels: Option<(PathBuf, Metric)>,
    /// A stream that they extract features of.
    pub stream: Option<PathBuf>,
    /// Names of inference engines; none: the one that reads a model.
    pub runtimes: Vec<String>,
}

impl What {
    /// What is given with each model of the user's own, of which `vectors` are run.
    pub(super) fn given(&self, vectors: VectorCount) -> Given<'_> {
        let source = match (&self.reference, &self.inputs) {
            (Some(folder), _) => Source::Reference(folder),
            (None, Some(folder)) => Source::Inputs(folder),
            (None, None) => Source::Seed,
        };
        let labels = self.labels.as_ref();
        Given {
            source,
            steps: self.steps.unwrap_or(1),
            labels: labels.map(|(path, metric)| (path.as_path(), *metric)),
            vectors,
        }
    }
}
