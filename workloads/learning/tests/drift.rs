//! The drift test against its definition in floating point, and how often it is wrong.

use tinybench_learning::{DriftParameters, DriftTest, WINDOW_BATCHES, half_log_variance};

const PARAMETERS: DriftParameters = DriftParameters {
    skip: 3,
    baseline: 50,
    batch: 10,
    threshold: 8 << 16,
};

/// Numbers of xorshift32.
struct Noise(u32);

impl Noise {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % bound
    }
}

/// The largest logarithm of the likelihood ratio over all changes to a lower accuracy, and the
/// batch it begins with, straight from the densities of the two normal distributions.
fn by_definition(batches: &[u32], n: u32, p0: u32) -> (f64, usize) {
    let density = |y: u32, p: f64| {
        let (mean, variance) = (f64::from(n) * p, f64::from(n) * p * (1.0 - p));
        let difference = f64::from(y) - mean;
        -0.5 * (2.0 * std::f64::consts::PI * variance).ln() - difference.powi(2) / (2.0 * variance)
    };
    let mut best = (f64::NEG_INFINITY, 0);
    let window = batches.len().saturating_sub(WINDOW_BATCHES);
    for start in window..batches.len() {
        for p1 in 1..=p0 - 3 {
            let (p0, p1) = (f64::from(p0) / 100.0, f64::from(p1) / 100.0);
            let ratio: f64 = batches[start..]
                .iter()
                .map(|&y| density(y, p1) - density(y, p0))
                .sum();
            if ratio > best.0 {
                best = (ratio, start);
            }
        }
    }
    best
}

#[test]
fn the_table_is_that_of_the_logarithm() {
    for p in 1..=99 {
        let exact = 0.5 * f64::from(p * (100 - p)).ln() * 65_536.0;
        assert!(
            (f64::from(half_log_variance(p)) - exact).abs() <= 0.5,
            "{p}"
        );
    }
}

#[test]
fn alarms_are_those_of_the_definition() {
    let mut noise = Noise(7);
    let (mut alarms, mut quiet) = (0, 0);
    for round in 0..60 {
        let accuracy = 60 + noise.below(38);
        let after = accuracy.saturating_sub(10 + noise.below(60));
        let mut test = DriftTest::new(PARAMETERS);
        let (mut right, mut baseline, mut batches) = (0, 0, Vec::new());
        for time in 0..600_u32 {
            let accuracy = if time < 300 { accuracy } else { after };
            let outcome = noise.below(100) < accuracy;
            let alarm = test.record(outcome, time);
            let Some(number) = time.checked_sub(PARAMETERS.skip) else {
                continue;
            };
            let Some(number) = number.checked_sub(PARAMETERS.baseline) else {
                baseline += u32::from(outcome);
                continue;
            };
            right += u32::from(outcome);
            if number % PARAMETERS.batch != PARAMETERS.batch - 1 {
                assert_eq!(alarm, None);
                continue;
            }
            batches.push(right);
            right = 0;
            let p0 = ((100 * baseline + 25) / 50).clamp(10, 97);
            let (ratio, start) = by_definition(&batches, PARAMETERS.batch, p0);
            // The fixed-point ratio is off by a few thousandths at most.
            assert!(
                (ratio - 8.0).abs() > 0.01,
                "round {round}: too close to call"
            );
            if ratio < 8.0 {
                assert_eq!(alarm, None, "round {round}, {time}: {ratio}");
                quiet += 1;
            } else {
                let since = PARAMETERS.skip + PARAMETERS.baseline + 10 * start as u32;
                assert_eq!(
                    alarm.map(|it| it.since),
                    Some(since),
                    "round {round}: {ratio}"
                );
                alarms += 1;
                break;
            }
        }
    }
    assert!(alarms > 40 && quiet > 1_000, "{alarms} {quiet}");
}

#[test]
fn after_an_alarm_the_test_begins_anew() {
    let mut test = DriftTest::new(PARAMETERS);
    let mut times = Vec::new();
    for time in 0..300_u32 {
        let right = time % 10 != 0 && (time < 100 || time % 10 > 6);
        if let Some(alarm) = test.record(right, time) {
            times.push((time, alarm.since));
        }
    }
    // Mostly wrong from 100 on, which is what the new baseline then says.
    assert_eq!(times.len(), 1, "{times:?}");
    assert!((100..=112).contains(&times[0].0), "{times:?}");
}
