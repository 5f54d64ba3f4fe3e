//! The features against their formulas, written down once more in float64 with plain sums.

use std::f64::consts::PI;

use proptest::prelude::*;
use tinybench_pipeline::Quantisation;
use tinybench_pipeline::parameters::{Kind, Parameters};
use tinybench_pipeline::tables::Tables;

const KWS: Parameters = Parameters {
    kind: Kind::Mfcc,
    sample_rate: 16_000,
    frames: 49,
    window_samples: 480,
    hop_samples: 320,
    fft_samples: 512,
    mel_bands: 40,
    low_hz: 20.0,
    high_hz: 4000.0,
    log_floor: 1e-5,
    coefficients: 10,
};

const LOG_MEL: Parameters = Parameters {
    kind: Kind::LogMel,
    frames: 5,
    window_samples: 1024,
    hop_samples: 512,
    fft_samples: 1024,
    mel_bands: 128,
    high_hz: 8000.0,
    coefficients: 0,
    ..KWS
};

fn mel(hertz: f64) -> f64 {
    1127.0 * (1.0 + hertz / 700.0).ln()
}

/// Frame `t` by the formulas of the module's documentation.
fn literal(p: &Parameters, audio: &[i16], t: usize) -> Vec<f64> {
    let (w, n) = (p.window_samples, p.fft_samples);
    let x: Vec<f64> = (0..w)
        .map(|i| {
            let window = 0.5 - 0.5 * (2.0 * PI * i as f64 / w as f64).cos();
            f64::from(audio[p.hop_samples * t + i]) / 32768.0 * window
        })
        .collect();
    let power: Vec<f64> = (0..=n / 2)
        .map(|k| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in x.iter().enumerate() {
                let angle = 2.0 * PI * ((k * i) % n) as f64 / n as f64;
                re += x * angle.cos();
                im += x * angle.sin();
            }
            re * re + im * im
        })
        .collect();
    let bands = p.mel_bands;
    let edge =
        |j: usize| mel(p.low_hz) + j as f64 * (mel(p.high_hz) - mel(p.low_hz)) / (bands + 1) as f64;
    let logs: Vec<f64> = (0..bands)
        .map(|j| {
            let energy: f64 = (0..=n / 2)
                .map(|k| {
                    let at = mel(f64::from(p.sample_rate) * k as f64 / n as f64);
                    let rise = (at - edge(j)) / (edge(j + 1) - edge(j));
                    let fall = (edge(j + 2) - at) / (edge(j + 2) - edge(j + 1));
                    rise.min(fall).max(0.0) * power[k]
                })
                .sum();
            (energy + p.log_floor).ln()
        })
        .collect();
    if p.kind == Kind::LogMel {
        return logs;
    }
    let dct = |i: usize| {
        let gain = (if i == 0 { 1.0 } else { 2.0 } / bands as f64).sqrt();
        let terms = logs
            .iter()
            .enumerate()
            .map(|(j, log)| log * (PI * i as f64 * (j as f64 + 0.5) / bands as f64).cos());
        gain * terms.sum::<f64>()
    };
    (0..p.coefficients).map(dct).collect()
}

/// A gliding buzz with harmonics over noise, in the first half; silence behind.
fn speech_like(samples: usize) -> Vec<i16> {
    let mut noise = 1_u32;
    (0..samples)
        .map(|i| {
            let time = i as f64 / 16_000.0;
            let phase = 2.0 * PI * (110.0 * time + 30.0 * time * time);
            let buzz: f64 = (1..25)
                .map(|h| (f64::from(h) * phase).sin() / f64::from(h))
                .sum();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(noise >> 26);
            if i < samples / 2 {
                (4000.0 * buzz + noise) as i16
            } else {
                0
            }
        })
        .collect()
}

fn compute(p: &Parameters, audio: &[i16], quantisation: Quantisation) -> Vec<i8> {
    let tables = Tables::new(*p).unwrap();
    let front_end = tables.front_end();
    let mut work = vec![0.0; front_end.work_words()];
    let mut features = vec![0; p.features()];
    front_end
        .compute(audio, quantisation, &mut work, &mut features)
        .unwrap();
    features
}

