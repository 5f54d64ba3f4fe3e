"""The network: MobileNetV1 with a width of 0.25 for images of 96x96, as in MLPerf Tiny.

Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
2017; layer sizes as in the reference model of MLPerf Tiny's visual wake words. Batch normalisation
is there for training and vanishes in the conversion.
"""

import keras
from keras import layers

from vww.features import CLASSES, SIZE

STEM = 8
BLOCKS = (
    (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2),
    (128, 1), (128, 1), (128, 1), (128, 1), (128, 1), (256, 2), (256, 1),
)  # fmt: skip
"""Filters and stride of each depthwise-separable block."""


def _normalise(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def build() -> keras.Model:
    """[n, 96, 96, 3], 0 to 1, to class probabilities [n, 2], with fresh weights."""
    inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(STEM, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = _normalise(x)
    for filters, stride in BLOCKS:
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = _normalise(x)
        x = layers.Conv2D(filters, 1, padding="same", use_bias=False)(x)
        x = _normalise(x)
    x = layers.AveragePooling2D(3)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(len(CLASSES), activation="softmax")(x))
