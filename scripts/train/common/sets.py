"""Data sets on disk: named arrays with one entry an example."""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

Task = TypeVar("Task")
Example = TypeVar("Example")

SETS = ("training", "validation", "test")


class DataSet:
    """Arrays by name, all of the same length; `labels` is uint8 [n]."""

    def __init__(self, **arrays: np.ndarray) -> None:
        self.arrays = arrays

    def __getattr__(self, name: str) -> np.ndarray:
        try:
            return self.__dict__["arrays"][name]
        except KeyError:
            raise AttributeError(name) from None

    def save(self, path: Path) -> None:
        """Writes the set to a temporary file and renames it."""
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, **self.arrays)
        temporary.replace(path)

    @staticmethod
    def load(path: Path) -> "DataSet":
        """Reads a set that `save` wrote."""
        with np.load(path) as arrays:
            return DataSet(**arrays)


def render(
    function: Callable[[Task], Example], tasks: Sequence[Task], name: str, processes: int
) -> list[Example]:
    """`function` of every task, in order, by several processes. Progress goes to stderr."""
    results = []
    started = time.monotonic()
    with multiprocessing.Pool(processes) as pool:
        for done, result in enumerate(pool.imap(function, tasks, 32), 1):
            results.append(result)
            if done % 1000 == 0 or done == len(tasks):
                seconds = time.monotonic() - started
                print(f"{name}: {done}/{len(tasks)}, {seconds:.0f} s", file=sys.stderr)
    return results


def main(make: Callable[[int, str, int], DataSet], description: str | None) -> None:
    """The command of every dataset.py: makes the three sets in a folder. `make` takes the seed,
    the set's name and the number of processes."""
    parser = argparse.ArgumentParser(description=description)
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