#[test]
fn both_kinds_follow_the_formulas() {
    // Steps far finer than a model's show how exact float32 is: of a range of 2 (or 1) around
    // each value only the part inside int8 is looked at.
    for p in [KWS, LOG_MEL] {
        let audio = speech_like(p.samples());
        for t in [0, p.frames / 2, p.frames - 1] {
            for (column, expected) in literal(&p, &audio, t).into_iter().enumerate() {
                let scale = 0.004;
                let zero_point = -(expected / scale).round() as i32;
                let fine = Quantisation {
                    scale: scale as f32,
                    zero_point,
                };
                let got = compute(&p, &audio, fine)[t * p.columns() + column];
                assert!(got.unsigned_abs() <= 1, "{t} {column}: {expected} {got}");
            }
        }
    }
}

#[test]
fn no_sound_is_the_floor() {
    let features = compute(
        &KWS,
        &vec![0; KWS.samples()],
        Quantisation {
            scale: 1.0,
            zero_point: 0,
        },
    );
    // The square root of 40, times ln 1e-5, is -72.8.
    for frame in features.chunks_exact(10) {
        assert_eq!(frame, [-73, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}

#[test]
fn slices_of_other_lengths_compute_nothing() {
    let tables = Tables::new(LOG_MEL).unwrap();
    let front_end = tables.front_end();
    let one = Quantisation {
        scale: 1.0,
        zero_point: 0,
    };
    let attempt = |audio: usize, work: usize, features: usize| {
        front_end.compute(
            &vec![0; audio],
            one,
            &mut vec![0.0; work],
            &mut vec![0; features],
        )
    };
    let (audio, work) = (LOG_MEL.samples(), front_end.work_words());
    assert_eq!(attempt(audio, work, 640), Some(()));
    assert_eq!(attempt(audio - 1, work, 640), None);
    assert_eq!(attempt(audio, work - 1, 640), None);
    assert_eq!(attempt(audio, work, 639), None);
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    for (expected, parameters) in [
        ("frames must be", Parameters { frames: 0, ..KWS }),
        (
            "fft_samples must be",
            Parameters {
                fft_samples: 500,
                ..KWS
            },
        ),
        (
            "window_samples must be",
            Parameters {
                window_samples: 513,
                ..KWS
            },
        ),
        (
            "hop_samples must be",
            Parameters {
                hop_samples: 0,
                ..KWS
            },
        ),
        (
            "mel_bands must be",
            Parameters {
                mel_bands: 255,
                ..KWS
            },
        ),
        (
            "low_hz must be",
            Parameters {
                high_hz: 8001.0,
                ..KWS
            },
        ),
        (
            "low_hz must be",
            Parameters {
                low_hz: f64::NAN,
                ..KWS
            },
        ),
        (
            "log_floor must be",
            Parameters {
                log_floor: 0.0,
                ..KWS
            },
        ),
        (
            "coefficients must be",
            Parameters {
                coefficients: 41,
                ..KWS
            },
        ),
        (
            "log-mel has no",
            Parameters {
                kind: Kind::LogMel,
                ..KWS
            },
        ),
    ] {
        let message = Tables::new(parameters).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

proptest! {
    #[test]
    fn parameters_come_back_from_their_text(
        frames in 1_usize..1024, hop in 1_usize..2000, bands in 1_usize..254,
        low in 0.0..1000.0, high in 1000.1..8000.0, floor in 1e-30..1.0,
    ) {
        let parameters = Parameters {
            frames,
            hop_samples: hop,
            mel_bands: bands,
            low_hz: low,
            high_hz: high,
            log_floor: floor,
            coefficients: bands.min(10),
            ..KWS
        };
        prop_assert_eq!(parameters.to_string().parse(), Ok(parameters));
    }

    #[test]
    fn damaged_text_is_refused_or_still_in_order(at in 0_usize..110, byte in 32_u8..127) {
        let mut text = KWS.to_string().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        let text = String::from_utf8(text).unwrap();
        if let Ok(parameters) = text.parse::<Parameters>() {
            prop_assert_eq!(parameters.check(), Ok(()));
        }
    }
}
