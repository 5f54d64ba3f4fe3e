"""Finding the wake word in running speech.

Every `STEP` frames the model judges the latest 30. It answers when the wake word has had at least
some probability in `IN_A_ROW` windows one after the other, and is then deaf for `DEAF_SECONDS`.
"""

from dataclasses import dataclass, replace

import numpy as np

from common import tflm
from common.features import SAMPLE_RATE
from sww.dataset import STREAM_SECONDS, WAKE, Task, stream
from sww.features import FEATURES

STEP = 3
IN_A_ROW = 2
DEAF_SECONDS = 1.0
LATE_SECONDS = 1.0
"""An answer counts from the beginning of the word to this time behind its end."""

STREAM = replace(
    FEATURES,
    frames=(STREAM_SECONDS * SAMPLE_RATE - FEATURES.window_samples) // FEATURES.hop_samples + 1,
)
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True)
class Heard:
    """The wake word's probability in every window of a stream, and the words in it (first sample,
    and the one behind the last)."""

    probabilities: np.ndarray
    words: list[tuple[int, int]]

    def answers(self, threshold: float) -> list[float]:
        """The ends of the windows, in seconds, at which the device answers."""
        found: list[float] = []
        row = 0
        for number, probability in enumerate(self.probabilities):
            row = row + 1 if probability >= threshold else 0
            end = number * STEP * FEATURES.hop_samples + FEATURES.samples
            at = end / SAMPLE_RATE
            if row >= IN_A_ROW and (not found or at >= found[-1] + DEAF_SECONDS):
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


def listen(model: tflm.Model, task: Task, with_words: bool) -> Heard:
    """Runs the model over a stream."""
    samples, words = stream(task, with_words)
    frames = model.quantise(STREAM.compute(samples))
    starts = np.arange(0, STREAM.frames - FEATURES.frames + 1, STEP)
    outputs = model.run(np.stack([frames[start : start + FEATURES.frames] for start in starts]))
    return Heard(model.output.real(outputs[:, WAKE]), words)


def false_alarms(streams: list[Heard], threshold: float) -> int:
    """The number of answers in streams without the word."""
    return sum(len(heard.answers(threshold)) for heard in streams)


def threshold(streams: list[Heard], most: int) -> float:
    """The lowest of the thresholds with at most so many false alarms, or the highest."""
    fitting = [t for t in THRESHOLDS if false_alarms(streams, t) <= most]
    return fitting[0] if fitting else THRESHOLDS[-1]
