//! A model with its memory.

use core::mem;

use crate::error::ArenaTooSmall;
use crate::features::{self, AXES, FEATURES};
use crate::model::{Classifier, Model};

/// A model with everything it works on in one arena.
pub struct Engine<'m, 'a> {
    model: Model<'m>,
    input: &'a mut [i16],
    work: &'a mut [i16],
    features: &'a mut [i16; FEATURES],
    scaled: &'a mut [i16],
    output: &'a mut [i16],
}

/// Numbers of each part of the arena. Each is even, so that all parts begin at a word if the arena
/// does.
struct Plan {
    input: usize,
    work: usize,
    scaled: usize,
    output: usize,
}

impl Plan {
    fn new(model: &Model) -> Self {
        Self {
            input: AXES * model.samples(),
            work: features::work_length(model.samples()),
            scaled: match model.classifier() {
                Classifier::Forest(_) => 0,
                Classifier::Centroids(_) => FEATURES,
            },
            output: model.output_bytes().div_ceil(2).next_multiple_of(2),
        }
    }

    fn bytes(&self) -> usize {
        2 * (self.input + self.work + FEATURES + self.scaled + self.output)
    }
}

/// Bytes of arena that `model` needs, at an even address.
pub fn arena_needed(model: &Model) -> usize {
    Plan::new(model).bytes()
}

/// Takes `length` numbers off the front of `memory`.
fn take<'a>(memory: &mut &'a mut [i16], length: usize) -> Option<&'a mut [i16]> {
    let (taken, rest) = mem::take(memory).split_at_mut_checked(length)?;
    *memory = rest;
    Some(taken)
}

impl<'m, 'a> Engine<'m, 'a> {
    /// Plans `model` in `arena`.
    pub fn new(model: &Model<'m>, arena: &'a mut [u8]) -> Result<Self, ArenaTooSmall> {
        let plan = Plan::new(model);
        let given = arena.len();
        let (skipped, mut memory, _) = bytemuck::pod_align_to_mut::<u8, i16>(arena);
        let too_small = ArenaTooSmall {
            needed: plan.bytes() + skipped.len(),
            given,
        };
        let mut part = |length| take(&mut memory, length).ok_or(too_small);
        let input = part(plan.input)?;
        let work = part(plan.work)?;
        let features = part(FEATURES)?.try_into().map_err(|_| too_small)?;
        let scaled = part(plan.scaled)?;
        let output = part(plan.output)?;
        Ok(Self {
            model: *model,
            input,
            work,
            features,
            scaled,
            output,
        })
    }

    /// The window, bytes of 16-bit samples in the machine's own order, axis after axis.
    pub fn input_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self.input)
    }

    /// The output of the last inference.
    pub fn output(&self) -> &[u8] {
        &bytemuck::cast_slice(self.output)[..self.model.output_bytes()]
    }

    /// The features of the last inference.
    pub fn features(&self) -> &[i16; FEATURES] {
        self.features
    }

    /// Bytes of the arena in use.
    pub fn arena_used(&self) -> usize {
        arena_needed(&self.model)
    }

    /// One inference: the features of the window, then what the model makes of them.
    pub fn invoke(&mut self) {
        features::compute(self.input, self.work, self.features);
        let length = self.model.output_bytes();
        let output = &mut bytemuck::cast_slice_mut(self.output)[..length];
        match self.model.classifier() {
            Classifier::Forest(forest) => forest.classify(self.features, output),
            Classifier::Centroids(centroids) => {
                let score = centroids.score(self.features, self.scaled);
                output.copy_from_slice(&score.to_le_bytes());
            }
        }
    }
}
