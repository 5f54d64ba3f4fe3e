"""What lies between a sound and its 16-bit samples: a room, a microphone, a level."""

import numpy as np

from common.features import FULL_SCALE, SAMPLE_RATE


def decibels(value: float) -> float:
    """The factor of an amplitude that stands for so many decibels."""
    return float(10.0 ** (value / 20.0))


def response(rng: np.random.Generator, samples: np.ndarray, most: float = 6.0) -> np.ndarray:
    """A smooth random frequency response: up to `most` dB up or down at 0, 1, 2, 4 and 8 kHz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1.0 / SAMPLE_RATE)
    gain = np.interp(hertz, [0.0, 1e3, 2e3, 4e3, 8e3], rng.uniform(-most, most, 5))
    return np.fft.irfft(spectrum * 10.0 ** (gain / 20.0), len(samples))


def room(rng: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    """Reverberation: noise that decays by 60 dB in 0.1 to 0.5 s, 6 to 20 dB below the direct
    sound. The result is longer than `samples` by that time."""
    length = int(rng.uniform(0.1, 0.5) * SAMPLE_RATE)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail *= decibels(rng.uniform(-20.0, -6.0)) / np.sqrt(np.sum(tail**2))
    size = len(samples) + length
    late = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)
    late[: len(samples)] += samples
    return late


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples of which 1.0 is full scale, rounded and clipped."""
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
