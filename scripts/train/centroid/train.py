"""Finds centroids of the features of machines in order: k-means on standardised features."""

from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common.sets import DataSet
from motion import run

CENTROIDS = 8

if __name__ == "__main__":
    folder, seed = run.training(__doc__)
    training = DataSet.load(folder / "training.npz")
    model = make_pipeline(StandardScaler(), KMeans(CENTROIDS, n_init=4, random_state=seed))
    run.save(folder, model.fit(training.features.astype(float)), seed)
