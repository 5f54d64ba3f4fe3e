"""Trains the keyword-spotting network."""

import keras
import numpy as np

from common import fit
from common.sets import DataSet
from kws.model import build


def pairs(examples: DataSet) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of the network float32 [n, frames, coefficients, 1] and labels."""
    return examples.features[..., None], examples.labels


def balance(model: keras.Model, training: DataSet) -> None:
    """Takes the classes' unequal frequencies in the training set out of the network, so that it
    judges as if all were equally likely: their logarithms are subtracted from the last biases
    (Bayes' rule)."""
    frequency = np.bincount(training.labels) / len(training.labels)
    weights, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([weights, bias - np.log(frequency * len(frequency))])


RECIPE = fit.Recipe(
    build=build,
    pairs=pairs,
    epochs=12,
    batch=128,
    learning_rate=2e-3,
    loss="sparse_categorical_crossentropy",
    threads=2,
    metrics=("accuracy",),
    finish=balance,
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
