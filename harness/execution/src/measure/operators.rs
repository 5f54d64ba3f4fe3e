//! The operators of an inference on a board where nothing but the image itself can tell them apart.

use std::time::Duration;

use tinybench_interface::operators::{CAPACITY, Operators};
use tinybench_support::progress::Progress;

use super::{MeasureError, Plan, audio, first_vector, from, input};
use crate::target::conversation::{Conversation, ImageView};
use crate::target::{Target, TargetError};

/// What an image gave that measures its operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedRun {
    /// Cycles of the inference, with those of the marks.
    pub cycles: u32,
    /// What it kept of its operators.
    pub operators: Operators,
}

impl MarkedRun {
    /// The operators, in the order in which they ended: index, cycles without those of the marks, and how
    /// many were part of each.
    pub fn each(&self) -> impl Iterator<Item = (u32, u64, u32)> {
        let kept = (self.operators.count as usize).min(CAPACITY);
        let inside = self.operators.inside;
        let entries = self.operators.entries.iter().take(kept);
        entries.map(move |&[index, cycles, nested]| {
            (index, cycles.saturating_sub(inside).into(), nested)
        })
    }

    /// Cycles that the marks took of the inference.
    pub fn of_marks(&self) -> u64 {
        u64::from(self.operators.count) * u64::from(self.operators.whole)
    }
}

/// Measures the operators of the image behind `target`, which keeps them at `address`: of the inference that
/// is the last one to be timed where nothing is profiled, once the same ones have filled the caches.
///
/// # Errors
/// Of the target.
pub fn measure<T: Target + ?Sized>(
    target: &mut T,
    image: ImageView,
    plan: &Plan,
    address: u32,
    progress: &mut Progress,
) -> Result<MarkedRun, MeasureError> {
    progress.begin("measuring operators", None);
    let mut conversation = Conversation::start(target, image, plan.timeout)?;
    conversation.check_counter()?;
    conversation.prepare(None)?;
    let steps = first_vector(plan);
    let first = steps.first().copied().unwrap_or(0);
    if let Some(stages) = &plan.pipeline {
        conversation.begin_pipeline(stages.task, stages.input, stages.output)?;
        conversation.write_audio(audio(stages, first))?;
    }
    let last = (plan.runs.max(1) - 1) as usize % steps.len().max(1);
    let again = steps.iter().take(last + 1);
    let mut cycles = 0;
    for &step in steps.iter().chain(again) {
        if plan.pipeline.is_none() {
            conversation.write_input(input(plan, step))?;
        }
        let run = conversation.run_from(from(plan, step), 1, Duration::ZERO)?;
        cycles = run.first().copied().unwrap_or_default();
    }
    let words = conversation.read_memory("the operators", address, Operators::WORDS as u32)?;
    let operators = Operators::from_words(&words);
    if operators.count > cycles {
        return Err(TargetError::Protocol(format!(
            "{} operators ended in an inference of {cycles} cycles",
            operators.count
        ))
        .into());
    }
    Ok(MarkedRun { cycles, operators })
}
