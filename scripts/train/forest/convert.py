"""Writes the forest as a model file of the runtime `classical`."""

import numpy as np

from forest.dataset import SAMPLES
from forest.integers import probabilities, thresholds
from motion import format, run


def nodes(tree, leaf_index: dict[bytes, int]) -> list[tuple[int, int, int]]:
    """A tree in depth-first order; distributions that are new are added to `leaf_index`."""
    limits, leaves = thresholds(tree), probabilities(tree)

    def below(at: int) -> list[tuple[int, int, int]]:
        if tree.children_left[at] < 0:
            index = leaf_index.setdefault(leaves[at].tobytes(), len(leaf_index))
            return [(format.LEAF, 0, index)]
        left, right = below(tree.children_left[at]), below(tree.children_right[at])
        return [(int(tree.feature[at]), 1 + len(left), int(limits[at])), *left, *right]

    return below(0)


if __name__ == "__main__":
    folder = run.folder(__doc__)
    forest = run.load(folder)
    distributions: dict[bytes, int] = {}
    trees = [nodes(estimator.tree_, distributions) for estimator in forest.estimators_]
    leaves = np.frombuffer(b"".join(distributions), np.uint8).reshape(-1, forest.n_classes_)
    run.write(folder / "forest.tbcm", format.forest(SAMPLES, trees, leaves))
