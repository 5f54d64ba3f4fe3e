"""Trains a network on the training set; the test set is not touched here.

The learning rate falls along a cosine to zero, and the weights of the last epoch are kept, so the
validation set only informs the reader.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from common.sets import DataSet

Augment = Callable[[np.random.Generator, np.ndarray], np.ndarray]
Pairs = Callable[[DataSet], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    build: Callable[[], keras.Model]
    pairs: Pairs
    """Inputs and targets of a set."""
    epochs: int
    batch: int
    learning_rate: float
    loss: str
    threads: int = 1
    """One thread always sums in one order and costs the least processor time."""
    metrics: tuple[str, ...] = ()
    augment: Augment | None = None
    """Changes a batch of training inputs at random."""
    finish: Callable[[keras.Model, DataSet], None] | None = None
    """What is done to the network when it is trained."""


class _Batches(keras.utils.PyDataset):
    """Shuffled batches, augmented, from a random generator of their own."""

    def __init__(
        self, inputs: np.ndarray, targets: np.ndarray, batch: int, augment: Augment, seed: int
    ) -> None:
        super().__init__()
        self._inputs, self._targets, self._batch, self._augment = inputs, targets, batch, augment
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._inputs) // self._batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._batch :][: self._batch]
        return self._augment(self._rng, self._inputs[chosen]), self._targets[chosen]

    def on_epoch_end(self) -> None:
        self._order = self._rng.permutation(len(self._inputs))


def main(recipe: Recipe, description: str | None) -> None:
    """The command of every train.py: writes model.keras and history.json."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="the sets; the model goes here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=recipe.epochs)
    parser.add_argument("--threads", type=int, default=recipe.threads)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(arguments.seed)
    if arguments.threads > 1:
        tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    training = DataSet.load(arguments.folder / "training.npz")
    inputs, targets = recipe.pairs(training)
    validation = recipe.pairs(DataSet.load(arguments.folder / "validation.npz"))
    steps = arguments.epochs * -(-len(inputs) // recipe.batch)
    model = recipe.build()
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
        ),
        loss=recipe.loss,
        metrics=list(recipe.metrics),
    )
    shared = {"epochs": arguments.epochs, "validation_data": validation, "verbose": 2}
    started = time.monotonic()
    if recipe.augment is None:
        history = model.fit(inputs, targets, batch_size=recipe.batch, **shared)
    else:
        batches = _Batches(inputs, targets, recipe.batch, recipe.augment, arguments.seed)
        history = model.fit(batches, **shared)
    record = {
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "threads": arguments.threads,
        "seconds": round(time.monotonic() - started),
        "history": history.history,
    }
    if recipe.finish is not None:
        recipe.finish(model, training)
    model.save(arguments.folder / "model.keras")
    (arguments.folder / "history.json").write_text(json.dumps(record, indent=1))
