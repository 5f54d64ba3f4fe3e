"""One second as a microphone hears it: a word (or none) in a room, with noise, at some level."""

import numpy as np

import noise
from features import SAMPLE_RATE, SAMPLES


def _decibels(value: float) -> float:
    return float(10.0 ** (value / 20.0))


def _microphone(rng: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    """A smooth random frequency response: up to 6 dB up or down at 0, 1, 2, 4 and 8 kHz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1.0 / SAMPLE_RATE)
    gain = np.interp(hertz, [0.0, 1e3, 2e3, 4e3, 8e3], rng.uniform(-6.0, 6.0, 5))
    return np.fft.irfft(spectrum * 10.0 ** (gain / 20.0), len(samples))


def _room(rng: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    """Reverberation: noise that decays by 60 dB in 0.1 to 0.5 s, 6 to 20 dB below the direct
    sound."""
    length = int(rng.uniform(0.1, 0.5) * SAMPLE_RATE)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail *= _decibels(rng.uniform(-20.0, -6.0)) / np.sqrt(np.sum(tail**2))
    size = len(samples) + length
    late = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)
    late[: len(samples)] += samples
    return late


def _place(rng: np.random.Generator, word: np.ndarray) -> np.ndarray:
    """Puts the word (RMS 1 afterwards) anywhere within the second; what is too long is cut."""
    word = word[:SAMPLES] / np.sqrt(np.mean(word**2))
    start = int(rng.integers(0, SAMPLES - len(word) + 1))
    second = np.zeros(SAMPLES)
    second[start : start + len(word)] = word
    return second


def _to_int16(second: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(second * 32768.0), -32768, 32767).astype(np.int16)


def utterance(rng: np.random.Generator, word: np.ndarray) -> np.ndarray:
    """A word, float64 [n] at 16 kHz, to int16 [SAMPLES].

    The word is at -36 to -14 dB of full scale (RMS), the noise 5 to 40 dB below the word. Half
    of the utterances go through a random frequency response, half through a room.
    """
    if rng.random() < 0.5:
        word = _microphone(rng, word)
    second = _place(rng, word)
    if rng.random() < 0.5:
        second = _room(rng, second)[:SAMPLES]
    second += _decibels(-rng.uniform(5.0, 40.0)) * noise.some(rng)
    return _to_int16(_decibels(rng.uniform(-36.0, -14.0)) * second)


def silence(rng: np.random.Generator) -> np.ndarray:
    """A second without speech at -80 to -20 dB of full scale (RMS), int16 [SAMPLES]."""
    return _to_int16(_decibels(rng.uniform(-80.0, -20.0)) * noise.some(rng))
