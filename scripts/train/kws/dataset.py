"""The data sets: which utterances there are, and their features.

Every utterance has its own random generator, seeded by (seed, set, index), so a set is the same
however many processes make it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np

from common import sets
from common.sets import SETS, DataSet
from common.sound.synthesise import resample, speak
from common.sound.voices import SPEAKERS
from kws import augment
from kws.features import FEATURES
from kws.words import CLASSES, SILENCE, UNKNOWN, UNKNOWN_TEST_ONLY, UNKNOWN_TRAINING


@dataclass(frozen=True)
class Plan:
    """How many utterances of each class a set has, how many times each is augmented, and by which
    factors (at least and at most) speech is stretched."""

    keyword: int
    silence: int
    unknown: int
    copies: int
    stretch: tuple[float, float]


PLANS = {
    "training": Plan(keyword=1500, silence=900, unknown=3600, copies=4, stretch=(0.8, 1.25)),
    "validation": Plan(keyword=60, silence=60, unknown=60, copies=1, stretch=(0.92, 1.08)),
    "test": Plan(keyword=150, silence=150, unknown=150, copies=1, stretch=(0.92, 1.08)),
}
"""The training set is stretched more than the others, which gives it more kinds of speaker."""


@dataclass(frozen=True)
class Utterance:
    """What is said in one second, and by whom."""

    label: int
    word: str
    accent: str
    variant: str
    speed: int
    pitch: int
    mark: str
    stretch: float


@dataclass(frozen=True)
class Task:
    """Utterance `number` of a set, which is number `index` of its class."""

    seed: int
    name: str
    number: int
    label: int
    index: int


def _draw(rng: np.random.Generator, name: str, label: int, index: int) -> Utterance:
    """Utterance number `index` of a class: the words of `unknown` take turns, everything else
    is drawn."""
    word = CLASSES[label]
    if word == UNKNOWN:
        words = UNKNOWN_TRAINING
        if name == "test" and index % 2:
            words = UNKNOWN_TEST_ONLY
        word = words[(index // 2 if name == "test" else index) % len(words)]
    speakers = SPEAKERS[name]
    return Utterance(
        label=label,
        word=word,
        accent=str(rng.choice(speakers.accents)),
        variant=str(rng.choice(speakers.variants)),
        speed=int(rng.integers(115, 206)),
        pitch=int(rng.integers(20, 81)),
        mark=str(rng.choice(["", ".", "?", "!"])),
        stretch=float(rng.uniform(*PLANS[name].stretch)),
    )


def _record(task: Task) -> tuple[list[np.ndarray], str, str]:
    """One utterance: the versions of it, each int16 [SAMPLES]; word and accent."""
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    copies = PLANS[task.name].copies
    if CLASSES[task.label] == SILENCE:
        return [augment.silence(rng) for _ in range(copies)], "", ""
    what = _draw(rng, task.name, task.label, task.index)
    spoken = speak(what.word + what.mark, what.accent, what.variant, what.speed, what.pitch)
    spoken = resample(spoken, what.stretch)
    return [augment.utterance(rng, spoken) for _ in range(copies)], what.word, what.accent


def _render(task: Task) -> tuple[np.ndarray, str, str]:
    """One utterance: features float32 [copies, frames, coefficients], word, accent."""
    seconds, word, accent = _record(task)
    features = np.stack([FEATURES.compute(second) for second in seconds])
    return features.astype(np.float32), word, accent


def _tasks(seed: int, name: str, part: int = 1) -> list[Task]:
    """The first `part`-th of each class of a set, class after class; all of it by default."""
    plan = PLANS[name]
    tasks: list[Task] = []
    number = 0
    for label, class_name in enumerate(CLASSES):
        count = {SILENCE: plan.silence, UNKNOWN: plan.unknown}.get(class_name, plan.keyword)
        tasks += [Task(seed, name, number + i, label, i) for i in range(count // part)]
        number += count
    return tasks


def audio(seed: int, index: np.ndarray) -> np.ndarray:
    """The sound of some utterances of the test set, made again: int16 [n, SAMPLES]."""
    tasks = _tasks(seed, "test")
    return np.stack([_record(tasks[i])[0][0] for i in index])


def make(seed: int, name: str, processes: int, part: int = 1) -> DataSet:
    """Makes a set, or the first `part`-th of each of its classes: features float32
    [n, frames, coefficients], labels, words, accents."""
    tasks = _tasks(seed, name, part)
    copies = PLANS[name].copies
    features, words, accents = zip(*sets.render(_render, tasks, name, processes), strict=True)
    return DataSet(
        features=np.concatenate(features),
        labels=np.repeat(np.array([task.label for task in tasks], np.uint8), copies),
        words=np.repeat(words, copies),
        accents=np.repeat(accents, copies),
    )


if __name__ == "__main__":
    sets.main(make, __doc__)
