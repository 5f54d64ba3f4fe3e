"""Background noise of several kinds, float64 [length] at 16 kHz."""

from collections.abc import Callable

import numpy as np

from common.features import SAMPLE_RATE


def coloured(rng: np.random.Generator, length: int, exponent: float) -> np.ndarray:
    """Gaussian noise whose power falls with frequency to the power of `exponent`, above 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hertz = np.fft.rfftfreq(length, 1.0 / SAMPLE_RATE)
    return np.fft.irfft(spectrum * np.maximum(hertz, 20.0) ** (-exponent / 2.0), length)


def white(rng: np.random.Generator, length: int) -> np.ndarray:
    """White noise."""
    return rng.standard_normal(length)


def pink(rng: np.random.Generator, length: int) -> np.ndarray:
    """Pink noise, 1/f."""
    return coloured(rng, length, 1.0)


def brown(rng: np.random.Generator, length: int) -> np.ndarray:
    """Brown noise, 1/f^2."""
    return coloured(rng, length, 2.0)


def hum(rng: np.random.Generator, length: int) -> np.ndarray:
    """Mains hum or a machine: a fundamental of 45 to 250 Hz, its harmonics, some pink noise."""
    fundamental = rng.uniform(45.0, 250.0)
    time = np.arange(length) / SAMPLE_RATE
    tone = np.zeros(length)
    for harmonic in range(1, 11):
        amplitude = rng.uniform(0.0, 1.0) / harmonic
        phase = rng.uniform(0.0, 2.0 * np.pi)
        tone += amplitude * np.sin(2.0 * np.pi * harmonic * fundamental * time + phase)
    return tone / np.sqrt(np.mean(tone**2)) + rng.uniform(0.05, 0.5) * normalised(pink(rng, length))


def clicks(rng: np.random.Generator, length: int) -> np.ndarray:
    """2 to 12 short decaying bursts over faint pink noise."""
    noise = 0.02 * normalised(pink(rng, length))
    for _ in range(rng.integers(2, 13)):
        click = int(rng.integers(30, 800))
        start = int(rng.integers(0, length - click))
        decay = np.exp(-np.arange(click) / (click / 5.0))
        noise[start : start + click] += rng.uniform(0.3, 1.0) * rng.standard_normal(click) * decay
    return noise


def swell(rng: np.random.Generator, length: int) -> np.ndarray:
    """Pink noise whose loudness goes up and down slowly, like wind or traffic."""
    time = np.arange(length) / length
    wave = np.sin(2.0 * np.pi * (rng.uniform(0.5, 4.0) * time + rng.uniform()))
    return pink(rng, length) * 10.0 ** (rng.uniform(0.2, 0.8) * wave)


KINDS: tuple[Callable[[np.random.Generator, int], np.ndarray], ...] = (
    white,
    pink,
    brown,
    hum,
    clicks,
    swell,
)


def normalised(noise: np.ndarray) -> np.ndarray:
    """The same noise with mean 0 and RMS 1."""
    noise = noise - noise.mean()
    return noise / np.sqrt(np.mean(noise**2))


def some(rng: np.random.Generator, length: int) -> np.ndarray:
    """Noise of one kind, or, one time in three, of two."""
    noise = normalised(KINDS[rng.integers(len(KINDS))](rng, length))
    if rng.random() < 1.0 / 3.0:
        other = normalised(KINDS[rng.integers(len(KINDS))](rng, length))
        noise = normalised(noise + rng.uniform(0.1, 1.0) * other)
    return noise
