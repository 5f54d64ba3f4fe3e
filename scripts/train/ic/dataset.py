"""The data sets: the ten classes take turns.

Every picture has its own random generator, seeded by (seed, set, index), so a set is the same
however many processes make it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np

from common import sets
from common.sets import SETS, DataSet
from ic import scenes
from ic.features import CLASSES

COUNTS = {"training": 12_000, "validation": 1000, "test": 2000}


@dataclass(frozen=True)
class Task:
    """Picture number `number` of a set."""

    seed: int
    name: str
    number: int


def _render(task: Task) -> tuple[np.ndarray, str, int]:
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    return scenes.draw(rng, task.number % len(CLASSES), task.name == "test")


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: images uint8 [n, 32, 32, 3], labels, names of the backgrounds, makes."""
    tasks = [Task(seed, name, number) for number in range(COUNTS[name])]
    images, backgrounds, makes = zip(*sets.render(_render, tasks, name, processes), strict=True)
    labels = np.arange(len(tasks)) % len(CLASSES)
    return DataSet(
        images=np.stack(images),
        labels=labels.astype(np.uint8),
        backgrounds=np.array(backgrounds),
        makes=np.array(makes, np.uint8),
    )


if __name__ == "__main__":
    sets.main(make, __doc__)
