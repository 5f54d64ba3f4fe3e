//! What host and image say to each other about learning on the target.

use core::mem::offset_of;

/// Value of [`Learning::prediction`] as long as nothing is remembered.
pub const NO_PREDICTION: u32 = u32::MAX;

/// What a step of [`Command::Learn`](crate::Command::Learn) begins with. Values of
/// [`Learning::source`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearningSource {
    /// The input buffer: the runtime extracts the features.
    Input = 0,
    /// The output buffer, into which the host has put features.
    Features = 1,
}

impl LearningSource {
    /// The source with this number, if there is one.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Input),
            1 => Some(Self::Features),
            _ => None,
        }
    }
}

/// What learning takes and gives, at [`Block::learning_address`](crate::Block::learning_address)
/// of an image that can learn. Written by the image: I; by the host: H.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learning {
    /// H: bytes of RAM that [`Command::Prepare`](crate::Command::Prepare) sets aside for the
    /// learner's memory, a multiple of 4; 0 for none.
    pub memory_bytes: u32,
    /// H: how many classes there are.
    pub classes: u32,
    /// H: how many neighbours vote.
    pub neighbours: u32,
    /// H: what is remembered: 0 everything, 1 mistakes, 2 mistakes with a test for drift.
    pub policy: u32,
    /// H: seed of the order of condensing.
    pub seed: u32,
    /// H: of the drift test: outcomes that are left out, outcomes of the baseline, outcomes of a
    /// batch, and the threshold in 1/65,536.
    pub drift: [u32; 4],
    /// H: a [`LearningSource`].
    pub source: u32,
    /// H: the right class of the sample.
    pub label: u32,
    /// I: lowest address of the learner's memory. Valid after
    /// [`Command::BeginLearning`](crate::Command::BeginLearning).
    pub memory_address: u32,
    /// I: how many samples it can hold.
    pub capacity: u32,
    /// I: cycles of the latest command's parts: extract, predict, learn, condense; 0 for those
    /// that were not carried out.
    pub cycles: [u32; 4],
    /// I: the predicted class, or [`NO_PREDICTION`].
    pub prediction: u32,
    /// I: squared distance of the nearest neighbour, 0 without a prediction.
    pub nearest: u32,
    /// I: weight of the votes for the class, 0 without a prediction.
    pub votes: u32,
    /// I: 1 if the sample is remembered.
    pub stored: u32,
    /// I: how many samples are remembered.
    pub samples: u32,
    /// I: 1 if the drift test raised an alarm.
    pub alarm: u32,
    /// I: time of the first sample behind the change, if there was an alarm.
    pub since: u32,
}

impl Learning {
    /// Size in words.
    pub const WORDS: usize = size_of::<Self>() / 4;

    /// Builds it from the words read out of a target, in address order.
    pub fn from_words(words: &[u32; Self::WORDS]) -> Self {
        let at = |offset: usize| words[offset / 4];
        let four = |offset: usize| core::array::from_fn(|i| at(offset + 4 * i));
        Self {
            memory_bytes: at(offset_of!(Self, memory_bytes)),
            classes: at(offset_of!(Self, classes)),
            neighbours: at(offset_of!(Self, neighbours)),
            policy: at(offset_of!(Self, policy)),
            seed: at(offset_of!(Self, seed)),
            drift: four(offset_of!(Self, drift)),
            source: at(offset_of!(Self, source)),
            label: at(offset_of!(Self, label)),
            memory_address: at(offset_of!(Self, memory_address)),
            capacity: at(offset_of!(Self, capacity)),
            cycles: four(offset_of!(Self, cycles)),
            prediction: at(offset_of!(Self, prediction)),
            nearest: at(offset_of!(Self, nearest)),
            votes: at(offset_of!(Self, votes)),
            stored: at(offset_of!(Self, stored)),
            samples: at(offset_of!(Self, samples)),
            alarm: at(offset_of!(Self, alarm)),
            since: at(offset_of!(Self, since)),
        }
    }

    /// What the host writes, in address order from the start.
    pub fn host_words(&self) -> [u32; Self::HOST_WORDS] {
        let [skip, baseline, batch, threshold] = self.drift;
        [
            self.memory_bytes,
            self.classes,
            self.neighbours,
            self.policy,
            self.seed,
            skip,
            baseline,
            batch,
            threshold,
            self.source,
            self.label,
        ]
    }

    /// How many words the host writes.
    pub const HOST_WORDS: usize = offset_of!(Self, memory_address) / 4;
}
