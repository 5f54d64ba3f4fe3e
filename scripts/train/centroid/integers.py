"""Centroids and scores in integers, as the device has them.

`scores` works on these numbers, without the model file: what it says is the reference for whoever
reads that file.
"""

from dataclasses import dataclass

import numpy as np

ONE_DEVIATION = 256
"""A standard deviation of a feature, once it is scaled."""

LIMIT = 16383
SCORE_SHIFT = 8


@dataclass(frozen=True)
class Integers:
    """`scales`: int64 [features, 3], mean, multiplier and shift; `points`: int64 [centroids,
    features]."""

    scales: np.ndarray
    points: np.ndarray


def of(model) -> Integers:
    """The integers of a trained pipeline."""
    scaler, means = model[0], model[1]
    scales = []
    for mean, deviation in zip(scaler.mean_, scaler.scale_, strict=True):
        factor = ONE_DEVIATION / deviation
        shift = 0
        while shift < 31 and factor * 2 ** (shift + 1) <= 65535:
            shift += 1
        scales.append((round(mean), min(65535, round(factor * 2**shift)), shift))
    points = np.floor(means.cluster_centers_ * ONE_DEVIATION + 0.5)
    return Integers(np.array(scales, np.int64), np.clip(points, -LIMIT, LIMIT).astype(np.int64))


def scores(integers: Integers, features: np.ndarray) -> np.ndarray:
    """The squared distance to the nearest centroid, uint32 [n], in units of 2^8 / 256^2 of a
    standard deviation's square."""
    mean, multiplier, shift = integers.scales.T
    scaled = ((features.astype(np.int64) - mean) * multiplier) >> shift
    scaled = np.clip(scaled, -LIMIT, LIMIT)
    distances = ((scaled[:, None, :] - integers.points) ** 2).sum(2)
    return (distances.min(1) >> SCORE_SHIFT).astype("<u4")


def auc(values: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve: the probability that an anomaly (label 1) scores above something
    normal, ties counted by half (Mann and Whitney)."""
    ordered, anomalous = np.sort(values[labels == 0]), values[labels == 1]
    below = np.searchsorted(ordered, anomalous, "left")
    up_to = np.searchsorted(ordered, anomalous, "right")
    return float(np.mean(below + up_to) / (2 * len(ordered)))
