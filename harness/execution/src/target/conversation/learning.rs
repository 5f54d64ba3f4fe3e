//! The part of the conversation that is about learning.

use std::mem::offset_of;
use std::time::Duration;

use tinybench_interface::{Command, Learning, LearningSource, NO_PREDICTION};
use tinybench_learning::{Configuration, Prediction};

use super::Conversation;
use crate::measure::TimedStep;
use crate::target::{Target, TargetError};
use tinybench_inputs::learning::Step;

impl<T: Target + ?Sized> Conversation<'_, T> {
    /// Has [`Self::prepare`] set `bytes` bytes aside for a learner from now on.
    pub fn reserve_learning(&mut self, bytes: usize) -> Result<(), TargetError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.set_learning(offset_of!(Learning, memory_bytes), &[bytes])
    }

    /// Has the image begin with a learner that knows nothing.
    pub fn begin_learning(&mut self, configuration: &Configuration) -> Result<(), TargetError> {
        let drift = configuration.drift;
        let learning = Learning {
            classes: configuration.classes as u32,
            neighbours: configuration.neighbours as u32,
            policy: configuration.policy as u32,
            seed: configuration.seed,
            drift: [drift.skip, drift.baseline, drift.batch, drift.threshold],
            ..self.read_learning()?
        };
        self.set_learning(0, &learning.host_words())?;
        self.command(Command::BeginLearning, Duration::ZERO)
    }

    /// Writes the features of a sample.
    pub fn write_features(&mut self, features: &[u8]) -> Result<(), TargetError> {
        let (address, bytes) = (self.block.output_address, self.block.output_bytes);
        if features.len() != bytes as usize {
            return Err(TargetError::Protocol(format!(
                "a sample has {} bytes of features, the image says {bytes}",
                features.len()
            )));
        }
        self.check_range("the output buffer", address, features.len())?;
        self.target.write_bytes(address, features)
    }

    /// Has the image predict and learn one sample. Returns the cycles of the extraction too, 0 if
    /// the features were given.
    pub fn learn(
        &mut self,
        source: LearningSource,
        label: u8,
    ) -> Result<(u32, TimedStep), TargetError> {
        self.set_learning(
            offset_of!(Learning, source),
            &[source as u32, u32::from(label)],
        )?;
        self.command(Command::Learn, Duration::ZERO)?;
        let learning = self.read_learning()?;
        let [extract, predict, learn, condense] = learning.cycles;
        let prediction = match learning.prediction {
            NO_PREDICTION => None,
            label => Some(Prediction {
                label: u8::try_from(label).map_err(|_| {
                    TargetError::Protocol(format!("the image predicts the class {label}"))
                })?,
                nearest: learning.nearest,
                votes: learning.votes,
            }),
        };
        let alarm = (learning.alarm != 0).then_some(learning.since);
        let step = TimedStep {
            step: Step {
                prediction,
                stored: learning.stored != 0,
                samples: learning.samples as usize,
                alarm,
            },
            predict,
            learn,
            condense: alarm.map(|_| condense),
        };
        Ok((extract, step))
    }

    /// Has the image condense its memory. Returns the cycles, and how many samples are kept.
    pub fn condense(&mut self) -> Result<(u32, usize), TargetError> {
        self.command(Command::Condense, Duration::ZERO)?;
        let learning = self.read_learning()?;
        Ok((learning.cycles[3], learning.samples as usize))
    }

    /// Reads the learner's memory.
    pub fn read_learning_memory(&mut self) -> Result<Vec<u32>, TargetError> {
        let Learning {
            memory_address,
            memory_bytes,
            ..
        } = self.read_learning()?;
        let bytes = memory_bytes as usize;
        self.check_range("the learner's memory", memory_address, bytes)?;
        let mut memory = vec![0; bytes / 4];
        self.target.read_words(memory_address, &mut memory)?;
        Ok(memory)
    }

    fn read_learning(&mut self) -> Result<Learning, TargetError> {
        let address = self.learning_address()?;
        let mut words = [0; Learning::WORDS];
        self.target.read_words(address, &mut words)?;
        Ok(Learning::from_words(&words))
    }

    fn set_learning(&mut self, offset: usize, words: &[u32]) -> Result<(), TargetError> {
        let address = self.learning_address()?;
        self.target.write_words(address + offset as u32, words)
    }

    fn learning_address(&self) -> Result<u32, TargetError> {
        match self.block.learning_address {
            0 => Err(TargetError::Protocol("the image can't learn".to_owned())),
            address => {
                self.check_range("what it says about learning", address, 4 * Learning::WORDS)?;
                Ok(address)
            }
        }
    }
}
