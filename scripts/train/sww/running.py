"""Training windows cut from running speech, as the model meets them on a device: at any offset, with
the wake word whole, in part or not at all, and with many words that no dictionary has."""

from dataclasses import replace

import numpy as np

from common.features import SAMPLE_RATE
from sww import speech, words
from sww.features import FEATURES
from sww.speech import Speaker

SECONDS = 30
WITH_WORDS = 0.6
"""How many of the streams have the wake word in them."""
CLOSE_WORDS = (0.0, 0.15, 0.5)
STEP_WITH, STEP_WITHOUT = 2, 5
"""Frames from window to window, where the wake word is in them and where it isn't."""
WHOLE, HALF = 0.97, 0.5
"""A window has the wake word with so much of it, and is other speech with so little; those in
between are left out."""

STREAM = replace(
    FEATURES, frames=(SECONDS * SAMPLE_RATE - FEATURES.window_samples) // FEATURES.hop_samples + 1
)


def _share(starts: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    """How much of a wake word is in the windows from these samples on: [n], 0 to 1."""
    share = np.zeros(len(starts))
    for first, last in places:
        inside = np.minimum(starts + FEATURES.samples, last) - np.maximum(starts, first)
        share = np.maximum(share, inside / min(last - first, FEATURES.samples))
    return share


def windows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 [n, 30, 40] of the windows of one speaker, and which have the wake word."""
    speaker = Speaker.draw(rng, "training")
    talk, places = speech.talk(
        rng,
        speaker,
        words.with_invented(rng, words.TRAINING),
        SECONDS * SAMPLE_RATE,
        0.9 * (rng.random() < WITH_WORDS),
        float(rng.choice(CLOSE_WORDS)),
    )
    frames = STREAM.compute(speech.recorded(rng, talk)).astype(np.float32)
    starts = np.arange(STREAM.frames - FEATURES.frames + 1)
    share = _share(starts * FEATURES.hop_samples, places)
    wake = (share >= WHOLE) & (starts % STEP_WITH == rng.integers(STEP_WITH))
    other = (share <= HALF) & (starts % STEP_WITHOUT == rng.integers(STEP_WITHOUT))
    chosen = starts[wake | other]
    return np.stack([frames[start : start + FEATURES.frames] for start in chosen]), wake[chosen]
