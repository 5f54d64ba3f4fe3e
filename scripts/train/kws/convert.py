"""Converts the trained network to a .tflite of int8 throughout, input and output included.

Post-training quantisation: weights per output channel (per tensor in the fully connected layer,
as in the reference model of MLPerf Tiny), activations per tensor, with ranges from training
examples.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from dataset import DataSet
from features import COEFFICIENTS, FRAMES
from flatten import insert_reshape

CALIBRATION_EXAMPLES = 2400


def convert(model: keras.Model, examples: np.ndarray) -> bytes:
    """The .tflite of a model, calibrated on `examples`, float32 [n, FRAMES, COEFFICIENTS]."""
    function = tf.function(
        lambda features: model(features, training=False),
        input_signature=[tf.TensorSpec((1, FRAMES, COEFFICIENTS, 1), tf.float32, "features")],
    )

    def representative() -> Iterator[list[np.ndarray]]:
        for example in examples:
            yield [example[None, ..., None]]

    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return insert_reshape(converter.convert())


def main() -> None:
    """Reads model.keras and the training set of a folder and writes kws.tflite there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    model = keras.models.load_model(folder / "model.keras")
    features = DataSet.load(folder / "training.npz").features
    step = len(features) // CALIBRATION_EXAMPLES
    (folder / "kws.tflite").write_bytes(convert(model, features[::step]))


if __name__ == "__main__":
    main()
