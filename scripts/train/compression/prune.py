"""Prunes a trained network by magnitude and trains on what is left.

In every convolution and dense layer the weights of the smallest magnitude become 0, more and more
of them while training goes on, and stay 0 from then on (Zhu and Gupta, "To prune, or not to prune:
exploring the efficacy of pruning for model compression", 2017, whose cubic schedule this is). The
few weights of depthwise convolutions and all biases are kept.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from common import fit
from common.sets import DataSet
from compression.networks import NETWORKS, Network

PRUNED = (layers.Conv2D, layers.Dense)
EVERY = 16
"""Batches between two steps of the schedule."""

RISE = 0.5
"""The part of the training in which sparsity rises; in the rest it stays."""


def kernels(model: keras.Model) -> list[keras.Variable]:
    """The weights that are pruned."""
    return [
        layer.kernel
        for layer in model.layers
        if isinstance(layer, PRUNED) and not isinstance(layer, layers.DepthwiseConv2D)
    ]


def mask(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """0 for the share `sparsity` of the weights with the smallest magnitudes, 1 for the rest."""
    flat = np.abs(weights).reshape(-1)
    kept = np.ones(flat.size, np.float32)
    kept[np.argsort(flat, kind="stable")[: round(sparsity * flat.size)]] = 0.0
    return kept.reshape(weights.shape)


class Pruning(keras.callbacks.Callback):
    """Raises the sparsity to `sparsity` within the first part of `steps` batches and keeps pruned
    weights at 0."""

    def __init__(self, sparsity: float, steps: int) -> None:
        super().__init__()
        self._sparsity, self._rise, self._step = sparsity, max(1, round(RISE * steps)), 0
        self._masks: list[tf.Tensor] = []

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Moves on by the schedule."""
        if self._step <= self._rise and self._step % EVERY == 0 or self._step == self._rise:
            left = 1.0 - min(1.0, self._step / self._rise)
            now = self._sparsity * (1.0 - left**3)
            self._masks = [tf.constant(mask(k.numpy(), now)) for k in kernels(self.model)]
            self._apply()
        self._step += 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Takes back what the optimiser did to pruned weights."""
        self._apply()

    def _apply(self) -> None:
        for kernel, kept in zip(kernels(self.model), self._masks, strict=True):
            kernel.assign(kernel * kept)


def sparsity(model: keras.Model) -> float:
    """The share of zeros among the weights that are pruned."""
    every = [kernel.numpy() for kernel in kernels(model)]
    zeros = sum(int((weights == 0.0).sum()) for weights in every)
    return zeros / sum(weights.size for weights in every)


def prune(network: Network, folder: Path, percent: int, epochs: int, seed: int) -> None:
    """Reads the sets and model.keras of a folder and writes pruned<percent>.keras there."""
    keras.utils.set_random_seed(seed)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    recipe: fit.Recipe = network.recipe
    training = DataSet.load(folder / "training.npz")
    inputs, targets = recipe.pairs(training)
    model = keras.models.load_model(folder / "model.keras")
    network.begin(model, training)
    steps = epochs * -(-len(inputs) // recipe.batch)
    schedule = keras.optimizers.schedules.CosineDecay(network.learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule), loss=recipe.loss, metrics=list(recipe.metrics)
    )
    started = time.monotonic()
    history = model.fit(
        inputs,
        targets,
        batch_size=recipe.batch,
        epochs=epochs,
        validation_data=recipe.pairs(DataSet.load(folder / "validation.npz")),
        callbacks=[Pruning(percent / 100, steps)],
        verbose=2,
    )
    if recipe.finish is not None:
        recipe.finish(model, training)
    name = f"pruned{percent}"
    model.save(folder / f"{name}.keras")
    record = {
        "seed": seed,
        "epochs": epochs,
        "examples": len(inputs),
        "sparsity": sparsity(model),
        "seconds": round(time.monotonic() - started),
        "history": history.history,
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1))


def main() -> None:
    """Prunes one network to one sparsity."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--folder", type=Path, required=True, help="sets and model.keras")
    parser.add_argument("--percent", type=int, required=True, help="weights that become 0")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not 0 < arguments.percent < 100:
        parser.error("--percent must be 1 to 99")
    network = NETWORKS[arguments.network]
    epochs = arguments.epochs or network.epochs
    prune(network, arguments.folder, arguments.percent, epochs, arguments.seed)


if __name__ == "__main__":
    main()
