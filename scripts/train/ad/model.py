"""The network: the auto-encoder of MLPerf Tiny's anomaly detection, which is that of the DCASE 2020
challenge's baseline.

Koizumi et al., "Description and Discussion on DCASE2020 Challenge Task 2", 2020; layer sizes as in
MLPerf Tiny's reference model. Batch normalisation is there for training and vanishes in the
conversion.
"""

import keras
from keras import layers

INPUTS = 640
HIDDEN = (128, 128, 128, 128, 8, 128, 128, 128, 128)


def build() -> keras.Model:
    """[n, 640] log-mel energies to the same, with fresh weights."""
    inputs = keras.Input((INPUTS,))
    x = inputs
    for units in HIDDEN:
        x = layers.Dense(units)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
    return keras.Model(inputs, layers.Dense(INPUTS)(x))
