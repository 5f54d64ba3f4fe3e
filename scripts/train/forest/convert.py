"""Writes the forest as a model file of the runtime `classical`."""

from forest.dataset import SAMPLES
from motion import run, trees

if __name__ == "__main__":
    folder = run.folder(__doc__)
    run.write(folder / "forest.tbcm", trees.file(run.load(folder), SAMPLES))
