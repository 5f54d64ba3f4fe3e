"""Trains the forest on the features of the training set.

Trees and leaves were settled on the validation set: more of either make it no better.
"""

from sklearn.ensemble import RandomForestClassifier

from common.sets import DataSet
from motion import run

TREES = 24
LEAVES = 64
"""Most leaves of a tree."""

if __name__ == "__main__":
    folder, seed = run.training(__doc__)
    training = DataSet.load(folder / "training.npz")
    forest = RandomForestClassifier(
        TREES, max_leaf_nodes=LEAVES, min_samples_leaf=3, random_state=seed, n_jobs=1
    )
    run.save(folder, forest.fit(training.features, training.labels), seed)
