//! What a learner is to be, and what it can't be.

use crate::memory::{capacity, storage_bytes};

/// Most features of a sample: their squared distance fits 32 bits.
pub const MAX_FEATURES: usize = 65_536;

/// Most neighbours that vote.
pub const MAX_NEIGHBOURS: usize = 32;

/// Most classes.
pub const MAX_CLASSES: usize = 256;

/// Most outcomes that one batch of the drift test can have.
pub const MAX_BATCH: u32 = 50;

/// What a learner remembers, and when it forgets.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Every sample is remembered.
    Incremental = 0,
    /// Only samples that were predicted wrongly are remembered: condensing in time.
    CondensingInTime = 1,
    /// Condensing in time, and a test for concept drift on the outcomes. When it raises an alarm,
    /// what was learnt before the change is forgotten and the rest is condensed.
    Hybrid = 2,
}

impl Policy {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::Incremental, Self::CondensingInTime, Self::Hybrid];

    /// The policy with this number, if there is one.
    pub fn from_u32(value: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&policy| policy as u32 == value)
    }
}

/// How concept drift is told from chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftParameters {
    /// Outcomes that are left out after the start and after each alarm, while there is little in
    /// the memory.
    pub skip: u32,
    /// Outcomes behind those from which the accuracy without drift is taken.
    pub baseline: u32,
    /// Outcomes of one batch, at most [`MAX_BATCH`].
    pub batch: u32,
    /// The likelihood ratio at which an alarm is raised, natural logarithm, in 1/65,536.
    pub threshold: u32,
}

/// What a learner is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Features of a sample.
    pub features: usize,
    /// How many classes there are; labels are below.
    pub classes: usize,
    /// How many neighbours vote, as far as there are so many.
    pub neighbours: usize,
    /// What is remembered.
    pub policy: Policy,
    /// The drift test of [`Policy::Hybrid`].
    pub drift: DriftParameters,
    /// Seed of the order in which condensing goes through the memory; not 0.
    pub seed: u32,
}

/// A learner like this there can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// No features, or too many.
    #[error("a sample has {0} features, which must be 1 to {MAX_FEATURES}")]
    Features(usize),
    /// Fewer than two classes, or too many.
    #[error("there are {0} classes, which must be 2 to {MAX_CLASSES}")]
    Classes(usize),
    /// The memory can't hold one sample.
    #[error(
        "the memory is too small for one sample: it has {bytes} bytes, a sample of {features} \
         features takes {needed}"
    )]
    Memory {
        /// Bytes of the memory.
        bytes: usize,
        /// Features of a sample.
        features: usize,
        /// Bytes that are needed for one.
        needed: usize,
    },
    /// More neighbours than the memory holds samples.
    #[error(
        "{neighbours} neighbours are to vote, but the memory has room for only {samples} samples"
    )]
    Neighbours {
        /// How many are to vote.
        neighbours: usize,
        /// How many samples there can be.
        samples: usize,
    },
    /// No neighbours, or too many for any memory.
    #[error("{0} neighbours are to vote, which must be 1 to {MAX_NEIGHBOURS}")]
    NeighbourCount(usize),
    /// The drift test can't be made.
    #[error(
        "the drift test has batches of {batch} outcomes and a baseline of {baseline}: batches must have 1 to {MAX_BATCH}, the baseline 10 to 10000, and the threshold must be above 0"
    )]
    Drift {
        /// Outcomes of one batch.
        batch: u32,
        /// Outcomes of the baseline.
        baseline: u32,
    },
    /// The seed of the pseudo-random order is 0.
    #[error("the seed is 0, from which no order can be made")]
    Seed,
}

impl Configuration {
    /// Checks everything; `bytes` is the size of the memory.
    ///
    /// Returns how many samples the memory can hold.
    pub fn check(&self, bytes: usize) -> Result<usize, ConfigurationError> {
        if !(1..=MAX_FEATURES).contains(&self.features) {
            return Err(ConfigurationError::Features(self.features));
        }
        if !(2..=MAX_CLASSES).contains(&self.classes) {
            return Err(ConfigurationError::Classes(self.classes));
        }
        if !(1..=MAX_NEIGHBOURS).contains(&self.neighbours) {
            return Err(ConfigurationError::NeighbourCount(self.neighbours));
        }
        if self.seed == 0 {
            return Err(ConfigurationError::Seed);
        }
        let DriftParameters {
            baseline,
            batch,
            threshold,
            ..
        } = self.drift;
        if !(1..=MAX_BATCH).contains(&batch) || !(10..=10_000).contains(&baseline) || threshold == 0
        {
            return Err(ConfigurationError::Drift { batch, baseline });
        }
        let samples = capacity(self.features, bytes);
        if samples == 0 {
            return Err(ConfigurationError::Memory {
                bytes,
                features: self.features,
                needed: storage_bytes(self.features, 1),
            });
        }
        if self.neighbours > samples {
            return Err(ConfigurationError::Neighbours {
                neighbours: self.neighbours,
                samples,
            });
        }
        Ok(samples)
    }
}
