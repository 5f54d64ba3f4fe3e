"""Running speech of one speaker, with or without the wake word in it."""

from dataclasses import dataclass

import numpy as np

from common.features import SAMPLE_RATE
from common.sound import microphone, noise
from common.sound.microphone import decibels
from common.sound.synthesise import resample, speak
from common.sound.voices import SPEAKERS
from sww.words import CLOSE_WORDS, WAKE_WORD, Vocabulary, sentence


@dataclass(frozen=True)
class Speaker:
    """A voice, and how it speaks."""

    accent: str
    variant: str
    speed: int
    pitch: int
    stretch: float

    @staticmethod
    def draw(rng: np.random.Generator, name: str) -> "Speaker":
        """A speaker of a set."""
        speakers = SPEAKERS[name]
        return Speaker(
            accent=str(rng.choice(speakers.accents)),
            variant=str(rng.choice(speakers.variants)),
            speed=int(rng.integers(125, 206)),
            pitch=int(rng.integers(20, 81)),
            stretch=float(rng.uniform(*((0.8, 1.25) if name == "training" else (0.92, 1.08)))),
        )

    def say(self, text: str) -> np.ndarray:
        """float64 [n] at 16 kHz, RMS 1."""
        spoken = speak(text, self.accent, self.variant, self.speed, self.pitch)
        spoken = resample(spoken, self.stretch)
        return spoken / np.sqrt(np.mean(spoken**2))


def wake_word(rng: np.random.Generator, speaker: Speaker) -> np.ndarray:
    """The wake word alone."""
    return speaker.say(WAKE_WORD + str(rng.choice(["", ".", "?", "!", ","])))


def talk(
    rng: np.random.Generator,
    speaker: Speaker,
    vocabulary: Vocabulary,
    samples: int,
    words: float = 0.0,
    close_words: float = CLOSE_WORDS,
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """So many samples of sentences with pauses, float64, and where in them the wake word is (first
    sample, and the one behind the last). `words` is the probability of a wake word behind a
    sentence, `close_words` that of a word close to it in the place of a noun."""
    parts: list[np.ndarray] = []
    places: list[tuple[int, int]] = []
    length = 0

    def add(part: np.ndarray) -> None:
        nonlocal length
        parts.append(part)
        length += len(part)

    while length < samples:
        add(speaker.say(sentence(rng, vocabulary, close_words)))
        add(np.zeros(int(rng.uniform(0.03, 0.7) * SAMPLE_RATE)))
        if rng.random() < words:
            word = wake_word(rng, speaker)
            if length + len(word) < samples:
                places.append((length, length + len(word)))
            add(word)
            add(np.zeros(int(rng.uniform(0.03, 0.7) * SAMPLE_RATE)))
    return np.concatenate(parts)[:samples], places


def recorded(rng: np.random.Generator, speech: np.ndarray) -> np.ndarray:
    """Speech (RMS near 1) as a microphone hears it, int16 of the same length.

    Speech is at -36 to -14 dB of full scale, noise 5 to 40 dB below it. Half goes through a random
    frequency response, half through a room.
    """
    length = len(speech)
    if rng.random() < 0.5:
        speech = microphone.response(rng, speech)
    if rng.random() < 0.5:
        speech = microphone.room(rng, speech)[:length]
    speech = speech + decibels(-rng.uniform(5.0, 40.0)) * noise.some(rng, length)
    return microphone.to_int16(decibels(rng.uniform(-36.0, -14.0)) * speech)


def silence(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Noise alone, at -80 to -20 dB of full scale (RMS), int16 [samples]."""
    return microphone.to_int16(decibels(rng.uniform(-80.0, -20.0)) * noise.some(rng, samples))
