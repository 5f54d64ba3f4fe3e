"""Trains the wake-word network."""

import numpy as np

from common import fit
from common.sets import DataSet
from sww.model import build


def inputs(examples: DataSet) -> np.ndarray:
    """Inputs of the network, float32 [n, 30, 1, 40]."""
    return examples.features[:, :, None, :]


WARP = 0.15
"""Up to so much, as a natural logarithm, the mel axis of a window is stretched or compressed, as by
a longer or shorter vocal tract."""
MASKED_BANDS = 6
"""At most so many neighbouring bands of a window are hidden behind its mean."""


def as_other_speakers(rng: np.random.Generator, batch: np.ndarray) -> np.ndarray:
    """A batch [n, 30, 1, 40] as other speakers and microphones would have it: each window with the
    mel axis warped (Jaitly and Hinton, "Vocal Tract Length Perturbation", 2013) and some bands
    hidden (Park et al., "SpecAugment", 2019)."""
    count, _, _, bands = batch.shape
    factors = np.exp(rng.uniform(-WARP, WARP, count))
    places = np.clip(np.arange(bands) * factors[:, None], 0.0, bands - 1.0)
    below = np.minimum(places.astype(int), bands - 2)
    share = (places - below)[:, None, None, :].astype(np.float32)
    below = below[:, None, None, :]
    warped = (1.0 - share) * np.take_along_axis(batch, below, 3)
    warped += share * np.take_along_axis(batch, below + 1, 3)
    first = rng.integers(0, bands, count)[:, None]
    width = rng.integers(0, MASKED_BANDS + 1, count)[:, None]
    hidden = (np.arange(bands) >= first) & (np.arange(bands) < first + width)
    mean = warped.mean(axis=(1, 2, 3), keepdims=True)
    return np.where(hidden[:, None, None, :], mean, warped)


RECIPE = fit.Recipe(
    build=build,
    pairs=lambda examples: (inputs(examples), examples.labels),
    epochs=25,
    batch=128,
    learning_rate=2e-3,
    loss="sparse_categorical_crossentropy",
    metrics=("accuracy",),
    augment=as_other_speakers,
)

if __name__ == "__main__":
    fit.main(RECIPE, __doc__)
