"""Audio features as a microcontroller can compute them: log-mel energies, and MFCCs from them.

Input: 16 kHz mono audio, signed 16-bit samples s[n]. Output: `frames` x `mel_bands` log-mel
energies or `frames` x `coefficients` MFCCs, then quantised to int8 with the model's input scale and
zero point. Nothing depends on more than one frame, nothing is normalised per utterance.

With W = window_samples, H = hop_samples, N = fft_samples, R = sample_rate, B = mel_bands, for
frame t = 0 .. frames - 1, all logarithms natural and all angles in radians:

1. Scale and frame:  x[n] = s[H t + n] / 32768,                               n = 0 .. W-1
   (the audio has H (frames - 1) + W samples; more are not used).
2. Periodic Hann window:  w[n] = 1/2 - 1/2 cos(2 pi n / W).
3. Power spectrum of the frame, zero-padded to N:
       P[k] = | sum_n x[n] w[n] exp(-2 pi i k n / N) |^2,                     k = 0 .. N/2
   (bin k is at f_k = R k / N hertz; no pre-emphasis, no scaling by the FFT length).
4. Mel filter bank of B triangles, linear on the mel scale (HTK form), low_hz to high_hz:
       mel(f) = 1127 ln(1 + f / 700),
       m_j    = mel(low_hz) + j (mel(high_hz) - mel(low_hz)) / (B + 1),       j = 0 .. B+1
       F[j,k] = max(0, min((mel(f_k) - m_j) / (m_{j+1} - m_j),
                           (m_{j+2} - mel(f_k)) / (m_{j+2} - m_{j+1}))),      j = 0 .. B-1
       E[j]   = sum_k F[j,k] P[k]
   (the peaks are 1, areas are not normalised).
5. Logarithm with a floor:  L[j] = ln(E[j] + log_floor). These are the `log-mel` features.
6. `mfcc` only: orthonormal DCT-II, the first `coefficients` of it, C[0] included:
       C[i] = g_i sum_j L[j] cos(pi i (j + 1/2) / B),
       g_0 = sqrt(1/B), g_i = sqrt(2/B) otherwise.
7. Quantisation with the input tensor's scale and zero point, v being L[j] or C[i]:
       q = clamp(floor(v / scale + 1/2) + zero_point, -128, 127).

The tensor is frame-major, band or coefficient fastest.

This file computes steps 1 to 6 in float64 by default, which is the definition. With
`dtype=numpy.float32` every table and every intermediate value is float32, as on the device.
"""

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
FULL_SCALE = 32_768


def mel(hertz: npt.ArrayLike) -> np.ndarray:
    """The mel scale (HTK form) of frequencies in hertz."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


@dataclass(frozen=True)
class Features:
    """The parameters of one model's features; the formulas are this file's docstring."""

    kind: Literal["mfcc", "log-mel"]
    frames: int
    window_samples: int
    hop_samples: int
    fft_samples: int
    mel_bands: int
    low_hz: float
    high_hz: float
    log_floor: float
    coefficients: int = 0

    @property
    def samples(self) -> int:
        """Number of samples that the features are computed from."""
        return self.hop_samples * (self.frames - 1) + self.window_samples

    @property
    def columns(self) -> int:
        """Values of one frame."""
        return self.coefficients if self.kind == "mfcc" else self.mel_bands

    @functools.cached_property
    def window(self) -> np.ndarray:
        """The periodic Hann window w, float64 [window_samples]."""
        n = np.arange(self.window_samples)
        return 0.5 - 0.5 * np.cos(2.0 * np.pi * n / self.window_samples)

    @functools.cached_property
    def mel_filters(self) -> np.ndarray:
        """The filter bank F, float64 [mel_bands, fft_samples / 2 + 1]."""
        bands = self.mel_bands
        edges = np.linspace(mel(self.low_hz), mel(self.high_hz), bands + 2)
        bins = mel(np.arange(self.fft_samples // 2 + 1) * (SAMPLE_RATE / self.fft_samples))
        low, peak, high = (edges[i : i + bands, None] for i in range(3))
        rise, fall = (bins - low) / (peak - low), (high - bins) / (high - peak)
        return np.maximum(0.0, np.minimum(rise, fall))

    @functools.cached_property
    def dct(self) -> np.ndarray:
        """The DCT-II matrix with its gains, float64 [coefficients, mel_bands]."""
        bands = self.mel_bands
        i = np.arange(self.coefficients)[:, None]
        j = np.arange(bands)[None, :]
        gain = np.where(i == 0, np.sqrt(1.0 / bands), np.sqrt(2.0 / bands))
        return gain * np.cos(np.pi * i * (j + 0.5) / bands)

    def compute(self, samples: np.ndarray, dtype: npt.DTypeLike = np.float64) -> np.ndarray:
        """Steps 1 to 6: int16 [n], n >= `samples`, to `dtype` [frames, columns].

        Raises ValueError for another type or fewer samples.
        """
        if samples.ndim != 1 or len(samples) < self.samples or samples.dtype != np.int16:
            shape = list(samples.shape)
            raise ValueError(f"need int16 [{self.samples}], got {samples.dtype} {shape}")
        starts = self.hop_samples * np.arange(self.frames)
        index = starts[:, None] + np.arange(self.window_samples)[None, :]
        frames = samples.astype(dtype)[index] / np.dtype(dtype).type(FULL_SCALE)
        spectrum = np.fft.rfft(frames * self.window.astype(dtype), self.fft_samples)
        power = spectrum.real**2 + spectrum.imag**2
        energy = power @ self.mel_filters.astype(dtype).T
        log_energy = np.log(energy + np.dtype(dtype).type(self.log_floor))
        return log_energy @ self.dct.astype(dtype).T if self.kind == "mfcc" else log_energy

    def card(self) -> str:
        """The `[features]` table of a card."""
        lines = [
            "[features]                        # formulas: scripts/train/common/features.py",
            f'kind = "{self.kind}"',
            f"sample_rate = {SAMPLE_RATE}",
            f"full_scale = {FULL_SCALE}                # a sample is divided by this",
            f"frames = {self.frames}",
            f"window_samples = {self.window_samples}",
            'window = "hann-periodic"',
            f"hop_samples = {self.hop_samples}",
            f"fft_samples = {self.fft_samples}                 # the window is zero-padded to it",
            'spectrum = "power"',
            'mel_scale = "htk"                 # triangles with peaks of 1',
            f"mel_bands = {self.mel_bands}",
            f"low_hz = {self.low_hz}",
            f"high_hz = {self.high_hz}",
            'logarithm = "natural"',
            f"log_floor = {self.log_floor}                 # added to the energy",
        ]
        if self.kind == "mfcc":
            lines += [
                'dct = "ii-orthonormal"',
                f"coefficients = {self.coefficients}",
            ]
        return "\n".join(lines) + "\n"


def quantise(values: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """Step 7: float values of any shape to int8 of the same shape."""
    steps = np.floor(values / scale + 0.5) + zero_point
    return np.clip(steps, -128, 127).astype(np.int8)
