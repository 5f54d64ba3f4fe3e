"""The network: ResNet-8 for images of 32x32, as in MLPerf Tiny's image classification.

He et al., "Deep Residual Learning for Image Recognition", 2016; layer sizes as in MLPerf Tiny's
reference model. Batch normalisation is there for training and vanishes in the conversion. Pixels
go in as they are, 0 to 255, and are scaled by the first batch normalisation.
"""

import keras
from keras import layers

from ic.features import CLASSES, SIZE

STACKS = ((16, 1), (32, 2), (64, 2))
"""Filters and first stride of each residual stack."""


def _convolution(x: keras.KerasTensor, filters: int, size: int, stride: int) -> keras.KerasTensor:
    convolution = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(1e-4),
    )
    return convolution(x)


def _normalise(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.BatchNormalization(momentum=0.95)(x)


def build() -> keras.Model:
    """[n, 32, 32, 3], 0 to 255, to class probabilities [n, 10], with fresh weights."""
    inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.ReLU()(_normalise(_convolution(inputs, 16, 3, 1)))
    for filters, stride in STACKS:
        y = layers.ReLU()(_normalise(_convolution(x, filters, 3, stride)))
        y = _normalise(_convolution(y, filters, 3, 1))
        if stride != 1:
            x = _convolution(x, filters, 1, stride)
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.AveragePooling2D(8)(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(len(CLASSES), activation="softmax", kernel_initializer="he_normal")(x)
    return keras.Model(inputs, outputs)
