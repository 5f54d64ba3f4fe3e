"""The networks that are compressed, and how each is trained on after pruning."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

import ad.publish
import ad.train
import kws.publish
import kws.train
from common import fit, publish
from common.sets import DataSet


@dataclass(frozen=True)
class Network:
    """A network and its training behind pruning."""

    recipe: fit.Recipe
    """How it was trained."""
    epochs: int
    learning_rate: float
    calibration: int
    """Training examples, about, that the int8 conversion is calibrated on."""
    vectors: Callable[[DataSet], np.ndarray]
    """Real inputs of the committed test vectors, from the test set."""
    begin: Callable[[keras.Model, DataSet], None] = lambda model, training: None
    """What is undone before training goes on."""


def _unbalance(model: keras.Model, training: DataSet) -> None:
    """Puts the classes' frequencies back, which `kws.train.balance` has taken out."""
    frequency = np.bincount(training.labels) / len(training.labels)
    weights, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([weights, bias + np.log(frequency * len(frequency))])


def _ad_vectors(test: DataSet) -> np.ndarray:
    clips = publish.taking_turns(test.labels, ad.publish.PER_CLASS)
    return test.features[clips, ad.publish.WINDOW]


def _kws_vectors(test: DataSet) -> np.ndarray:
    return test.features[publish.taking_turns(test.labels, kws.publish.PER_CLASS)]


NETWORKS = {
    "ad": Network(
        ad.train.RECIPE, epochs=10, learning_rate=1e-3, calibration=2000, vectors=_ad_vectors
    ),
    "kws": Network(
        kws.train.RECIPE,
        epochs=15,
        learning_rate=1e-3,
        calibration=2400,
        vectors=_kws_vectors,
        begin=_unbalance,
    ),
}
