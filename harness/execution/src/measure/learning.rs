//! Learning on the target: the whole stream under each policy, and condensing at several sizes of
//! memory.

use tinybench_interface::LearningSource;
use tinybench_learning::{Configuration, Policy};

use super::{Plan, input};
use crate::target::conversation::Conversation;
use crate::target::{Target, TargetError};
use tinybench_inputs::learning::{Step, condensing_sizes, policy_name};
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;

/// What is needed to learn on the target.
#[derive(Clone, Copy)]
pub struct LearningPlan<'a> {
    /// The learner of each policy.
    pub configurations: &'a [Configuration],
    /// Bytes of the learner's memory.
    pub memory_bytes: usize,
    /// The class of each sample.
    pub labels: &'a [u8],
    /// The features of all samples, one after the other, for those that the target isn't to
    /// extract.
    pub features: &'a [u8],
}

/// What the target did with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearningMeasurement {
    /// Cycles of each extraction.
    pub extract: Vec<u32>,
    /// The samples that were extracted on the target, and their features.
    pub features: Vec<(usize, Vec<u8>)>,
    /// One entry a policy.
    pub policies: Vec<PolicyMeasurement>,
    /// Condensing at several sizes of memory, everything having been remembered.
    pub condensing: Vec<CondensingMeasurement>,
}

/// The whole stream under one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyMeasurement {
    /// One entry a sample.
    pub steps: Vec<TimedStep>,
    /// The learner's memory after the last sample.
    pub memory: Vec<u32>,
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedStep {
    /// What became of it.
    pub step: Step,
    /// Cycles of the prediction.
    pub predict: u32,
    /// Cycles of learning.
    pub learn: u32,
    /// Cycles of condensing, if there was an alarm.
    pub condense: Option<u32>,
}

/// Condensing once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CondensingMeasurement {
    /// Samples before.
    pub samples: usize,
    /// Samples after.
    pub kept: usize,
    /// Its cycles.
    pub cycles: u32,
    /// The learner's memory afterwards.
    pub memory: Vec<u32>,
}

/// Has the target learn. Under the first policy it extracts the features of the `plan`'s vectors
/// itself; all other features are given to it, for a frozen extractor gives the same each time.
pub(super) fn measure<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    plan: &Plan,
    learning: &LearningPlan,
    progress: &mut Progress,
) -> Result<LearningMeasurement, TargetError> {
    let size = plan.output_bytes;
    let given = |sample: usize| &learning.features[sample * size..][..size];
    conversation.reserve_learning(learning.memory_bytes)?;
    conversation.prepare(None)?;
    let mut measurement = LearningMeasurement {
        extract: Vec::new(),
        features: Vec::new(),
        policies: Vec::new(),
        condensing: Vec::new(),
    };
    for (number, configuration) in learning.configurations.iter().enumerate() {
        let what = format!("learning, {}", policy_name(configuration.policy));
        progress.begin(&what, Some(learning.labels.len() as u64));
        conversation.begin_learning(configuration)?;
        let mut steps = Vec::new();
        for (sample, &label) in learning.labels.iter().enumerate() {
            interrupt::check()?;
            let extracted = number == 0 && plan.vectors.contains(&sample);
            let source = if extracted {
                conversation.write_input(input(plan, sample))?;
                LearningSource::Input
            } else {
                conversation.write_features(given(sample))?;
                LearningSource::Features
            };
            let (extract, step) = conversation.learn(source, label)?;
            if extracted {
                let features = conversation.read_output(size)?;
                measurement.extract.push(extract);
                measurement.features.push((sample, features));
            }
            steps.push(step);
            progress.advance(1);
        }
        let memory = conversation.read_learning_memory()?;
        measurement
            .policies
            .push(PolicyMeasurement { steps, memory });
    }
    let Some(&first) = learning.configurations.first() else {
        return Ok(measurement);
    };
    let configuration = Configuration {
        policy: Policy::Incremental,
        ..first
    };
    let capacity = tinybench_learning::capacity(first.features, learning.memory_bytes);
    let sizes = condensing_sizes(capacity, learning.labels.len());
    progress.begin("condensing", Some(sizes.len() as u64));
    for samples in sizes {
        conversation.begin_learning(&configuration)?;
        for (sample, &label) in learning.labels[..samples].iter().enumerate() {
            interrupt::check()?;
            conversation.write_features(given(sample))?;
            conversation.learn(LearningSource::Features, label)?;
        }
        let (cycles, kept) = conversation.condense()?;
        measurement.condensing.push(CondensingMeasurement {
            samples,
            kept,
            cycles,
            memory: conversation.read_learning_memory()?,
        });
        progress.advance(1);
    }
    Ok(measurement)
}
