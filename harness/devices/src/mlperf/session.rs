//! A session: who the device is, and the modes that were asked for, one after the other.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::accuracy::{self, Accuracy, AccuracyError};
use super::device::{Device, Identity, Patience};
use super::energy::{self, Energy};
use super::error::DeviceError;
use super::link::Link;
use super::link::metered::SharedSampler;
use super::log::{LogError, SessionLog};
use super::performance::{self, Performance};
use super::submission::{self, Mode};
use tinybench_execution::verify;
use tinybench_inputs::dataset::Task;
use tinybench_inputs::dataset::{Dataset, DatasetError};
use tinybench_inputs::subject::VectorCount;
use tinybench_record::ExecutionKind;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::WriteError;
use tinybench_support::hash::sha256_hex;
use tinybench_support::progress::Progress;

/// Seed of the input where there is no data set.
const SEED: u64 = 1;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The task, if it isn't to be taken from the device's model.
    pub task: Option<Task>,
    /// The data set.
    pub data: Option<&'a Path>,
    /// The modes, in order.
    pub modes: &'a [Mode],
    /// What the device is: times of a virtual one are marked as modelled.
    pub kind: ExecutionKind,
    /// How many samples of the data set are run for accuracy.
    pub samples: VectorCount,
    /// How many windows a performance run has.
    pub windows: u32,
    /// The shortest window of a performance run.
    pub window: Duration,
    /// How long the device may take.
    pub patience: Patience,
    /// What an instrument says of the device, for its energy.
    pub sampler: Option<&'a SharedSampler>,
    /// Where the results go, in the layout of a submission.
    pub out: &'a Path,
}

/// The input of the performance run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The seed, if it isn't from a data set.
    pub seed: Option<u64>,
    /// How many samples there are to choose from.
    pub available: usize,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// What a session found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the device says it is.
    pub identity: Identity,
    /// What it was measured as.
    pub task: Task,
    /// What the performance run was given.
    pub input: Input,
    /// The performance run.
    pub performance: Option<Performance>,
    /// The accuracy run.
    pub accuracy: Option<Accuracy>,
    /// The energy run.
    pub energy: Option<Energy>,
}

/// A session broke off.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum SessionError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(
        "the accuracy of a streaming wake word is measured by playing audio to the device in real \
         time, which needs the interface board of mlcommons/tiny; --mode performance does without"
    )]
    Streaming,
}

impl Exits for SessionError {
    fn exit(&self) -> Exit {
        match self {
            Self::Device(error) => error.exit(),
            Self::Dataset(_) => Exit::Input,
            Self::Write(_) => Exit::Output,
            Self::Streaming => Exit::Usage,
        }
    }
}

impl From<AccuracyError> for SessionError {
    fn from(error: AccuracyError) -> Self {
        match error {
            AccuracyError::Device(error) => Self::Device(error),
            AccuracyError::Dataset(error) => Self::Dataset(error),
        }
    }
}

impl From<LogError> for SessionError {
    fn from(error: LogError) -> Self {
        Self::Device(error.into())
    }
}

