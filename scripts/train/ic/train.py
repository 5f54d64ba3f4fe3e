"""Trains the network of the image classification."""

import numpy as np

from common import fit
from common.image.pictures import Jitter
from common.sets import DataSet
from ic.model import build


def inputs(examples: DataSet) -> np.ndarray:
    """Inputs of the network, float32 [n, 32, 32, 3] of 0 to 255."""
    return examples.images.astype(np.float32)


RECIPE = fit.Recipe(
    build=build,
    pairs=lambda examples: (inputs(examples), examples.labels),
    epochs=15,
    batch=64,
    learning_rate=3e-3,
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
    augment=Jitter(2),
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
