"""Writes the centroids as a model file of the runtime `classical`."""

from centroid import integers
from centroid.dataset import SAMPLES
from motion import format, run

if __name__ == "__main__":
    folder = run.folder(__doc__)
    own = integers.of(run.load(folder))
    run.write(folder / "centroid.tbcm", format.centroids(SAMPLES, own.scales, own.points))
