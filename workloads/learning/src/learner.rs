//! The learner: predict, learn, adapt.

use core::marker::PhantomData;

use crate::condense::condense;
use crate::configuration::{Configuration, ConfigurationError, Policy};
use crate::distance::Distances;
use crate::drift::{Alarm, DriftTest};
use crate::memory::Memory;
use crate::neighbours::{self, Prediction};

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Whether it is remembered.
    pub stored: bool,
    /// The alarm it has raised: [`Learner::adapt`] should follow.
    pub alarm: Option<Alarm>,
}

/// A classifier that learns while it is used. `D` computes distances.
pub struct Learner<'a, D> {
    configuration: Configuration,
    memory: Memory<'a>,
    test: DriftTest,
    /// Samples seen, which is the time of the next.
    time: u32,
    distances: PhantomData<D>,
}

impl<'a, D: Distances> Learner<'a, D> {
    /// A learner that knows nothing, with `storage` for its memory, which is filled with zeros: two
    /// learners that were told the same have the same in it, to the last word.
    pub fn new(
        configuration: Configuration,
        storage: &'a mut [u32],
    ) -> Result<Self, ConfigurationError> {
        configuration.check(size_of_val(storage))?;
        storage.fill(0);
        Ok(Self {
            memory: Memory::new(configuration.features, storage),
            test: DriftTest::new(configuration.drift),
            configuration,
            time: 0,
            distances: PhantomData,
        })
    }

    /// The class of `features`, or `None` as long as nothing is remembered.
    ///
    /// `features` has as many as the configuration says; further ones are left out, and missing
    /// ones are 0.
    pub fn predict(&mut self, features: &[i8]) -> Option<Prediction> {
        let count = features.len().min(self.configuration.features);
        self.memory.ask(&features[..count]);
        neighbours::predict::<D>(&self.memory, self.configuration.neighbours)
    }

    /// Takes note of the right class, `label`, of `features`, for which `prediction` was given.
    pub fn learn(&mut self, features: &[i8], label: u8, prediction: Option<Prediction>) -> Learned {
        let time = self.time;
        self.time = self.time.wrapping_add(1);
        let right = prediction.is_some_and(|it| it.label == label);
        let stored = self.configuration.policy == Policy::Incremental || !right;
        if stored {
            let count = features.len().min(self.configuration.features);
            self.memory.remember(&features[..count], label, time);
        }
        let alarm = match self.configuration.policy {
            Policy::Hybrid => self.test.record(right, time),
            Policy::Incremental | Policy::CondensingInTime => None,
        };
        Learned { stored, alarm }
    }

    /// Forgets what is older than the change, and condenses what is left.
    pub fn adapt(&mut self, alarm: Alarm) {
        self.memory
            .retain(|memory, index| memory.time(index) >= alarm.since);
        self.condense();
    }

    /// Keeps a part of the memory by which the rest is predicted rightly.
    pub fn condense(&mut self) {
        let Configuration {
            neighbours, seed, ..
        } = self.configuration;
        condense::<D>(&mut self.memory, neighbours, seed);
    }

    /// How many samples are remembered.
    pub fn samples(&self) -> usize {
        self.memory.len()
    }

    /// How many samples can be remembered.
    pub fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Time and label of a remembered sample, and its features as a row of
    /// [`distance`](crate::distance).
    pub fn sample(&self, index: usize) -> Option<(u32, u8, &[u32])> {
        (index < self.memory.len()).then(|| {
            let memory = &self.memory;
            (memory.time(index), memory.label(index), memory.row(index))
        })
    }
}
