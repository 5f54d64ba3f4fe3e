//! From what the target did with a stream to the figures of a record.

use tinybench_learning::{capacity, storage_bytes};

use crate::measure::{LearningMeasurement, PolicyMeasurement, TimedStep};
use tinybench_inputs::learning::{BENCHMARK, policy_name};
use tinybench_inputs::subject::{LearningSubject, Subject};
use tinybench_record::{self as record, Other, learning as figures};
use tinybench_support::order::median;

/// Samples of one point of a curve.
const WINDOW: usize = 20;

/// The figures of a stream that was verified.
pub fn figures(
    subject: &Subject,
    learning: &LearningSubject,
    measurement: &LearningMeasurement,
    clock_hz: u64,
) -> figures::Learning {
    let stream = &learning.stream;
    let context = Context {
        features: subject.facts.output_bytes,
        clock_hz,
        learning,
    };
    let runs = learning.configurations.iter().zip(&measurement.policies);
    let policies: Vec<_> = runs
        .map(|(configuration, run)| context.policy(policy_name(configuration.policy), run))
        .collect();
    let steps = measurement.policies.iter().map(|it| it.steps.len() as u64);
    let (cycles_per_element, fixed_cycles) = context.prediction_cost(measurement);
    let extract_cycles = median(&measurement.extract).unwrap_or_default();
    figures::Learning {
        benchmark: BENCHMARK.to_owned(),
        stream: figures::Stream {
            samples: stream.labels.len() as u64,
            sha256: stream.sha256(&subject.inputs),
            classes: stream.classes.clone(),
            arrivals: stream
                .arrivals
                .iter()
                .map(|arrival| figures::Arrival {
                    class: arrival.class.clone(),
                    at: arrival.at as u64,
                })
                .collect(),
            drift_at: stream.drift.as_ref().map(|drift| drift.at as u64),
            other: Other::new(),
        },
        features: context.features as u32,
        neighbours: learning
            .configurations
            .first()
            .map_or(0, |it| it.neighbours as u32),
        memory_bytes: stream.memory_bytes as u32,
        capacity: capacity(context.features, stream.memory_bytes) as u32,
        extract: record::Stage {
            cycles: measurement.extract.clone(),
            median_cycles: extract_cycles,
            median_us: context.microseconds(extract_cycles),
            other: Other::new(),
        },
        cycles_per_element,
        fixed_cycles,
        policies,
        condensing: measurement
            .condensing
            .iter()
            .map(|it| figures::Condensing {
                samples: it.samples as u32,
                kept: it.kept as u32,
                cycles: it.cycles,
            })
            .collect(),
        steps_compared: steps.sum(),
        verified: true,
        other: Other::new(),
    }
}

struct Context<'a> {
    features: usize,
    clock_hz: u64,
    learning: &'a LearningSubject,
}

impl Context<'_> {
    fn microseconds(&self, cycles: f64) -> f64 {
        cycles / self.clock_hz as f64 * 1e6
    }

    fn latency(&self, cycles: &[u32]) -> Option<figures::Latency> {
        let median_cycles = median(cycles)?;
        let max_cycles = cycles.iter().copied().max()?;
        Some(figures::Latency {
            median_cycles,
            max_cycles,
            median_us: self.microseconds(median_cycles),
            max_us: self.microseconds(max_cycles.into()),
        })
    }

    /// The line through the cycles of all predictions over the int8 features in memory, by least
    /// squares: its slope, and its value at an empty memory.
    fn prediction_cost(&self, measurement: &LearningMeasurement) -> (f64, f64) {
        let points: Vec<(f64, f64)> = measurement
            .policies
            .iter()
            .flat_map(|run| before(&run.steps).zip(&run.steps))
            .filter(|(samples, _)| *samples > 0)
            .map(|(samples, step)| ((samples * self.features) as f64, step.predict.into()))
            .collect();
        let count = points.len().max(1) as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|it| it.0), mean(|it| it.1));
        let spread: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
        let both: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
        // A memory that never grows tells nothing about growing.
        let slope = if spread > 0.0 { both / spread } else { 0.0 };
        (slope, y - slope * x)
    }

    fn policy(&self, name: &str, run: &PolicyMeasurement) -> figures::Policy {
        let stream = &self.learning.stream;
        let steps = &run.steps;
        let right: Vec<bool> = steps
            .iter()
            .zip(&stream.labels)
            .map(|(step, &label)| step.step.prediction.is_some_and(|it| it.label == label))
            .collect();
        let drift = stream.drift.as_ref().map(|drift| drift.at);
        let alarms: Vec<_> = steps
            .iter()
            .enumerate()
            .filter_map(|(sample, step)| {
                Some(figures::Alarm {
                    at: sample as u64,
                    since: step.step.alarm?.into(),
                    kept: step.step.samples as u32,
                    cycles: step.condense.unwrap_or_default(),
                })
            })
            .collect();
        let behind = |alarm: &&figures::Alarm| drift.is_some_and(|at| alarm.at >= at as u64);
        let peak = steps.iter().map(|it| it.step.samples).max().unwrap_or(0);
        let all = |part: fn(&TimedStep) -> u32| {
            let cycles: Vec<u32> = steps.iter().map(part).collect();
            self.latency(&cycles).unwrap_or(figures::Latency {
                median_cycles: 0.0,
                max_cycles: 0,
                median_us: 0.0,
                max_us: 0.0,
            })
        };
        let condense: Vec<u32> = steps.iter().filter_map(|it| it.condense).collect();
        figures::Policy {
            policy: name.to_owned(),
            accuracy: share(&right).unwrap_or_default(),
            accuracy_before_drift: drift.and_then(|at| share(&right[..at])),
            accuracy_after_drift: drift.and_then(|at| share(&right[at..])),
            peak_samples: peak as u32,
            peak_memory_bytes: self.memory_bytes(peak),
            predict: all(|step| step.predict),
            learn: all(|step| step.learn),
            condense: self.latency(&condense),
            false_alarms: alarms.iter().filter(|alarm| !behind(alarm)).count() as u64,
            detection_delay: alarms
                .iter()
                .find(behind)
                .zip(drift)
                .map(|(alarm, at)| alarm.at + 1 - at as u64),
            alarms,
            curve: self.curve(steps, &right),
            other: Other::new(),
        }
    }

    fn curve(&self, steps: &[TimedStep], right: &[bool]) -> Vec<figures::Point> {
        let samples: Vec<usize> = before(steps).collect();
        (0..steps.len())
            .step_by(WINDOW)
            .map(|from| {
                let to = (from + WINDOW).min(steps.len());
                let last = to - 1;
                figures::Point {
                    sample: last as u64,
                    memory_samples: samples[last] as u32,
                    memory_bytes: self.memory_bytes(samples[last]),
                    predict_cycles: steps[last].predict,
                    learn_cycles: steps[last].learn,
                    accuracy: share(&right[from..to]).unwrap_or_default(),
                }
            })
            .collect()
    }

    fn memory_bytes(&self, samples: usize) -> u32 {
        storage_bytes(self.features, samples) as u32
    }
}

/// How many samples each step found in memory.
fn before(steps: &[TimedStep]) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(steps.iter().map(|it| it.step.samples))
}

fn share(right: &[bool]) -> Option<f64> {
    let count = right.iter().filter(|&&right| right).count();
    (!right.is_empty()).then(|| count as f64 / right.len() as f64)
}
