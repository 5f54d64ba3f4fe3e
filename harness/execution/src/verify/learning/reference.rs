//! What a learner makes of a stream on the host, step by step, beside what the target did.

use tinybench_learning::distance::Portable;
use tinybench_learning::{Configuration, Learner, Policy};

use crate::measure::LearningMeasurement;
use tinybench_inputs::learning::{Step, policy_name};
use tinybench_inputs::subject::{LearningSubject, Subject};

/// The first difference between host and target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "learning differs from the host's, policy {policy}, {place}: expected {expected}, got {got}"
)]
pub struct LearningMismatch {
    /// The policy.
    pub policy: &'static str,
    /// Where in the stream, or in the memory.
    pub place: String,
    /// What the host has.
    pub expected: String,
    /// What the target has.
    pub got: String,
}

/// Compares extracted features, every step of every policy, and all of the memory after the last,
/// with what the portable code does on the host.
pub fn verify(
    subject: &Subject,
    learning: &LearningSubject,
    measurement: &LearningMeasurement,
) -> Result<(), LearningMismatch> {
    let each = subject.facts.output_bytes;
    for (sample, features) in &measurement.features {
        let expected = &subject.outputs[sample * each..][..each];
        let differs = expected.iter().zip(features).position(|(a, b)| a != b);
        if let Some(index) = differs {
            return Err(LearningMismatch {
                policy: "any",
                place: format!("sample {sample}, feature {index}"),
                expected: expected[index].cast_signed().to_string(),
                got: features[index].cast_signed().to_string(),
            });
        }
    }
    let host = Host { subject, learning };
    for (&configuration, run) in learning.configurations.iter().zip(&measurement.policies) {
        let policy = policy_name(configuration.policy);
        let memory = host.run(configuration, run.steps.len(), false, |sample, expected| {
            let got = run.steps[sample].step;
            if expected == got {
                return Ok(());
            }
            Err(LearningMismatch {
                policy,
                place: format!("sample {sample}"),
                expected: format!("{expected:?}"),
                got: format!("{got:?}"),
            })
        })?;
        same_memory(policy, "after the last sample", &memory, &run.memory)?;
    }
    for run in &measurement.condensing {
        let configuration = Configuration {
            policy: Policy::Incremental,
            ..learning.configurations[0]
        };
        let memory = host.run(configuration, run.samples, true, |_, _| Ok(()))?;
        let place = format!("{} samples condensed", run.samples);
        let policy = policy_name(Policy::Incremental);
        same_memory(policy, &place, &memory, &run.memory)?;
    }
    Ok(())
}

fn same_memory(
    policy: &'static str,
    place: &str,
    expected: &[u32],
    got: &[u32],
) -> Result<(), LearningMismatch> {
    let longest = expected.len().max(got.len());
    let Some(index) = (0..longest).find(|&index| expected.get(index) != got.get(index)) else {
        return Ok(());
    };
    let word = |memory: &[u32]| {
        let word = memory.get(index);
        word.map_or("nothing".to_owned(), |word| format!("{word:#010x}"))
    };
    Err(LearningMismatch {
        policy,
        place: format!("{place}, word {index} of the memory"),
        expected: word(expected),
        got: word(got),
    })
}

/// The stream on the host.
struct Host<'a> {
    subject: &'a Subject,
    learning: &'a LearningSubject,
}

