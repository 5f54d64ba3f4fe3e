"""Trains the network on the training set; the test set is not touched here.

The learning rate falls along a cosine to zero, and the weights of the last epoch are kept, so the
validation set only informs the reader.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from dataset import DataSet
from model import build

BATCH = 128
LEARNING_RATE = 2e-3


def balance(model: keras.Model, labels: np.ndarray) -> None:
    """Takes the classes' unequal frequencies in the training set out of the network, so that it
    judges as if all were equally likely: their logarithms are subtracted from the last biases
    (Bayes' rule)."""
    frequency = np.bincount(labels) / len(labels)
    weights, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([weights, bias - np.log(frequency * len(frequency))])


def main() -> None:
    """Trains and writes model.keras and history.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the sets; the model goes here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(arguments.seed)
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    training = DataSet.load(arguments.folder / "training.npz")
    validation = DataSet.load(arguments.folder / "validation.npz")
    steps = arguments.epochs * -(-len(training.labels) // BATCH)
    model = build()
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    started = time.monotonic()
    history = model.fit(
        training.features[..., None],
        training.labels,
        batch_size=BATCH,
        epochs=arguments.epochs,
        validation_data=(validation.features[..., None], validation.labels),
        verbose=2,
    )
    record = {
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "threads": arguments.threads,
        "seconds": round(time.monotonic() - started),
        "history": history.history,
    }
    balance(model, training.labels)
    model.save(arguments.folder / "model.keras")
    (arguments.folder / "history.json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
