"""The streams: labelled samples with a class that comes later and a change of concept.

Every sample has its own random generator, seeded by (seed, stream, sample), so a stream is the same
however many processes make it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pool

import numpy as np

from common.sound.synthesise import resample, speak
from common.sound.voices import SPEAKERS
from ic import scenes
from ic.features import CLASSES as OBJECTS
from kws import augment
from kws.features import FEATURES


@dataclass(frozen=True)
class Plan:
    """The classes, the last of which comes at sample `arrival`, and what happens at sample
    `drift`: the classes of each pair in `swapped` take each other's label."""

    number: int
    classes: tuple[str, ...]
    samples: int
    arrival: int
    drift: int
    swapped: tuple[tuple[int, int], ...]


WORDS = Plan(
    number=0,
    classes=("river", "market", "doctor", "pencil", "travel", "chair"),
    samples=480,
    arrival=160,
    drift=320,
    swapped=((0, 1), (2, 3)),
)
"""Words that the keyword-spotting network was never trained on."""

PICTURES = Plan(
    number=1,
    classes=("aeroplane", "bird", "tree", "house", "boat", "car"),
    samples=300,
    arrival=100,
    drift=200,
    swapped=((0, 1), (2, 3)),
)
"""Kinds of object that the image-classification network was trained on, in new pictures."""


def labels(seed: int, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """What each sample shows, and its label: uint8 [samples] each. Classes are drawn evenly from
    those that are there; the one that comes is the first to."""
    rng = np.random.default_rng([seed, plan.number])
    last = len(plan.classes) - 1
    before = rng.integers(0, last, plan.arrival)
    behind = rng.integers(0, last + 1, plan.samples - plan.arrival)
    behind[0] = last
    shown = np.concatenate([before, behind]).astype(np.uint8)
    swap = np.arange(last + 1, dtype=np.uint8)
    for one, other in plan.swapped:
        swap[one], swap[other] = other, one
    said = shown.copy()
    said[plan.drift :] = swap[shown[plan.drift :]]
    return shown, said


@dataclass(frozen=True)
class Task:
    """Sample `number`, which shows class `shown`."""

    seed: int
    number: int
    shown: int


HOUSEHOLD = 4
"""How many people speak in the stream of words."""


def word(task: Task) -> np.ndarray:
    """A word spoken by one of a household, none of whom the network was trained on: features
    float64 [frames, coefficients]."""
    people = np.random.default_rng([task.seed, WORDS.number, 1])
    rng = np.random.default_rng([task.seed, WORDS.number, 2, task.number])
    speakers = SPEAKERS["test"]
    voices = [
        (
            str(people.choice(speakers.accents)),
            str(people.choice(speakers.variants)),
            int(people.integers(130, 190)),
            int(people.integers(25, 76)),
        )
        for _ in range(HOUSEHOLD)
    ]
    accent, variant, speed, pitch = voices[rng.integers(HOUSEHOLD)]
    speed += int(rng.integers(-15, 16))
    pitch += int(rng.integers(-8, 9))
    spoken = speak(WORDS.classes[task.shown], accent, variant, speed, pitch)
    spoken = resample(spoken, float(rng.uniform(0.95, 1.05)))
    return FEATURES.compute(augment.utterance(rng, spoken))


def picture(task: Task) -> np.ndarray:
    """A picture: uint8 [32, 32, 3]."""
    rng = np.random.default_rng([task.seed, PICTURES.number, 2, task.number])
    label = OBJECTS.index(PICTURES.classes[task.shown])
    return scenes.draw(rng, label, test=True)[0]


def make(
    seed: int, plan: Plan, sample: Callable[[Task], np.ndarray], processes: int
) -> tuple[np.ndarray, np.ndarray]:
    """A stream: its samples, [samples, ...], and their labels, uint8 [samples]."""
    shown, said = labels(seed, plan)
    tasks = [Task(seed, number, int(label)) for number, label in enumerate(shown)]
    with Pool(processes) as pool:
        return np.stack(pool.map(sample, tasks, 20)), said
