"""What the trainers of picture models share."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Jitter:
    """Changes batches of pictures at random: mirrors half of them, and moves each by up to `shift`
    pixels each way, its edge pixels repeated."""

    shift: int

    def __call__(self, rng: np.random.Generator, batch: np.ndarray) -> np.ndarray:
        """float32 [n, height, width, 3] to the same shape."""
        height, width = batch.shape[1:3]
        s = self.shift
        padded = np.pad(batch, ((0, 0), (s, s), (s, s), (0, 0)), mode="edge")
        out = np.empty_like(batch)
        for i, (y, x, mirror) in enumerate(
            rng.integers(0, (2 * s + 1, 2 * s + 1, 2), (len(batch), 3))
        ):
            picture = padded[i, y : y + height, x : x + width]
            out[i] = picture[:, ::-1] if mirror else picture
        return out
