"""The network: the depthwise-separable CNN (DS-CNN) of MLPerf Tiny's keyword spotting.

Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers", 2017; layer sizes as in the
reference model of MLPerf Tiny. Batch normalisation, dropout and noise are there for training and
vanish in the conversion.
"""

import keras
from keras import layers

from kws.features import FEATURES
from kws.words import CLASSES

FILTERS = 64
BLOCKS = 4


def _normalise(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def build() -> keras.Model:
    """[n, 49, 10, 1] to class probabilities [n, 12], with fresh weights."""
    regulariser = keras.regularizers.L2(1e-4)

    inputs = keras.Input((FEATURES.frames, FEATURES.coefficients, 1))
    x = layers.GaussianNoise(0.5)(inputs)
    x = layers.Conv2D(FILTERS, (10, 4), strides=2, padding="same", kernel_regularizer=regulariser)(
        x
    )
    x = _normalise(x)
    for _ in range(BLOCKS):
        x = layers.DepthwiseConv2D(3, padding="same", depthwise_regularizer=regulariser)(x)
        x = _normalise(x)
        x = layers.Conv2D(FILTERS, 1, padding="same", kernel_regularizer=regulariser)(x)
        x = _normalise(x)
    x = layers.Dropout(0.3)(x)
    x = layers.AveragePooling2D((25, 5))(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(len(CLASSES), activation="softmax")(x))
