"""One second as a microphone hears it: a word (or none) in a room, with noise, at some level."""

import numpy as np

from common.sound import microphone, noise
from common.sound.microphone import decibels
from kws.features import SAMPLES


def _place(rng: np.random.Generator, word: np.ndarray) -> np.ndarray:
    """Puts the word (RMS 1 afterwards) anywhere within the second; what is too long is cut."""
    word = word[:SAMPLES] / np.sqrt(np.mean(word**2))
    start = int(rng.integers(0, SAMPLES - len(word) + 1))
    second = np.zeros(SAMPLES)
    second[start : start + len(word)] = word
    return second


def utterance(rng: np.random.Generator, word: np.ndarray) -> np.ndarray:
    """A word, float64 [n] at 16 kHz, to int16 [SAMPLES].

    The word is at -36 to -14 dB of full scale (RMS), the noise 5 to 40 dB below the word. Half
    of the utterances go through a random frequency response, half through a room.
    """
    if rng.random() < 0.5:
        word = microphone.response(rng, word)
    second = _place(rng, word)
    if rng.random() < 0.5:
        second = microphone.room(rng, second)[:SAMPLES]
    second += decibels(-rng.uniform(5.0, 40.0)) * noise.some(rng, SAMPLES)
    return microphone.to_int16(decibels(rng.uniform(-36.0, -14.0)) * second)


def silence(rng: np.random.Generator) -> np.ndarray:
    """A second without speech at -80 to -20 dB of full scale (RMS), int16 [SAMPLES]."""
    return microphone.to_int16(decibels(rng.uniform(-80.0, -20.0)) * noise.some(rng, SAMPLES))