/// Connects to the device at the far end of `link` and carries out the plan. The log begins in
/// the folder of results and moves to that of each mode.
///
/// # Errors
/// [`SessionError`]; the log is on the disk up to there, and the results of modes that had ended.
pub fn run(
    link: &mut dyn Link,
    log: &mut SessionLog,
    plan: &Plan,
    progress: &mut Progress,
) -> Result<Found, SessionError> {
    let mut device = Device::new(link, log, plan.patience);
    if plan.sampler.is_some() {
        device = device.that_marks();
    }
    progress.begin("waiting for the device", None);
    device.connect()?;
    let identity = device.identify()?;
    let task = task_of(&identity, plan.task)?;
    progress.set_subject(task.name());
    if task == Task::Sww && plan.modes.contains(&Mode::Accuracy) {
        return Err(SessionError::Streaming);
    }
    let data = plan.data.map(|folder| Dataset::open(folder, task));
    let data = data.transpose()?;
    let (bytes, label, input, fields) = performance_input(task, data.as_ref())?;

    let mut found = Found {
        identity,
        task,
        input,
        performance: None,
        accuracy: None,
        energy: None,
    };
    for (index, &mode) in plan.modes.iter().enumerate() {
        let folder = submission::folder(plan.out, task, mode);
        if index == 0 {
            device.log().move_to(&folder)?;
        } else {
            *device.log() = SessionLog::create(&folder)?;
            device.identify()?;
        }
        submission::clear(&folder)?;
        match (mode, &data) {
            (Mode::Performance, _) => {
                device.load(&bytes, &label)?;
                let performance =
                    performance::measure(&mut device, task, plan.windows, plan.window, progress)?;
                let now = device.now();
                submission::write_performance(&folder, now, plan.kind, &performance, &fields)?;
                found.performance = Some(performance);
            }
            (Mode::Accuracy, Some(data)) => {
                let count = data.samples.len();
                let chosen = verify::spread(plan.samples.of(count), count);
                let samples = chosen.iter().map(|&index| data.samples[index].clone());
                let samples = samples.collect();
                let accuracy = accuracy::measure(&mut device, task, samples, count, progress)?;
                submission::write_accuracy(&folder, device.now(), &accuracy)?;
                found.accuracy = Some(accuracy);
            }
            // The command line demands a data set.
            (Mode::Accuracy, None) => {}
            (Mode::Energy, _) => {
                let Some(sampler) = plan.sampler else {
                    continue;
                };
                device.load(&bytes, &label)?;
                let asked = energy::Asked {
                    task,
                    windows: plan.windows,
                    window: plan.window,
                    is_real: plan.kind == ExecutionKind::Probe,
                    folder: &folder,
                };
                let energy = energy::measure(&mut device, sampler, &asked, progress)?;
                submission::write_energy(&folder, plan.kind, &energy, &fields)?;
                found.energy = Some(energy);
            }
        }
    }
    progress.end();
    Ok(found)
}

/// The task that the device's model belongs to, which must be the one that was asked for.
fn task_of(identity: &Identity, asked: Option<Task>) -> Result<Task, DeviceError> {
    let model = || identity.model.clone();
    match (Task::of_model(&identity.model), asked) {
        (Some(task), Some(asked)) if task != asked => Err(DeviceError::OtherModel {
            model: model(),
            task: asked.name(),
        }),
        (Some(task), _) | (None, Some(task)) => Ok(task),
        (None, None) => Err(DeviceError::UnknownModel { model: model() }),
    }
}

/// The bytes of the performance run's input, what it is called, where it is from, and what the
/// results say of it: the first input of the data set, or a seeded one.
fn performance_input(
    task: Task,
    data: Option<&Dataset>,
) -> Result<(Vec<u8>, String, Input, Value), DatasetError> {
    let (bytes, label, seed, fields) = match data {
        Some(data) => {
            let sample = &data.samples[0];
            let bytes = sample.inputs()?.swap_remove(0);
            let fields = submission::sample_fields(sample);
            (bytes, sample.file.clone(), None, fields)
        }
        None => {
            let fields = json!({ "seed": SEED });
            let label = format!("seeded with {SEED}");
            (seeded(task), label, Some(SEED), fields)
        }
    };
    let input = Input {
        seed,
        available: data.map_or(1, |data| data.samples.len()),
        sha256: sha256_hex(&bytes),
    };
    Ok((bytes, label, input, fields))
}

/// An input of pseudo-random numbers: any bytes, or, where a device takes `f32`, decibels as a
/// spectrogram has them.
fn seeded(task: Task) -> Vec<u8> {
    let mut random = oorandom::Rand32::new(SEED);
    match task {
        Task::Ad => (0..task.input_bytes() / 4)
            .flat_map(|_| (random.rand_float() * 60.0 - 40.0).to_le_bytes())
            .collect(),
        _ => (0..task.input_bytes())
            .map(|_| random.rand_u32().to_le_bytes()[3])
            .collect(),
    }
}
