//! How often the comparison of noisy samples is wrong, found by trying: samples with a known
//! difference are drawn and compared. `docs/statistics.md` has the table.

use super::change::{Change, compare};

/// The noise of the runs of one benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// The normal distribution.
    Normal,
    /// The exponential distribution: never faster than a limit, sometimes much slower, as
    /// interrupts make it.
    Skewed,
    /// Two modes, equally likely and two standard deviations apart, with a tenth of normal noise
    /// around each, as two layouts in a cache make it.
    Bimodal,
}

impl Noise {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Skewed, Self::Bimodal];

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Skewed => "skewed",
            Self::Bimodal => "bimodal",
        }
    }

    /// One draw, with the mean 0 and the standard deviation 1.
    fn draw(self, random: &mut oorandom::Rand64) -> f64 {
        match self {
            Self::Normal => normal(random),
            Self::Skewed => -(1.0 - random.rand_float()).ln() - 1.0,
            Self::Bimodal => {
                let mode = if random.rand_float() < 0.5 { -1.0 } else { 1.0 };
                // 0.995² + 0.1² = 1
                0.995 * mode + 0.1 * normal(random)
            }
        }
    }
}

/// A draw from the standard normal distribution (Box and Muller, *A Note on the Generation of
/// Random Normal Deviates*, 1958).
fn normal(random: &mut oorandom::Rand64) -> f64 {
    let radius = (-2.0 * (1.0 - random.rand_float()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.rand_float()).cos()
}

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Experiment {
    /// The noise's distribution.
    pub noise: Noise,
    /// Its standard deviation, as a share of the value.
    pub deviation: f64,
    /// Runs on each side.
    pub runs: usize,
    /// By how much the new values are larger, as a share.
    pub shift: f64,
    /// The noise floor.
    pub floor: f64,
    /// Any number; the same gives the same draws.
    pub seed: u64,
}

impl Experiment {
    /// The share of `comparisons` that find a change, larger or smaller.
    pub fn rate(&self, comparisons: u32) -> f64 {
        let mut random = oorandom::Rand64::new(self.seed.into());
        let mut sample = |level: f64| -> Vec<f64> {
            (0..self.runs)
                .map(|_| level * (1.0 + self.deviation * self.noise.draw(&mut random)))
                .collect()
        };
        let found = (0..comparisons)
            .filter(|_| {
                let (base, new) = (sample(1.0), sample(1.0 + self.shift));
                let change = compare(&base, &new).map(|shift| shift.change(self.floor));
                matches!(change, Some(Change::Larger | Change::Smaller))
            })
            .count();
        found as f64 / f64::from(comparisons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;

    const COMPARISONS: u32 = 200;

    fn experiment(noise: Noise, deviation: f64, shift: f64) -> Experiment {
        Experiment {
            noise,
            deviation,
            runs: 30,
            shift,
            floor: Metric::find("latency").unwrap().noise_floor,
            seed: 2026,
        }
    }

    #[test]
    fn draws_have_mean_0_and_deviation_1() {
        for noise in Noise::ALL {
            let mut random = oorandom::Rand64::new(1);
            let draws: Vec<f64> = (0..20_000).map(|_| noise.draw(&mut random)).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let square = draws.iter().map(|d| d * d).sum::<f64>() / draws.len() as f64;
            assert!(mean.abs() < 0.03, "{noise:?}: {mean}");
            assert!((square - 1.0).abs() < 0.05, "{noise:?}: {square}");
        }
    }

    #[test]
    fn at_most_1_of_100_comparisons_of_equal_distributions_is_a_false_alarm() {
        for noise in Noise::ALL {
            // At 1 % the noise floor helps; at 5 % the test of significance is alone.
            for deviation in [0.01, 0.05] {
                let rate = experiment(noise, deviation, 0.0).rate(COMPARISONS);
                assert!(rate <= 0.01, "{noise:?}, {deviation}: {rate}");
            }
        }
    }

    #[test]
    fn at_least_99_of_100_shifts_of_3_percent_at_1_percent_noise_are_found() {
        for noise in Noise::ALL {
            let rate = experiment(noise, 0.01, 0.03).rate(COMPARISONS);
            assert!(rate >= 0.99, "{noise:?}: {rate}");
        }
    }

    #[test]
    fn a_shift_within_the_floor_is_none() {
        let rate = experiment(Noise::Normal, 0.001, 0.004).rate(COMPARISONS);
        assert_eq!(rate, 0.0);
    }
}
