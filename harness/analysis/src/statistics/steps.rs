//! Steps in the history of a quantity.
//!
//! A history is fitted by levels, each of which holds for a stretch of it: the piecewise-constant
//! function that makes
//!
//! ```text
//! Σ |yᵢ - level| + γ · (number of steps)
//! ```
//!
//! least. This is the L1 Potts functional (Weinmann, Storath and Demaret, *The L1-Potts functional
//! for robust jump-sparse reconstruction*, SIAM Journal on Numerical Analysis 53, 2015), which asv
//! uses too. The
//! sum of absolute deviations makes the fit blind to single outliers; the penalty γ decides how
//! much a step must explain to be one.
//!
//! γ follows the Bayesian information criterion for noise of Laplace's distribution with mean
//! deviation b, with the factor 2 that makes a false step rare in histories of any length:
//! `γ = 2·b·ln n`. b is estimated from the median of the differences of neighbours, which a few
//! steps don't change. Where there is noise a level holds for at least two values, so that one
//! outlier, however far out, is none.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tinybench_support::order::median;

/// A longer history is fitted in blocks of this length first.
const BLOCK: usize = 512;

/// Part of the normal distribution within 0.6745 standard deviations: one half.
const NORMAL_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// Share of the level below which differences come from rounding in sums.
const ROUNDING: f64 = 1e-9;

/// A stretch of a history with one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Index of the first value.
    pub start: usize,
    /// Index after the last value.
    pub end: usize,
    /// Median of the values.
    pub level: f64,
}

/// A change of level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Index of the first value at the new level.
    pub at: usize,
    /// The level before.
    pub before: f64,
    /// The level from here on.
    pub after: f64,
}

