//! Features against the table of their definition, written down a second time with plain sums.

use proptest::prelude::*;
use tinybench_classical::features::{FEATURES, PER_SIGNAL, compute, work_length};

fn root(value: i128) -> i128 {
    let mut root = (value as f64).sqrt() as i128;
    while root * root > value {
        root -= 1;
    }
    while (root + 1) * (root + 1) <= value {
        root += 1;
    }
    root
}

fn limited(value: i128) -> i128 {
    value.clamp(i16::MIN.into(), i16::MAX.into())
}

fn dot(a: &[i128], b: &[i128]) -> i128 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn centred(signal: &[i128]) -> Vec<i128> {
    let mean = signal.iter().sum::<i128>().div_euclid(signal.len() as i128);
    signal.iter().map(|value| limited(value - mean)).collect()
}

fn of_signal(signal: &[i128]) -> Vec<i128> {
    let n = signal.len() as i128;
    let c = centred(signal);
    let steps: i128 = signal
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .sum();
    let mut features = vec![
        signal.iter().sum::<i128>().div_euclid(n),
        limited(root(dot(&c, &c) / n)),
        *signal.iter().min().unwrap(),
        *signal.iter().max().unwrap(),
        c.windows(2)
            .filter(|pair| (pair[0] < 0) != (pair[1] < 0))
            .count() as i128,
        limited(steps / (n - 1)),
    ];
    let mut averages = c;
    for _ in 0..5 {
        let pairs: Vec<_> = averages.chunks_exact(2).map(|it| (it[0], it[1])).collect();
        let details: Vec<_> = pairs.iter().map(|(a, b)| (a - b).div_euclid(2)).collect();
        features.push(limited(root(
            dot(&details, &details) / details.len() as i128,
        )));
        averages = pairs.iter().map(|(a, b)| (a + b).div_euclid(2)).collect();
    }
    features
}

fn correlation(a: &[i128], b: &[i128]) -> i128 {
    let divisor = root(dot(a, a)) * root(dot(b, b));
    match divisor {
        0 => 0,
        _ => (dot(a, b) << 14).div_euclid(divisor).clamp(-16384, 16384),
    }
}

fn period(c: &[i128]) -> [i128; 2] {
    let half = c.len() / 2;
    let r: Vec<_> = (0..=half).map(|lag| dot(c, &c[lag..])).collect();
    let Some(begin) = (1..=half).find(|&lag| r[lag] <= 0) else {
        return [0, 0];
    };
    let greatest = r[begin..].iter().copied().max().unwrap();
    if greatest <= 0 {
        return [0, 0];
    }
    let lag = (begin..=half).find(|&lag| r[lag] == greatest).unwrap();
    [lag as i128, ((greatest << 14) / r[0]).min(16384)]
}

fn expected(window: &[i16]) -> Vec<i128> {
    let n = window.len() / 3;
    let axes: Vec<Vec<i128>> = window
        .chunks_exact(n)
        .map(|axis| axis.iter().map(|&value| value.into()).collect())
        .collect();
    let magnitude: Vec<i128> = (0..n)
        .map(|i| root(axes.iter().map(|axis| axis[i] * axis[i]).sum()).min(32767))
        .collect();
    let mut features: Vec<_> = axes.iter().flat_map(|axis| of_signal(axis)).collect();
    features.extend(of_signal(&magnitude));
    let c: Vec<_> = axes.iter().map(|axis| centred(axis)).collect();
    features.push(correlation(&c[0], &c[1]));
    features.push(correlation(&c[0], &c[2]));
    features.push(correlation(&c[1], &c[2]));
    let area: i128 = c.iter().flatten().map(|value| value.abs()).sum();
    features.push(limited(area / n as i128));
    features.extend(period(&centred(&magnitude)));
    features
}

fn computed(window: &[i16]) -> Vec<i128> {
    let mut work = vec![-1; work_length(window.len() / 3)];
    let mut features = [-1; FEATURES];
    compute(window, &mut work, &mut features);
    features.iter().map(|&value| value.into()).collect()
}

/// Windows of every kind: flat, extreme, noise, and waves with periods.
fn window() -> impl Strategy<Value = Vec<i16>> {
    let samples = prop_oneof![Just(32_usize), Just(64), Just(128), Just(512)];
    samples.prop_flat_map(|samples| {
        let length = 3 * samples;
        prop_oneof![
            proptest::collection::vec(any::<i16>(), length),
            proptest::collection::vec(prop_oneof![Just(i16::MIN), Just(i16::MAX)], length),
            any::<i16>().prop_map(move |value| vec![value; length]),
            (2.0..60.0_f64, 1.0..32_000.0_f64, -500_i16..500).prop_map(
                move |(period, loudness, offset)| {
                    (0..length)
                        .map(|i| {
                            let phase = i as f64 * std::f64::consts::TAU / period;
                            offset.saturating_add((loudness * phase.sin()) as i16)
                        })
                        .collect()
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn features_are_those_of_the_definition(window in window()) {
        prop_assert_eq!(computed(&window), expected(&window));
    }
}

#[test]
fn a_wave_has_the_period_it_was_made_with() {
    let samples = 128;
    let wave = |i: usize| (3000.0 * (i as f64 * std::f64::consts::TAU / 25.0).sin()) as i16;
    let window: Vec<i16> = (0..3 * samples)
        .map(|i| match i / samples {
            2 => 8192 + wave(i % samples),
            _ => 0,
        })
        .collect();
    let features = computed(&window);
    let (period, periodicity) = (features[FEATURES - 2], features[FEATURES - 1]);
    assert_eq!(period, 25);
    assert!(periodicity > 16384 / 2, "{periodicity}");
    assert_eq!(features[2 * PER_SIGNAL + 3], 8192 + 2994);
}

#[test]
fn lengths_that_do_not_fit_change_nothing() {
    let mut features = [7; FEATURES];
    compute(&[0; 3 * 31], &mut [0; 31 * 9 / 2], &mut features);
    compute(&[0; 3 * 32], &mut [0; 10], &mut features);
    assert_eq!(features, [7; FEATURES]);
}
