"""The forest in integers: thresholds and probabilities as the device has them.

`answers` evaluates scikit-learn's own trees with them, without the model file: what it says is the
reference for whoever reads that file.
"""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

WHOLE = 255
"""A probability of 1."""


def thresholds(tree) -> np.ndarray:
    """Thresholds, int64: features are whole numbers, so x <= t exactly if x <= floor(t)."""
    return np.floor(tree.threshold).astype(np.int64)


def probabilities(tree) -> np.ndarray:
    """The probability of each class at each node, rounded to units of 1/255: uint8 [nodes,
    classes]."""
    counts = tree.value[:, 0, :]
    shares = counts / counts.sum(1, keepdims=True)
    return np.floor(shares * WHOLE + 0.5).astype(np.uint8)


def answers(forest: RandomForestClassifier, features: np.ndarray) -> np.ndarray:
    """What the forest answers, int8 [n, classes]: the mean over the trees of the leaves'
    probabilities, less 128."""
    values = features.astype(np.int64)
    sums = np.zeros((len(values), forest.n_classes_), np.int64)
    for estimator in forest.estimators_:
        tree = estimator.tree_
        limits, leaves = thresholds(tree), probabilities(tree)
        at = np.zeros(len(values), np.int64)
        while True:
            inner = np.flatnonzero(tree.children_left[at] >= 0)
            if len(inner) == 0:
                break
            node = at[inner]
            left = values[inner, tree.feature[node]] <= limits[node]
            at[inner] = np.where(left, tree.children_left[node], tree.children_right[node])
        sums += leaves[at]
    trees = len(forest.estimators_)
    return ((sums + trees // 2) // trees - 128).astype(np.int8)
