"""Trains the network of the visual wake words."""

import numpy as np

from common import fit
from common.image.pictures import Jitter
from common.sets import DataSet
from vww.model import build


def inputs(examples: DataSet) -> np.ndarray:
    """Inputs of the network, float32 [n, 96, 96, 3] of 0 to 1."""
    return examples.images.astype(np.float32) / np.float32(255.0)


RECIPE = fit.Recipe(
    build=build,
    pairs=lambda examples: (inputs(examples), examples.labels),
    epochs=16,
    batch=64,
    learning_rate=3e-3,
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
    augment=Jitter(6),
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
