"""Trains the wake-word network."""

import numpy as np

from common import fit
from common.sets import DataSet
from sww.model import build


def inputs(examples: DataSet) -> np.ndarray:
    """Inputs of the network, float32 [n, 30, 1, 40]."""
    return examples.features[:, :, None, :]


RECIPE = fit.Recipe(
    build=build,
    pairs=lambda examples: (inputs(examples), examples.labels),
    epochs=20,
    batch=128,
    learning_rate=2e-3,
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