impl Host<'_> {
    /// Has a new learner go through the first `samples` samples, and condense at the end if asked
    /// to. Returns its memory.
    fn run(
        &self,
        configuration: Configuration,
        samples: usize,
        condense: bool,
        mut each: impl FnMut(usize, Step) -> Result<(), LearningMismatch>,
    ) -> Result<Vec<u32>, LearningMismatch> {
        let stream = &self.learning.stream;
        let mut memory = vec![0; stream.memory_bytes / 4];
        let mut learner = match Learner::<Portable>::new(configuration, &mut memory) {
            Ok(learner) => learner,
            Err(error) => unreachable!("a subject's configurations were checked: {error}"),
        };
        let size = self.subject.facts.output_bytes;
        for (sample, &label) in stream.labels[..samples].iter().enumerate() {
            let features: Vec<i8> = self.subject.outputs[sample * size..][..size]
                .iter()
                .map(|byte| byte.cast_signed())
                .collect();
            let prediction = learner.predict(&features);
            let learned = learner.learn(&features, label, prediction);
            if let Some(alarm) = learned.alarm {
                learner.adapt(alarm);
            }
            each(
                sample,
                Step {
                    prediction,
                    stored: learned.stored,
                    samples: learner.samples(),
                    alarm: learned.alarm.map(|it| it.since),
                },
            )?;
        }
        if condense {
            learner.condense();
        }
        Ok(memory)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::measure::{CondensingMeasurement, PolicyMeasurement, TimedStep};
    use tinybench_inputs::board::Boards;
    use tinybench_inputs::runtimes::Interpreter;
    use tinybench_inputs::workload::Workloads;

    const SAMPLES: usize = 120;

    fn subject() -> Subject {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let boards = Boards::open(&[root.join("targets/boards")]).unwrap();
        let board = boards.load("nano33").unwrap().board;
        let workloads = Workloads::open(&[root.join("workloads/models")]).unwrap();
        let workload = workloads.load("knn").unwrap();
        Subject::from_workload(workload, &Interpreter, &board).unwrap()
    }

    /// What a target that does everything right gives.
    fn right(subject: &Subject) -> LearningMeasurement {
        let learning = subject.learning.as_ref().unwrap();
        let host = Host { subject, learning };
        let policies = learning.configurations.iter().map(|&configuration| {
            let mut steps = Vec::new();
            let memory = host.run(configuration, SAMPLES, false, |_, step| {
                steps.push(TimedStep {
                    step,
                    predict: 1,
                    learn: 1,
                    condense: None,
                });
                Ok(())
            });
            PolicyMeasurement {
                steps,
                memory: memory.unwrap(),
            }
        });
        let first = Configuration {
            policy: Policy::Incremental,
            ..learning.configurations[0]
        };
        LearningMeasurement {
            extract: vec![1],
            features: vec![(3, subject.outputs[3 * 64..4 * 64].to_vec())],
            policies: policies.collect(),
            condensing: vec![CondensingMeasurement {
                samples: 30,
                kept: 10,
                cycles: 1,
                memory: host.run(first, 30, true, |_, _| Ok(())).unwrap(),
            }],
        }
    }

    #[test]
    fn the_first_difference_of_any_kind_is_told() {
        let subject = subject();
        let learning = subject.learning.as_ref().unwrap();
        let good = right(&subject);
        verify(&subject, learning, &good).unwrap();
        let message = |damage: &dyn Fn(&mut LearningMeasurement)| {
            let mut measurement = good.clone();
            damage(&mut measurement);
            verify(&subject, learning, &measurement)
                .unwrap_err()
                .to_string()
        };
        let text = message(&|it| it.features[0].1[5] ^= 1);
        assert!(text.contains("policy any, sample 3, feature 5"), "{text}");
        let text = message(&|it| {
            let prediction = &mut it.policies[1].steps[77].step.prediction;
            prediction.as_mut().unwrap().votes += 1;
        });
        assert!(
            text.contains("policy condensing-in-time, sample 77"),
            "{text}"
        );
        let text = message(&|it| it.policies[2].steps[99].step.alarm = Some(90));
        assert!(text.contains("policy hybrid, sample 99"), "{text}");
        let text = message(&|it| it.policies[0].memory[2_000] ^= 1 << 20);
        assert!(
            text.contains("policy incremental, after the last sample, word 2000 of the memory"),
            "{text}"
        );
        let text = message(&|it| it.condensing[0].memory[0] ^= 1);
        assert!(text.contains("30 samples condensed, word 0"), "{text}");
    }
}
