"""The data sets: windows of 2.56 s of people's activities.

Nobody is in two sets, and neither is a device. Every person has a random generator of their own,
seeded by (seed, set, number), so a set is the same however many processes make it.
"""

from dataclasses import dataclass

import numpy as np

from common import sets
from common.sets import SETS, DataSet
from forest import activities
from forest.activities import CLASSES, PLACEMENTS
from motion import features

SAMPLES = 128
PERSONS = {"training": 60, "validation": 12, "test": 24}
WINDOWS = 8
"""Windows of each person, placement and class."""


@dataclass(frozen=True)
class Task:
    """Person number `number` of a set."""

    seed: int
    name: str
    number: int


def _record(task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    who = activities.person(rng)
    windows, labels, placements = [], [], []
    for place, placement in enumerate(PLACEMENTS):
        worn = activities.wearing(rng, placement)
        for label, name in enumerate(CLASSES):
            for _ in range(WINDOWS):
                windows.append(activities.window(rng, who, worn, name, SAMPLES))
                labels.append(label)
                placements.append(place)
    return np.stack(windows), np.array(labels, np.uint8), np.array(placements, np.uint8)


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: windows int16 [n, 3, SAMPLES], their features, labels, placements and the
    number of the person."""
    tasks = [Task(seed, name, number) for number in range(PERSONS[name])]
    parts = sets.render(_record, tasks, name, processes)
    windows, labels, placements = (np.concatenate(part) for part in zip(*parts, strict=True))
    persons = np.repeat(np.arange(len(tasks)), len(labels) // len(tasks)).astype(np.uint16)
    return DataSet(
        windows=windows,
        features=features.compute(windows),
        labels=labels,
        placements=placements,
        persons=persons,
    )


if __name__ == "__main__":
    sets.main(make, __doc__)
