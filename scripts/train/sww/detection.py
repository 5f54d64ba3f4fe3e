"""Finding the wake word in running speech.

Every `STEP` frames the model judges the latest 30. The device answers when the wake word's
probability, averaged over the latest `AVERAGED` windows, is at or above a threshold, and is then
deaf for `DEAF_SECONDS`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from common import tflm
from common.features import SAMPLE_RATE
from sww.dataset import STREAM_SECONDS, WAKE, Task, stream
from sww.features import FEATURES
from sww.words import CLOSE_WORDS

STEP = 3
AVERAGED = 4
"""Of 1 to 5, the number that misses the fewest words of the validation set without a false alarm in
its ordinary sentences. Windows before the first count as 0."""
DEAF_SECONDS = 1.0
LATE_SECONDS = 1.0
"""An answer counts from the beginning of the word to this time behind its end."""

STREAM = replace(
    FEATURES,
    frames=(STREAM_SECONDS * SAMPLE_RATE - FEATURES.window_samples) // FEATURES.hop_samples + 1,
)
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True)
class Heard:
    """The wake word's probability in every window of a stream, and the words in it (first sample,
    and the one behind the last)."""

    probabilities: np.ndarray
    words: list[tuple[int, int]]

    def answers(self, threshold: float) -> list[float]:
        """The ends of the windows, in seconds, at which the device answers."""
        found: list[float] = []
        means = np.convolve(self.probabilities, np.full(AVERAGED, 1.0 / AVERAGED))
        for number, mean in enumerate(means[: len(self.probabilities)]):
            end = number * STEP * FEATURES.hop_samples + FEATURES.samples
            at = end / SAMPLE_RATE
            if mean >= threshold and (not found or at >= found[-1] + DEAF_SECONDS):
                found.append(at)
        return found

    def missed(self, threshold: float) -> int:
        """The number of words without an answer."""
        answers = self.answers(threshold)
        return sum(
            not any(
                first / SAMPLE_RATE <= at <= last / SAMPLE_RATE + LATE_SECONDS for at in answers
            )
            for first, last in self.words
        )


@dataclass(frozen=True)
class Listening:
    """A model's file and a stream to run it over; in an `ordinary` one no word is close to the wake
    word on purpose."""

    model: Path
    task: Task
    with_words: bool
    ordinary: bool = False


def listen(listening: Listening) -> Heard:
    """Runs the model over a stream."""
    model = tflm.Model(listening.model)
    close_words = 0.0 if listening.ordinary else CLOSE_WORDS
    samples, words = stream(listening.task, listening.with_words, close_words)
    frames = model.quantise(STREAM.compute(samples))
    starts = np.arange(0, STREAM.frames - FEATURES.frames + 1, STEP)
    outputs = model.run(np.stack([frames[start : start + FEATURES.frames] for start in starts]))
    return Heard(model.output.real(outputs[:, WAKE]), words)


def false_alarms(streams: list[Heard], threshold: float) -> int:
    """The number of answers in streams without the word."""
    return sum(len(heard.answers(threshold)) for heard in streams)


def false_alarms_per_hour(streams: list[Heard], threshold: float) -> float:
    """The rate of answers in streams without the word."""
    return false_alarms(streams, threshold) / (len(streams) * STREAM_SECONDS / 3600.0)


def threshold(streams: list[Heard], most: int) -> float:
    """The lowest of the thresholds with at most so many false alarms, or the highest."""
    fitting = [t for t in THRESHOLDS if false_alarms(streams, t) <= most]
    return fitting[0] if fitting else THRESHOLDS[-1]