/// Fits levels to `values`, which are in order of time. A level that lasts for m values is one only
/// if it differs by more than the share `least_change` / m (0.01 is 1 %); give the noise floor of a
/// noisy quantity and 0 for an exact one.
pub fn segments(values: &[f64], least_change: f64) -> Vec<Segment> {
    if values.is_empty() {
        return Vec::new();
    }
    let noise = noise(values);
    let level = median(values).unwrap_or_default().abs();
    let penalty = (2.0 * noise * (values.len() as f64).ln())
        .max(least_change * level)
        .max(ROUNDING * level);
    let shortest = if noise > ROUNDING * level { 2 } else { 1 };
    let fit = |values: &[f64], candidates: &[usize]| fit(values, candidates, penalty, shortest);
    let candidates: Vec<usize> = if values.len() <= BLOCK {
        (1..values.len())
            .filter(|&i| values[i - 1] != values[i])
            .collect()
    } else {
        // Blocks that overlap by half, so that each step is well inside one of them.
        let mut found: Vec<usize> = (0..values.len())
            .step_by(BLOCK / 2)
            .flat_map(|start| {
                let end = (start + BLOCK).min(values.len());
                let block = &values[start..end];
                let inside: Vec<usize> = (1..block.len())
                    .filter(|&i| block[i - 1] != block[i])
                    .collect();
                fit(block, &inside).into_iter().map(move |at| start + at)
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    let starts = fit(values, &candidates);
    let bounds: Vec<usize> = [0]
        .into_iter()
        .chain(starts)
        .chain([values.len()])
        .collect();
    bounds
        .windows(2)
        .map(|bounds| Segment {
            start: bounds[0],
            end: bounds[1],
            level: median(&values[bounds[0]..bounds[1]]).unwrap_or_default(),
        })
        .collect()
}

/// The steps of [`segments`] that change the level by more than the share `least_change`.
pub fn steps(values: &[f64], least_change: f64) -> Vec<Step> {
    segments(values, least_change)
        .windows(2)
        .map(|pair| Step {
            at: pair[1].start,
            before: pair[0].level,
            after: pair[1].level,
        })
        .filter(|step| (step.after - step.before).abs() > least_change * step.before.abs())
        .collect()
}

/// The mean deviation of the noise, in the unit of the values.
fn noise(values: &[f64]) -> f64 {
    let differences: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    // The difference of two values spreads √2 times as much as one.
    let deviation =
        median(&differences).unwrap_or_default() / NORMAL_QUARTILE / std::f64::consts::SQRT_2;
    deviation * (2.0 / std::f64::consts::PI).sqrt()
}

/// Where the best fit has its steps, which may only be at `candidates` (in ascending order, without
/// 0 and the end), by optimal partitioning: `best[r] = min over l of best[l] + cost(l..r) + γ`, over
/// stretches of at least `shortest` values.
fn fit(values: &[f64], candidates: &[usize], penalty: f64, shortest: usize) -> Vec<usize> {
    let bounds: Vec<usize> = [0]
        .into_iter()
        .chain(candidates.iter().copied())
        .chain([values.len()])
        .collect();
    // For each bound the least cost of what is before it, and where its last stretch begins.
    let mut best = vec![(f64::INFINITY, 0); bounds.len()];
    best[0] = (-penalty, 0);
    for left in 0..bounds.len() - 1 {
        let mut stretch = Stretch::default();
        for right in left + 1..bounds.len() {
            for &value in &values[bounds[right - 1]..bounds[right]] {
                stretch.push(value);
            }
            let cost = best[left].0 + stretch.cost() + penalty;
            let long_enough = bounds[right] - bounds[left] >= shortest;
            if long_enough && cost < best[right].0 {
                best[right] = (cost, left);
            }
        }
    }
    let mut starts = Vec::new();
    let mut at = best[bounds.len() - 1].1;
    while at > 0 {
        starts.push(bounds[at]);
        at = best[at].1;
    }
    starts.reverse();
    starts
}

/// The sum of absolute deviations from the median, of values that arrive one by one: the lower and
/// the upper half are kept apart.
#[derive(Default)]
struct Stretch {
    lower: BinaryHeap<Ordered>,
    upper: BinaryHeap<Reverse<Ordered>>,
    lower_sum: f64,
    upper_sum: f64,
}

impl Stretch {
    fn push(&mut self, value: f64) {
        if self.lower.peek().is_none_or(|top| value <= top.0) {
            self.lower.push(Ordered(value));
            self.lower_sum += value;
        } else {
            self.upper.push(Reverse(Ordered(value)));
            self.upper_sum += value;
        }
        // The lower half has as many values as the upper, or one more.
        if self.lower.len() > self.upper.len() + 1 {
            if let Some(Ordered(value)) = self.lower.pop() {
                self.lower_sum -= value;
                self.upper_sum += value;
                self.upper.push(Reverse(Ordered(value)));
            }
        } else if self.upper.len() > self.lower.len()
            && let Some(Reverse(Ordered(value))) = self.upper.pop()
        {
            self.upper_sum -= value;
            self.lower_sum += value;
            self.lower.push(Ordered(value));
        }
    }

    fn cost(&self) -> f64 {
        let median = self.lower.peek().map_or(0.0, |top| top.0);
        let below = self.lower.len() as f64 * median - self.lower_sum;
        let above = self.upper_sum - self.upper.len() as f64 * median;
        (below + above).max(0.0)
    }
}

/// A number in the order of `f64::total_cmp`.
#[derive(Clone, Copy, Debug)]
struct Ordered(f64);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of 12 uniform numbers, less 6, are close to normal with standard deviation 1.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut random = oorandom::Rand64::new(seed.into());
        move || (0..12).map(|_| random.rand_float()).sum::<f64>() - 6.0
    }

    #[test]
    fn an_exact_history_has_a_step_at_every_change() {
        let history = [10.0, 10.0, 10.0, 11.0, 11.0, 9.0];
        let found = steps(&history, 0.0);
        let expected = [(3, 10.0, 11.0), (5, 11.0, 9.0)];
        let found: Vec<_> = found.iter().map(|s| (s.at, s.before, s.after)).collect();
        assert_eq!(found, expected);
        assert_eq!(steps(&[7.0; 300], 0.0), []);
        assert_eq!(segments(&[], 0.0), []);
        assert_eq!(steps(&[5.0], 0.0), []);
    }

    #[test]
    fn a_step_in_noise_is_found_where_it_is() {
        for seed in 0..20 {
            let mut noise = noise(seed);
            let history: Vec<f64> = (0..200)
                .map(|i| if i < 120 { 100.0 } else { 103.0 } + noise())
                .collect();
            let found = steps(&history, 0.005);
            assert_eq!(found.len(), 1, "{seed}: {found:?}");
            assert!(found[0].at.abs_diff(120) <= 2, "{seed}: {found:?}");
            assert!((found[0].after / found[0].before - 1.03).abs() < 0.006);
        }
    }

    #[test]
    fn noise_alone_has_no_steps() {
        let with_steps = (0..100)
            .filter(|&seed| {
                let mut noise = noise(1_000 + seed);
                let history: Vec<f64> = (0..100).map(|_| 100.0 + noise()).collect();
                !steps(&history, 0.0).is_empty()
            })
            .count();
        assert!(with_steps <= 1, "{with_steps} of 100");
    }

    #[test]
    fn an_outlier_is_no_step() {
        let mut noise = noise(5);
        let mut history: Vec<f64> = (0..60).map(|_| 100.0 + 0.1 * noise()).collect();
        history[30] = 101.0;
        assert_eq!(steps(&history, 0.005), []);
    }

    #[test]
    fn a_long_history_is_fitted_like_a_short_one() {
        let mut noise = noise(9);
        let history: Vec<f64> = (0..2_000)
            .map(|i| match i {
                0..500 => 100.0,
                500..512 => 110.0,
                512..1_700 => 104.0,
                _ => 101.0,
            } + 0.5 * noise())
            .collect();
        let found: Vec<_> = steps(&history, 0.005).iter().map(|s| s.at).collect();
        assert_eq!(found, [500, 512, 1_700]);
    }

    #[test]
    fn the_running_cost_is_that_of_the_definition() {
        let values = [5.0, 1.0, 4.0, 4.0, -2.0, 8.0, 0.5];
        let mut stretch = Stretch::default();
        for (i, value) in values.iter().enumerate() {
            stretch.push(*value);
            let so_far = &values[..=i];
            let level = median(so_far).unwrap();
            let cost: f64 = so_far.iter().map(|value| (value - level).abs()).sum();
            assert!((stretch.cost() - cost).abs() < 1e-12);
        }
    }
}
