"""Forests of scikit-learn in integers: thresholds and probabilities as the device has them.

`answers` evaluates scikit-learn's own trees with them, without the model file: what it says is the
reference for whoever reads that file.
"""

import numpy as np

from motion import format

WHOLE = 255
"""A probability of 1."""


def estimators(model) -> list:
    """The trees of a forest (RandomForestClassifier, ExtraTreesClassifier), or the only one of a
    DecisionTreeClassifier."""
    return list(getattr(model, "estimators_", [model]))


def thresholds(tree) -> np.ndarray:
    """Thresholds, int64: features are whole numbers, so x <= t exactly if x <= floor(t)."""
    return np.floor(tree.threshold).astype(np.int64)


def probabilities(tree) -> np.ndarray:
    """The probability of each class at each node, rounded to units of 1/255: uint8 [nodes,
    classes]."""
    counts = tree.value[:, 0, :]
    shares = counts / counts.sum(1, keepdims=True)
    return np.floor(shares * WHOLE + 0.5).astype(np.uint8)


def answers(model, features: np.ndarray) -> np.ndarray:
    """What the forest answers, int8 [n, classes]: the mean over the trees of the leaves'
    probabilities, less 128."""
    values = features.astype(np.int64)
    sums = np.zeros((len(values), model.n_classes_), np.int64)
    for estimator in estimators(model):
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
    trees = len(estimators(model))
    return ((sums + trees // 2) // trees - 128).astype(np.int8)


def _nodes(tree, leaf_index: dict[bytes, int]) -> list[tuple[int, int, int]]:
    """A tree in depth-first order; distributions that are new are added to `leaf_index`."""
    limits, leaves = thresholds(tree), probabilities(tree)

    def below(at: int) -> list[tuple[int, int, int]]:
        if tree.children_left[at] < 0:
            index = leaf_index.setdefault(leaves[at].tobytes(), len(leaf_index))
            return [(format.LEAF, 0, index)]
        left, right = below(tree.children_left[at]), below(tree.children_right[at])
        return [(int(tree.feature[at]), 1 + len(left), int(limits[at])), *left, *right]

    return below(0)


def file(model, samples: int) -> bytes:
    """The model file of a forest for windows of so many samples."""
    distributions: dict[bytes, int] = {}
    trees = [_nodes(estimator.tree_, distributions) for estimator in estimators(model)]
    leaves = np.frombuffer(b"".join(distributions), np.uint8).reshape(-1, model.n_classes_)
    return format.forest(samples, trees, leaves)
