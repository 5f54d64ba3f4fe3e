"""The data sets: windows of 0.16 s of a motor's vibration.

Training and validation sets hold machines in order only; half of the test set's windows have a
fault. No machine is in two sets. Every machine has a random generator of its own, seeded by (seed,
set, number).
"""

from dataclasses import dataclass

import numpy as np

from centroid import machines
from common import sets
from common.sets import SETS, DataSet
from motion import features

SAMPLES = 256
MACHINES = {"training": 60, "validation": 12, "test": 30}
WINDOWS = 60
SEVERITY = (0.12, 0.8)
"""From hardly to be felt to plain; drawn evenly on a logarithmic scale."""

NORMAL, ANOMALOUS = 0, 1
CLASSES = ("normal", "anomalous")


@dataclass(frozen=True)
class Task:
    """Machine number `number` of a set."""

    seed: int
    name: str
    number: int


def _record(task: Task) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng([task.seed, SETS.index(task.name), task.number])
    own = machines.machine(rng)
    windows, faults = [], []
    for number in range(WINDOWS):
        fault = None
        if task.name == "test" and number % 2 == ANOMALOUS:
            fault = machines.FAULTS[number // 2 % len(machines.FAULTS)]
        severity = float(np.exp(rng.uniform(*np.log(SEVERITY))))
        windows.append(machines.window(rng, own, SAMPLES, fault, severity))
        faults.append(fault.__name__ if fault else "")
    return np.stack(windows), faults


def make(seed: int, name: str, processes: int) -> DataSet:
    """Makes a set: windows int16 [n, 3, SAMPLES], their features, labels and faults."""
    tasks = [Task(seed, name, number) for number in range(MACHINES[name])]
    parts = sets.render(_record, tasks, name, processes)
    windows = np.concatenate([windows for windows, _ in parts])
    faults = np.array([fault for _, own in parts for fault in own])
    labels = np.where(faults == "", NORMAL, ANOMALOUS).astype(np.uint8)
    return DataSet(
        windows=windows, features=features.compute(windows), labels=labels, faults=faults
    )


if __name__ == "__main__":
    sets.main(make, __doc__)
