//! Runs every benchmark on one target.

use std::collections::HashMap;

use super::benchmarks::Benchmark;
use super::counts::{Counts, Readings};
use super::error::CalibrateError;
use super::runner::Runner;
use super::sequence::Sequence;
use tinybench_execution::target::Target;

/// What [`Sequence::check`] may take: a cycle each, and generous wait states.
const CHECK_CYCLES: std::ops::RangeInclusive<u32> = 64..=1024;

/// A measurement is refused if one benchmark in so many is unstable.
const UNSTABLE_PART: usize = 4;

/// Refuses a target whose cycle counter doesn't count.
pub fn check_counter<T: Target + ?Sized>(runner: &mut Runner<T>) -> Result<(), CalibrateError> {
    let readings = runner.run(&Sequence::check())?;
    match readings
        .cycles()
        .iter()
        .find(|it| !CHECK_CYCLES.contains(it))
    {
        Some(&cycles) => Err(CalibrateError::Counter { cycles }),
        None => Ok(()),
    }
}

/// Runs `benchmarks` and returns the counts of each, in their order. `advance` is called after
/// each.
pub fn measure<'b, T: Target + ?Sized>(
    runner: &mut Runner<T>,
    benchmarks: impl IntoIterator<Item = &'b Benchmark>,
    mut advance: impl FnMut(),
) -> Result<Vec<Counts>, CalibrateError> {
    // Many benchmarks have one control.
    let mut known: HashMap<Sequence, Readings> = HashMap::new();
    let mut counts = Vec::new();
    for benchmark in benchmarks {
        let mut readings = |sequence: &Sequence| -> Result<Readings, CalibrateError> {
            if let Some(readings) = known.get(sequence) {
                return Ok(readings.clone());
            }
            let readings = runner
                .run(sequence)
                .map_err(|error| error.within(&benchmark.name))?;
            known.insert(sequence.clone(), readings.clone());
            Ok(readings)
        };
        let control = readings(&benchmark.control)?;
        let sequence = readings(&benchmark.sequence)?;
        counts.push(Counts::difference(&sequence, &control));
        advance();
    }
    runner.back_to_full_clock()?;
    Ok(counts)
}

/// Refuses a measurement of which too much varies.
pub fn check_stability(benchmarks: &[Benchmark], counts: &[Counts]) -> Result<(), CalibrateError> {
    let unstable: Vec<_> = benchmarks
        .iter()
        .zip(counts)
        .filter(|(_, counts)| !counts.stable())
        .collect();
    match unstable.first() {
        Some((benchmark, first)) if unstable.len() * UNSTABLE_PART > counts.len() => {
            Err(CalibrateError::Unstable {
                unstable: unstable.len(),
                all: counts.len(),
                benchmark: benchmark.name.clone(),
                min: first.cycles_min,
                max: first.cycles_max,
            })
        }
        _ => Ok(()),
    }
}

/// Refuses modelled counts that vary.
pub fn check_model(benchmarks: &[Benchmark], counts: &[Counts]) -> Result<(), CalibrateError> {
    let mut all = benchmarks.iter().zip(counts);
    match all.find(|(_, counts)| !counts.stable()) {
        Some((benchmark, counts)) => Err(CalibrateError::ModelVaries {
            benchmark: benchmark.name.clone(),
            min: counts.cycles_min,
            max: counts.cycles_max,
        }),
        None => Ok(()),
    }
}
