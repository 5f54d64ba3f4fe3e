"""How unlike a machine in order a sound is, and how well that separates good from bad."""

import numpy as np

from common import tflm


def errors(model: tflm.Model, features: np.ndarray) -> np.ndarray:
    """The score of windows [..., 640]: the mean squared error between the int8 model's input and
    output, both as real numbers; float64 [...]."""
    inputs = model.quantise(features.reshape(-1, features.shape[-1]))
    difference = model.output.real(model.run(inputs)) - model.input.real(inputs)
    return np.mean(difference**2, axis=1).reshape(features.shape[:-1])


def auc(normal: np.ndarray, anomalous: np.ndarray) -> float:
    """Area under the ROC curve: the probability that an anomalous score is above a normal one,
    ties counted by half (Mann and Whitney)."""
    ordered = np.sort(normal.reshape(-1))
    below = np.searchsorted(ordered, anomalous.reshape(-1), "left")
    up_to = np.searchsorted(ordered, anomalous.reshape(-1), "right")
    return float(np.mean(below + up_to) / (2 * len(ordered)))
