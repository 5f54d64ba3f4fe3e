"""Converts a trained network to a .tflite of int8 throughout, input and output included.

Post-training quantisation: weights per output channel (per tensor in fully connected layers, as in
the reference models of MLPerf Tiny), activations per tensor, with ranges from training examples.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from common.flatten import insert_reshape
from common.sets import DataSet


def convert(model: keras.Model, examples: np.ndarray) -> bytes:
    """The .tflite of a model, calibrated on `examples`, inputs of the network [n, ...]."""
    shape = (1, *model.input_shape[1:])

    def representative() -> Iterator[list[np.ndarray]]:
        for example in examples:
            yield [example.reshape(shape).astype(np.float32)]

    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return _flattened(model, converter.convert())


def convert_float(model: keras.Model) -> bytes:
    """The .tflite of a model in float32 throughout."""
    return _flattened(model, _converter(model).convert())


def _converter(model: keras.Model) -> tf.lite.TFLiteConverter:
    """The converter of a model for inputs one at a time, its weights frozen."""
    function = tf.function(
        lambda features: model(features, training=False),
        input_signature=[tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, "features")],
    )
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])


def _flattened(model: keras.Model, converted: bytes) -> bytes:
    """A converted model with the RESHAPE that a network of images or frames has."""
    return converted if len(model.input_shape) == 2 else insert_reshape(converted)


def main(
    name: str, inputs: Callable[[DataSet], np.ndarray], examples: int, description: str | None
) -> None:
    """The command of every convert.py: reads model.keras and the training set of a folder and
    writes NAME.tflite there, calibrated on about `examples` evenly spaced training examples."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    model = keras.models.load_model(folder / "model.keras")
    training = inputs(DataSet.load(folder / "training.npz"))
    step = max(1, len(training) // examples)
    (folder / f"{name}.tflite").write_bytes(convert(model, training[::step]))
