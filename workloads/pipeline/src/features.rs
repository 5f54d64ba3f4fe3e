//! The first stage: features from 16-bit audio s, quantised for the model's input.
//!
//! With W samples of a window, H of a hop, N of the Fourier transform, B mel bands and the sample
//! rate R, for frame t, logarithms natural:
//!
//! 1. x\[n\] = s\[H t + n\] / 32768 × (1/2 - 1/2 cos(2π n / W)), the periodic Hann window;
//! 2. P\[k\] = |Σ x\[n\] exp(-2π i k n / N)|², where bin k lies at R k / N hertz;
//! 3. E\[j\] = Σ F\[j, k\] P\[k\], with triangles F of peak 1 whose B + 2 edges are evenly spaced on
//!    the mel scale of HTK, mel(f) = 1127 ln(1 + f / 700), from the lowest to the highest
//!    frequency (S. Young et al., "The HTK Book", 5.4);
//! 4. L\[j\] = ln(E\[j\] + floor): the log-mel features;
//! 5. C\[i\] = g Σ L\[j\] cos(π i (j + 1/2) / B), the orthonormal DCT-II with g = √(1/B) for i = 0
//!    and √(2/B) otherwise: the cepstral coefficients;
//! 6. [`Quantisation::quantise`].
//!
//! Frame after frame, band or coefficient fastest.

use microfft::Complex32;

pub use crate::fft::{Fft, of_size as fft_of_size, rfft_256, rfft_512, rfft_1024};

use crate::Quantisation;
use crate::parameters::Kind;

/// A front end with its tables, which [`crate::tables`] computes.
#[derive(Clone, Copy, Debug)]
pub struct FrontEnd<'t> {
    /// Which features.
    pub kind: Kind,
    /// Frames.
    pub frames: usize,
    /// Samples between the beginnings of two frames.
    pub hop_samples: usize,
    /// Samples of the transform.
    pub fft_samples: usize,
    /// The transform.
    pub fft: Fft,
    /// Bands of the mel filter bank.
    pub mel_bands: usize,
    /// Added to the energy of a band.
    pub log_floor: f32,
    /// The window, divided by 32768. Its length is that of a frame.
    pub window: &'t [f32],
    /// The first bin that is in a band.
    pub first_bin: usize,
    /// For each bin from there on, the first of the two edges between which it lies: it belongs
    /// to the band that begins there, and to the one before.
    pub edges: &'t [u8],
    /// For each of these bins its weight in the band that begins there; in the one before it has
    /// what is missing to 1.
    pub weights: &'t [f32],
    /// Rows of the DCT, `mel_bands` each; empty for [`Kind::LogMel`].
    pub dct: &'t [f32],
}

impl FrontEnd<'_> {
    /// Samples from which the features are computed.
    pub const fn samples(&self) -> usize {
        self.hop_samples * self.frames.saturating_sub(1) + self.window.len()
    }

    /// Working memory that [`Self::compute`] needs, in words.
    pub const fn work_words(&self) -> usize {
        self.fft_samples + self.mel_bands + 2
    }

    /// Computes the features of `audio` into `features`. [`None`] if a slice is too short, or
    /// `features` isn't of the exact length.
    pub fn compute(
        &self,
        audio: &[i16],
        quantisation: Quantisation,
        work: &mut [f32],
        features: &mut [i8],
    ) -> Option<()> {
        let columns = match self.kind {
            Kind::Mfcc => self.dct.len() / self.mel_bands.max(1),
            Kind::LogMel => self.mel_bands,
        };
        if features.len() != self.frames * columns || audio.len() < self.samples() {
            return None;
        }
        let (frame, energies) = work
            .get_mut(..self.work_words())?
            .split_at_mut_checked(self.fft_samples)?;
        for (t, features) in features.chunks_exact_mut(columns).enumerate() {
            let (windowed, padding) = frame.split_at_mut_checked(self.window.len())?;
            let samples = audio.get(t * self.hop_samples..)?;
            for ((x, &sample), &window) in windowed.iter_mut().zip(samples).zip(self.window) {
                *x = f32::from(sample) * window;
            }
            padding.fill(0.0);
            self.mel_energies((self.fft)(frame)?, energies)?;
            let bands = energies.get_mut(1..=self.mel_bands)?;
            for band in bands.iter_mut() {
                *band = libm::logf(*band + self.log_floor);
            }
            match self.kind {
                Kind::Mfcc => {
                    for (feature, row) in features.iter_mut().zip(self.dct.chunks(self.mel_bands)) {
                        let mut sum = 0.0;
                        for (&weight, &band) in row.iter().zip(bands.iter()) {
                            sum += weight * band;
                        }
                        *feature = quantisation.quantise(sum);
                    }
                }
                Kind::LogMel => {
                    for (feature, &band) in features.iter_mut().zip(bands.iter()) {
                        *feature = quantisation.quantise(band);
                    }
                }
            }
        }
        Some(())
    }

    /// Sums the power of the bins into the bands. Band j is at j + 1; the first and the last
    /// value gather what lies below and above all bands.
    #[inline]
    fn mel_energies(&self, spectrum: &[Complex32], energies: &mut [f32]) -> Option<()> {
        energies.fill(0.0);
        let bins = spectrum.get(self.first_bin..)?;
        for ((bin, &edge), &weight) in bins.iter().zip(self.edges).zip(self.weights) {
            let power = bin.re * bin.re + bin.im * bin.im;
            let rising = power * weight;
            let at = usize::from(edge);
            let [before, beginning] = energies.get_mut(at..at + 2)? else {
                return None;
            };
            *before += power - rising;
            *beginning += rising;
        }
        Some(())
    }
}
