"""The data sets: which utterances there are, and their features.

Every utterance has its own random generator, seeded by (seed, set, index), so a set is the same
however many processes make it and in whatever order.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import augment
from features import COEFFICIENTS, FRAMES, mfcc
from synthesise import resample, speak
from voices import SPEAKERS
from words import CLASSES, SILENCE, UNKNOWN, UNKNOWN_TEST_ONLY, UNKNOWN_TRAINING

SETS = ("training", "validation", "test")


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
class DataSet:
    """Features float32 [n, FRAMES, COEFFICIENTS], labels uint8 [n], words and accents [n]."""

    features: np.ndarray
    labels: np.ndarray
    words: np.ndarray
    accents: np.ndarray

    def save(self, path: Path) -> None:
        """Writes the set to a temporary file and renames it."""
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, **vars(self))
        temporary.replace(path)

    @staticmethod
    def load(path: Path) -> "DataSet":
        """Reads a set that `save` wrote."""
        with np.load(path) as arrays:
            return DataSet(**arrays)


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


def _render(task: tuple[int, str, int, int, int, int]) -> tuple[np.ndarray, int, str, str]:
    """One utterance: features float32 [copies, FRAMES, COEFFICIENTS], label, word, accent."""
    seed, name, number, label, index, copies = task
    rng = np.random.default_rng([seed, SETS.index(name), number])
    if CLASSES[label] == SILENCE:
        seconds = [augment.silence(rng) for _ in range(copies)]
        word = accent = ""
    else:
        what = _draw(rng, name, label, index)
        word, accent = what.word, what.accent
        spoken = speak(what.word + what.mark, accent, what.variant, what.speed, what.pitch)
        spoken = resample(spoken, what.stretch)
        seconds = [augment.utterance(rng, spoken) for _ in range(copies)]
    features = np.stack([mfcc(second) for second in seconds]).astype(np.float32)
    return features, label, word, accent


def _tasks(seed: int, name: str) -> Iterator[tuple[int, str, int, int, int, int]]:
    """All utterances of a set, class after class."""
    plan = PLANS[name]
    number = 0
    for label, class_name in enumerate(CLASSES):
        count = {SILENCE: plan.silence, UNKNOWN: plan.unknown}.get(class_name, plan.keyword)
        for index in range(count):
            yield seed, name, number, label, index, plan.copies
            number += 1


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set. Progress goes to stderr."""
    tasks = list(_tasks(seed, name))
    features, labels, words, accents = [], [], [], []
    started = time.monotonic()
    with multiprocessing.Pool(processes) as pool:
        for done, (copies, label, word, accent) in enumerate(pool.imap(_render, tasks, 32), 1):
            features.append(copies)
            labels += [label] * len(copies)
            words += [word] * len(copies)
            accents += [accent] * len(copies)
            if done % 1000 == 0 or done == len(tasks):
                seconds = time.monotonic() - started
                print(f"{name}: {done}/{len(tasks)} utterances, {seconds:.0f} s", file=sys.stderr)
    return DataSet(
        np.concatenate(features).reshape(-1, FRAMES, COEFFICIENTS),
        np.array(labels, np.uint8),
        np.array(words),
        np.array(accents),
    )


def main() -> None:
    """Makes the three sets in a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the sets are written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in SETS:
        path = arguments.folder / f"{name}.npz"
        if path.exists():
            print(f"{name}: {path} is there already", file=sys.stderr)
        else:
            make(arguments.seed, name, arguments.processes).save(path)


if __name__ == "__main__":
    main()
