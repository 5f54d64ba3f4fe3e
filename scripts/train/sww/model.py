"""The network: the one-dimensional depthwise-separable CNN of MLPerf Tiny's streaming wake word.

Layer sizes as in the reference model. Every convolution is VALID in time, so that a device may
compute only what is new; batch normalisation and dropout are there for training and vanish in the
conversion.
"""

import keras
from keras import layers

from sww.features import FEATURES
from sww.words import CLASSES

BLOCKS = ((3, 128), (5, 128), (10, 128), (15, 32))
"""Length in time of the depthwise convolution, and filters of the pointwise one, of each block."""


def build() -> keras.Model:
    """[n, 30, 1, 40] log-mel energies to class probabilities [n, 3], with fresh weights."""
    regulariser = keras.regularizers.L2(1e-4)
    inputs = keras.Input((FEATURES.frames, 1, FEATURES.mel_bands))
    x = inputs
    for length, filters in BLOCKS:
        x = layers.DepthwiseConv2D((length, 1), depthwise_regularizer=regulariser)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.Conv2D(filters, 1, kernel_regularizer=regulariser)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(len(CLASSES), activation="softmax")(x))
