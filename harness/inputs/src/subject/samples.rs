//! What a vector is: one inference, or several that belong together.

use std::ops::Range;

/// How the inferences of a subject make up its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// Each is a sample.
    Each(usize),
    /// Sequences of so many steps. A model's state is reset before the first step of each.
    Sequences {
        /// How many there are.
        count: usize,
        /// Steps of each, at least one.
        steps: usize,
    },
    /// Samples that are cut into windows; where the windows of each end, counted over all.
    Windows(Vec<usize>),
}

impl Samples {
    /// Of `inferences`, in sequences of so many `steps` if that is more than one.
    pub fn of(inferences: usize, steps: usize) -> Self {
        match steps {
            0 | 1 => Self::Each(inferences),
            _ => Self::Sequences {
                count: inferences / steps,
                steps,
            },
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Each(count) | Self::Sequences { count, .. } => *count,
            Self::Windows(ends) => ends.len(),
        }
    }

    /// Inferences in a row between which a model's state isn't reset; 1 where there are no sequences.
    pub fn steps(&self) -> usize {
        match self {
            Self::Sequences { steps, .. } => *steps,
            Self::Each(_) | Self::Windows(_) => 1,
        }
    }

    /// The inferences of a sample.
    pub fn inferences(&self, sample: usize) -> Range<usize> {
        match self {
            Self::Each(_) => sample..sample + 1,
            Self::Sequences { steps, .. } => sample * steps..(sample + 1) * steps,
            Self::Windows(ends) => {
                let end = |index: usize| ends.get(index).copied().unwrap_or(0);
                sample.checked_sub(1).map_or(0, end)..end(sample)
            }
        }
    }

    /// The sample that an inference belongs to, and which of its parts it is, if it has several.
    pub fn place(&self, inference: usize) -> (usize, Option<(&'static str, usize)>) {
        match self {
            Self::Each(_) => (inference, None),
            Self::Sequences { steps, .. } => (inference / steps, Some(("step", inference % steps))),
            Self::Windows(ends) => {
                let sample = ends.partition_point(|end| *end <= inference);
                let all = self.inferences(sample);
                let window = inference.saturating_sub(all.start);
                (sample, (all.len() > 1).then_some(("window", window)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_made_up_of_inferences() {
        assert_eq!(Samples::of(12, 1), Samples::Each(12));
        let sequences = Samples::of(12, 4);
        assert_eq!((sequences.count(), sequences.steps()), (3, 4));
        assert_eq!(sequences.inferences(2), 8..12);
        let windows = Samples::Windows(vec![2, 3, 7]);
        assert_eq!((windows.count(), windows.steps()), (3, 1));
        let each: Vec<_> = (0..3).map(|it| windows.inferences(it)).collect();
        assert_eq!(each, [0..2, 2..3, 3..7]);
        assert_eq!(sequences.place(9), (2, Some(("step", 1))));
        assert_eq!(windows.place(1), (0, Some(("window", 1))));
        assert_eq!(windows.place(2), (1, None));
        assert_eq!(windows.place(3), (2, Some(("window", 0))));
    }
}
