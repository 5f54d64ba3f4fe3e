//! What a front end computes, in a form that a card, a command line and a build script can pass on.

use core::fmt;
use core::str::FromStr;

/// Sizes of the Fourier transform there are.
const FFT_SAMPLES: [usize; 3] = [256, 512, 1024];

/// Most frames and bands there may be.
const MAX_FRAMES: usize = 1024;
const MAX_BANDS: usize = 254;

/// Which features are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mel-frequency cepstral coefficients.
    Mfcc,
    /// Logarithms of the energies in mel bands.
    LogMel,
}

/// The parameters of a front end. The formulas are in [`crate::features`].
///
/// As text: `mfcc rate=16000 frames=49 window=480 hop=320 fft=512 bands=40 low=20 high=4000
/// floor=0.00001 coefficients=10`, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Which features.
    pub kind: Kind,
    /// Samples a second.
    pub sample_rate: u32,
    /// Frames.
    pub frames: usize,
    /// Samples of one frame.
    pub window_samples: usize,
    /// Samples between the beginnings of two frames.
    pub hop_samples: usize,
    /// Samples of the Fourier transform, to which a frame is padded with zeros.
    pub fft_samples: usize,
    /// Bands of the mel filter bank.
    pub mel_bands: usize,
    /// Where the first band begins, Hz.
    pub low_hz: f64,
    /// Where the last band ends, Hz.
    pub high_hz: f64,
    /// Added to the energy of a band before its logarithm is taken.
    pub log_floor: f64,
    /// Coefficients kept of a frame; 0 for [`Kind::LogMel`].
    pub coefficients: usize,
}

/// Parameters that can't be those of a front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParametersError(&'static str);

impl fmt::Display for ParametersError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl core::error::Error for ParametersError {}

impl Parameters {
    /// Samples from which the features are computed.
    pub const fn samples(&self) -> usize {
        self.hop_samples * (self.frames - 1) + self.window_samples
    }

    /// Features of one frame.
    pub const fn columns(&self) -> usize {
        match self.kind {
            Kind::Mfcc => self.coefficients,
            Kind::LogMel => self.mel_bands,
        }
    }

    /// Features in all, which is the size of the model's input.
    pub const fn features(&self) -> usize {
        self.frames * self.columns()
    }

    /// Whether the parameters fit each other.
    ///
    /// # Errors
    /// Names the first that doesn't.
    pub fn check(&self) -> Result<(), ParametersError> {
        let fail = |text| Err(ParametersError(text));
        if !(1..=MAX_FRAMES).contains(&self.frames) {
            return fail("frames must be 1 to 1024");
        }
        if !FFT_SAMPLES.contains(&self.fft_samples) {
            return fail("fft_samples must be 256, 512 or 1024");
        }
        if !(1..=self.fft_samples).contains(&self.window_samples) {
            return fail("window_samples must be 1 to fft_samples");
        }
        if !(1..=1 << 16).contains(&self.hop_samples) {
            return fail("hop_samples must be 1 to 65536");
        }
        if !(1..=MAX_BANDS).contains(&self.mel_bands) {
            return fail("mel_bands must be 1 to 254");
        }
        if !(1..=1_000_000).contains(&self.sample_rate) {
            return fail("sample_rate must be 1 to 1000000");
        }
        let nyquist = f64::from(self.sample_rate) / 2.0;
        // Written so that NaN fails.
        let ordered = self.low_hz >= 0.0 && self.low_hz < self.high_hz && self.high_hz <= nyquist;
        if !ordered {
            return fail("low_hz must be below high_hz, and that at most half the sample_rate");
        }
        if !(self.log_floor as f32).is_normal() || self.log_floor < 0.0 {
            return fail("log_floor must be above 0");
        }
        match (self.kind, self.coefficients) {
            (Kind::Mfcc, count) if !(1..=self.mel_bands).contains(&count) => {
                fail("coefficients must be 1 to mel_bands")
            }
            (Kind::LogMel, 1..) => fail("log-mel has no coefficients"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let kind = match self.kind {
            Kind::Mfcc => "mfcc",
            Kind::LogMel => "log-mel",
        };
        write!(
            formatter,
            "{kind} rate={} frames={} window={} hop={} fft={} bands={} low={} high={} floor={} \
             coefficients={}",
            self.sample_rate,
            self.frames,
            self.window_samples,
            self.hop_samples,
            self.fft_samples,
            self.mel_bands,
            self.low_hz,
            self.high_hz,
            self.log_floor,
            self.coefficients
        )
    }
}

impl FromStr for Parameters {
    type Err = ParametersError;

    fn from_str(text: &str) -> Result<Self, ParametersError> {
        fn value<'t, T: FromStr>(
            words: &mut impl Iterator<Item = &'t str>,
            key: &str,
        ) -> Result<T, ParametersError> {
            let word = words.next().and_then(|word| word.strip_prefix(key));
            word.and_then(|rest| rest.strip_prefix('='))
                .and_then(|value| value.parse().ok())
                .ok_or(ParametersError(
                    "not the text of parameters: a key is missing or its value is no number",
                ))
        }
        let mut words = text.split(' ');
        let kind = match words.next() {
            Some("mfcc") => Kind::Mfcc,
            Some("log-mel") => Kind::LogMel,
            _ => return Err(ParametersError("the kind must be mfcc or log-mel")),
        };
        let parameters = Self {
            kind,
            sample_rate: value(&mut words, "rate")?,
            frames: value(&mut words, "frames")?,
            window_samples: value(&mut words, "window")?,
            hop_samples: value(&mut words, "hop")?,
            fft_samples: value(&mut words, "fft")?,
            mel_bands: value(&mut words, "bands")?,
            low_hz: value(&mut words, "low")?,
            high_hz: value(&mut words, "high")?,
            log_floor: value(&mut words, "floor")?,
            coefficients: value(&mut words, "coefficients")?,
        };
        if words.next().is_some() {
            return Err(ParametersError("there is more than the parameters"));
        }
        parameters.check()?;
        Ok(parameters)
    }
}
