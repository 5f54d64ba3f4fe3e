//! The learner as a target runs it.

use crate::configuration::{Configuration, ConfigurationError};
#[cfg(armv7e_m)]
use crate::distance::Dsp as Native;
#[cfg(not(armv7e_m))]
use crate::distance::Portable as Native;
use crate::drift::Alarm;
use crate::learner::{Learned, Learner};
use crate::neighbours::Prediction;

/// A [`Learner`] with the machine's own instructions. It is compiled in this crate, so that its
/// time and its flash don't depend on how the program that uses it is compiled.
pub struct NativeLearner<'a>(Learner<'a, Native>);

impl<'a> NativeLearner<'a> {
    /// See [`Learner::new`].
    #[inline(never)]
    pub fn new(
        configuration: Configuration,
        storage: &'a mut [u32],
    ) -> Result<Self, ConfigurationError> {
        Learner::new(configuration, storage).map(Self)
    }

    /// See [`Learner::predict`].
    #[inline(never)]
    pub fn predict(&mut self, features: &[i8]) -> Option<Prediction> {
        self.0.predict(features)
    }

    /// See [`Learner::learn`].
    #[inline(never)]
    pub fn learn(&mut self, features: &[i8], label: u8, prediction: Option<Prediction>) -> Learned {
        self.0.learn(features, label, prediction)
    }

    /// See [`Learner::adapt`].
    #[inline(never)]
    pub fn adapt(&mut self, alarm: Alarm) {
        self.0.adapt(alarm);
    }

    /// See [`Learner::condense`].
    #[inline(never)]
    pub fn condense(&mut self) {
        self.0.condense();
    }

    /// See [`Learner::samples`].
    pub fn samples(&self) -> usize {
        self.0.samples()
    }

    /// See [`Learner::capacity`].
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }
}
