"""The data sets: windows of nearly a second with the wake word, noise, or other speech; and streams
of running speech, in which the trained model has to find the wake word.

Speakers of the test set, and most words of its sentences, are in no other set. Every speaker has
its own random generator, seeded by (seed, set, index), so a set is the same however many processes
make it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np

from common import sets
from common.features import SAMPLE_RATE
from common.sets import SETS, DataSet
from sww import running, speech, words
from sww.features import FEATURES
from sww.speech import Speaker

WAKE, SILENCE, UNKNOWN = range(len(words.CLASSES))

SPEAKERS = {"training": 800, "validation": 100, "test": 300}
"""How many times a speaker is drawn; each gives one group of windows."""

GROUPS = {
    "training": (WAKE,) * 5 + (UNKNOWN,) * 7 + (SILENCE,),
    "validation": (WAKE, UNKNOWN, SILENCE),
    "test": (WAKE, UNKNOWN, SILENCE),
}
"""The labels of the windows of a group."""

RUNNING = 480
"""Streams of running speech that the training set has windows of besides."""

SAMPLES = FEATURES.samples
STREAM_SECONDS = 60


@dataclass(frozen=True)
class Task:
    """Speaker number `number` of a set."""

    seed: int
    name: str
    number: int


def _vocabulary(name: str) -> words.Vocabulary:
    return words.TEST if name == "test" else words.TRAINING


def _with_word(rng: np.random.Generator, word: np.ndarray, around: np.ndarray) -> np.ndarray:
    """A window with all of the wake word in it, at any place; in six of ten the speaker talks
    before or behind it, or both."""
    word = word[:SAMPLES]
    start = int(rng.integers(0, SAMPLES - len(word) + 1))
    window = np.zeros(SAMPLES)
    window[start : start + len(word)] = word
    if rng.random() < 0.6:
        gaps = rng.uniform(0.02, 0.25, 2) * SAMPLE_RATE
        cut = int(rng.integers(0, len(around) - 2 * SAMPLES))
        before = max(0, start - int(gaps[0]))
        behind = min(SAMPLES, start + len(word) + int(gaps[1]))
        which = rng.integers(3)
        if which != 1:
            window[:before] = around[cut : cut + before]
        if which != 0:
            window[behind:] = around[cut + behind : cut + SAMPLES]
    return window


def record(task: Task) -> np.ndarray:
    """The windows of one speaker, int16 [group, SAMPLES]."""
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    speaker = Speaker.draw(rng, task.name)
    word = speech.wake_word(rng, speaker)
    around, _ = speech.talk(rng, speaker, _vocabulary(task.name), 5 * SAMPLE_RATE)
    windows = []
    for label in GROUPS[task.name]:
        if label == WAKE:
            windows.append(speech.recorded(rng, _with_word(rng, word, around)))
        elif label == SILENCE:
            windows.append(speech.silence(rng, SAMPLES))
        else:
            cut = int(rng.integers(0, len(around) - SAMPLES))
            windows.append(speech.recorded(rng, around[cut : cut + SAMPLES]))
    return np.stack(windows)


def _render(task: Task) -> np.ndarray:
    return np.stack([FEATURES.compute(window) for window in record(task)]).astype(np.float32)


def audio(seed: int, index: np.ndarray) -> np.ndarray:
    """The sound of some windows of the test set, made again: int16 [n, SAMPLES]."""
    group = len(GROUPS["test"])
    return np.stack([record(Task(seed, "test", int(i) // group))[int(i) % group] for i in index])


def stream(
    task: Task, with_words: bool, close_words: float = words.CLOSE_WORDS
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """A minute of one speaker, int16, and the places of the wake words in it."""
    rng = np.random.default_rng([task.seed, 10 + SETS.index(task.name), task.number, with_words])
    speaker = Speaker.draw(rng, task.name)
    length = STREAM_SECONDS * SAMPLE_RATE
    vocabulary = _vocabulary(task.name)
    talk, places = speech.talk(rng, speaker, vocabulary, length, 0.6 * with_words, close_words)
    return speech.recorded(rng, talk), places


def _running(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of the windows of one stream of running speech."""
    features, wake = running.windows(np.random.default_rng([task.seed, 20, task.number]))
    return features, np.where(wake, WAKE, UNKNOWN).astype(np.uint8)


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: features float32 [n, 30, 40], labels."""
    tasks = [Task(seed, name, number) for number in range(SPEAKERS[name])]
    features = sets.render(_render, tasks, name, processes)
    labels = np.tile(np.array(GROUPS[name], np.uint8), len(tasks))
    if name == "training":
        streams = [Task(seed, name, number) for number in range(RUNNING)]
        cut = sets.render(_running, streams, "training, running speech", processes)
        features += [windows for windows, _ in cut]
        labels = np.concatenate([labels, *(found for _, found in cut)])
    return DataSet(features=np.concatenate(features), labels=labels)


if __name__ == "__main__":
    sets.main(make, __doc__)
