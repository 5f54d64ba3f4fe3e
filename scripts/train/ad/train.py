"""Trains the auto-encoder on machines in order."""

import numpy as np

from ad.model import INPUTS, build
from common import fit
from common.sets import DataSet


def inputs(examples: DataSet) -> np.ndarray:
    """Inputs of the network, float32 [windows of all clips, 640]."""
    return examples.features.reshape(-1, INPUTS)


RECIPE = fit.Recipe(
    build=build,
    pairs=lambda examples: (inputs(examples), inputs(examples)),
    epochs=25,
    batch=256,
    learning_rate=2e-3,
    loss="mse",
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
