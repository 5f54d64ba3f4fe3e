"""The data sets: half of the pictures show people.

Every picture has its own random generator, seeded by (seed, set, index), so a set is the same
however many processes make it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np

from common import sets
from common.sets import SETS, DataSet
from vww import scenes

COUNTS = {"training": 12_000, "validation": 1000, "test": 2000}


@dataclass(frozen=True)
class Task:
    """Picture number `number` of a set."""

    seed: int
    name: str
    number: int


def _render(task: Task) -> tuple[np.ndarray, str]:
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    world = scenes.TEST if task.name == "test" else scenes.TRAINING
    return scenes.draw(rng, world, bool(task.number % 2))


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: images uint8 [n, 96, 96, 3], labels, names of the backgrounds."""
    tasks = [Task(seed, name, number) for number in range(COUNTS[name])]
    images, backgrounds = zip(*sets.render(_render, tasks, name, processes), strict=True)
    labels = np.arange(len(tasks)) % 2
    return DataSet(
        images=np.stack(images),
        labels=labels.astype(np.uint8),
        backgrounds=np.array(backgrounds),
    )


if __name__ == "__main__":
    sets.main(make, __doc__)
