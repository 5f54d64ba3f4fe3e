"""Audio features of the keyword-spotting model: MFCCs, as a microcontroller can compute them.

Input: one second of 16 kHz mono audio, `SAMPLES` = 16,000 signed 16-bit samples s[n].
Output: 49 frames x 10 coefficients, then quantised to int8 with the model's input scale and
zero point. Nothing depends on more than one frame, nothing is normalised per utterance.

For frame t = 0..48, with all logarithms natural and all angles in radians:

1. Scale and frame:  x[n] = s[320 t + n] / 32768,                             n = 0..479
   (30 ms frames, 20 ms apart; samples 15,840 and up are not used).
2. Periodic Hann window:  w[n] = 1/2 - 1/2 cos(2 pi n / 480).
3. Power spectrum of the frame, zero-padded to 512:
       P[k] = | sum_n x[n] w[n] exp(-2 pi i k n / 512) |^2,                   k = 0..256
   (bin k is at f_k = 31.25 k Hz; no pre-emphasis, no scaling by the FFT length).
4. Mel filter bank of 40 triangles, linear on the mel scale, 20 Hz to 4000 Hz:
       mel(f) = 1127 ln(1 + f / 700),
       m_j    = mel(20) + j (mel(4000) - mel(20)) / 41,                       j = 0..41
       H[j,k] = max(0, min((mel(f_k) - m_j) / (m_{j+1} - m_j),
                           (m_{j+2} - mel(f_k)) / (m_{j+2} - m_{j+1}))),      j = 0..39
       E[j]   = sum_k H[j,k] P[k]
   (the peaks are 1, areas are not normalised; only bins 1..127 have weights).
5. Logarithm with a floor:  L[j] = ln(E[j] + 1e-5).
6. Orthonormal DCT-II, first 10 coefficients, C[0] included:
       C[i] = g_i sum_j L[j] cos(pi i (j + 1/2) / 40),                        i = 0..9
       g_0 = sqrt(1/40), g_i = sqrt(2/40) otherwise.
7. Quantisation with the input tensor's scale and zero point:
       q = clamp(floor(C[i] / scale + 1/2) + zero_point, -128, 127).

The tensor is [1, 49, 10, 1]: frame-major, coefficient fastest.

This file computes steps 1 to 6 in float64 by default, which is the definition. With
`dtype=numpy.float32` every table and every intermediate value is float32, as on the device.
"""

import functools

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
SAMPLES = 16_000
FRAME = 480
HOP = 320
FRAMES = 49
FFT = 512
MEL_BANDS = 40
MEL_LOW_HZ = 20.0
MEL_HIGH_HZ = 4000.0
LOG_FLOOR = 1e-5
COEFFICIENTS = 10


def mel(hertz: npt.ArrayLike) -> np.ndarray:
    """The mel scale (HTK form) of frequencies in hertz."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


@functools.cache
def window() -> np.ndarray:
    """The periodic Hann window w, float64 [FRAME]."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME) / FRAME)


@functools.cache
def mel_filters() -> np.ndarray:
    """The filter bank H, float64 [MEL_BANDS, FFT / 2 + 1]."""
    edges = np.linspace(mel(MEL_LOW_HZ), mel(MEL_HIGH_HZ), MEL_BANDS + 2)
    bins = mel(np.arange(FFT // 2 + 1) * (SAMPLE_RATE / FFT))
    low, peak, high = (edges[i : i + MEL_BANDS, None] for i in range(3))
    return np.maximum(0.0, np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)))


@functools.cache
def dct() -> np.ndarray:
    """The DCT-II matrix with its gains, float64 [COEFFICIENTS, MEL_BANDS]."""
    i = np.arange(COEFFICIENTS)[:, None]
    j = np.arange(MEL_BANDS)[None, :]
    gain = np.where(i == 0, np.sqrt(1.0 / MEL_BANDS), np.sqrt(2.0 / MEL_BANDS))
    return gain * np.cos(np.pi * i * (j + 0.5) / MEL_BANDS)


def mfcc(samples: np.ndarray, dtype: npt.DTypeLike = np.float64) -> np.ndarray:
    """Steps 1 to 6: int16 [SAMPLES] to `dtype` [FRAMES, COEFFICIENTS]."""
    if samples.shape != (SAMPLES,) or samples.dtype != np.int16:
        raise ValueError(f"need int16 [{SAMPLES}], got {samples.dtype} {list(samples.shape)}")
    index = HOP * np.arange(FRAMES)[:, None] + np.arange(FRAME)[None, :]
    frames = samples.astype(dtype)[index] / np.dtype(dtype).type(32768)
    spectrum = np.fft.rfft(frames * window().astype(dtype), FFT)
    power = spectrum.real**2 + spectrum.imag**2
    energy = power @ mel_filters().astype(dtype).T
    log_energy = np.log(energy + np.dtype(dtype).type(LOG_FLOOR))
    return log_energy @ dct().astype(dtype).T


def quantise(coefficients: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """Step 7: float features of any shape to int8 of the same shape."""
    steps = np.floor(coefficients / scale + 0.5) + zero_point
    return np.clip(steps, -128, 127).astype(np.int8)
