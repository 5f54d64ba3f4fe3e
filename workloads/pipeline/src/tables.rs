//! The tables of a front end, computed in float64 and rounded once.

use alloc::vec::Vec;
use core::f64::consts::PI;

use crate::features::{FrontEnd, fft_of_size};
use crate::parameters::{Kind, Parameters, ParametersError};

/// What full scale of 16-bit audio is divided by.
const FULL_SCALE: f64 = 32768.0;

/// The tables of a [`FrontEnd`], under the names it has for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// What they were computed from.
    pub parameters: Parameters,
    /// The window.
    pub window: Vec<f32>,
    /// The first bin that is in a band.
    pub first_bin: usize,
    /// The edge below each bin.
    pub edges: Vec<u8>,
    /// The weight of each bin.
    pub weights: Vec<f32>,
    /// Rows of the DCT.
    pub dct: Vec<f32>,
}

impl Tables {
    /// Computes the tables.
    ///
    /// # Errors
    /// As [`Parameters::check`].
    pub fn new(parameters: Parameters) -> Result<Self, ParametersError> {
        parameters.check()?;
        let window = (0..parameters.window_samples).map(|n| {
            let angle = 2.0 * PI * n as f64 / parameters.window_samples as f64;
            ((0.5 - 0.5 * libm::cos(angle)) / FULL_SCALE) as f32
        });

        let bands = parameters.mel_bands;
        let (low, high) = (mel(parameters.low_hz), mel(parameters.high_hz));
        let spacing = (high - low) / (bands + 1) as f64;
        let hertz = f64::from(parameters.sample_rate) / parameters.fft_samples as f64;
        // In units of the spacing, so that the whole part is the edge below.
        let place = |bin: usize| (mel(bin as f64 * hertz) - low) / spacing;
        let inside = |bin: &usize| place(*bin) >= 0.0 && place(*bin) < (bands + 1) as f64;
        // A window has no power at half the sample rate or at 0 Hz that a triangle would count.
        let bins: Vec<usize> = (1..parameters.fft_samples / 2).filter(inside).collect();

        let rows = (0..parameters.coefficients).flat_map(|i| {
            let gain = if i == 0 { 1.0 } else { 2.0 };
            let gain = libm::sqrt(gain / bands as f64);
            (0..bands).map(move |j| {
                (gain * libm::cos(PI * i as f64 * (j as f64 + 0.5) / bands as f64)) as f32
            })
        });
        Ok(Self {
            parameters,
            window: window.collect(),
            first_bin: bins.first().copied().unwrap_or(1),
            edges: bins.iter().map(|&bin| place(bin) as u8).collect(),
            weights: bins
                .iter()
                .map(|&bin| (place(bin) - libm::floor(place(bin))) as f32)
                .collect(),
            dct: rows.collect(),
        })
    }

    /// The front end that uses these tables.
    pub fn front_end(&self) -> FrontEnd<'_> {
        let parameters = &self.parameters;
        FrontEnd {
            kind: parameters.kind,
            frames: parameters.frames,
            hop_samples: parameters.hop_samples,
            fft_samples: parameters.fft_samples,
            // `new` has checked the size; a transform of another one computes nothing.
            fft: fft_of_size(parameters.fft_samples).unwrap_or(|_| None),
            mel_bands: parameters.mel_bands,
            log_floor: parameters.log_floor as f32,
            window: &self.window,
            first_bin: self.first_bin,
            edges: &self.edges,
            weights: &self.weights,
            dct: match parameters.kind {
                Kind::Mfcc => &self.dct,
                Kind::LogMel => &[],
            },
        }
    }
}

/// The mel scale of HTK.
fn mel(hertz: f64) -> f64 {
    1127.0 * libm::log1p(hertz / 700.0)
}
