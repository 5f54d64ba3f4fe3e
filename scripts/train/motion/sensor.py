"""A three-axis accelerometer: mounting, sampling jitter, gain, bias, noise, 16-bit samples."""

from dataclasses import dataclass

import numpy as np

AXES = 3
COUNTS_PER_G = 4096
"""16 bits for ±8 g, as of the Nano 33 BLE Sense's LSM9DS1 in that range."""


def rotation(axis: int, angle: float) -> np.ndarray:
    """The matrix that turns by `angle` radians about an axis: [3, 3]."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(AXES)
    first, second = [other for other in range(AXES) if other != axis]
    matrix[[first, first, second, second], [first, second, first, second]] = [cos, -sin, sin, cos]
    return matrix


@dataclass(frozen=True)
class Sensor:
    """One unit. `gain` is per axis, `bias` in g per axis, `noise` in g rms, `rate` in Hz as the
    unit's own oscillator keeps it."""

    rate: float
    gain: np.ndarray
    bias: np.ndarray
    noise: float

    def times(self, rng: np.random.Generator, samples: int, jitter: float) -> np.ndarray:
        """When the samples of a window are taken, s; each is late or early by `jitter` periods
        rms."""
        late = jitter * rng.standard_normal(samples)
        return (np.arange(samples) + late) / self.rate

    def read(self, rng: np.random.Generator, acceleration: np.ndarray) -> np.ndarray:
        """Samples int16 [3, n] of an acceleration in g, [3, n] in the sensor's own axes."""
        seen = self.gain[:, None] * acceleration + self.bias[:, None]
        seen = seen + self.noise * rng.standard_normal(acceleration.shape)
        counts = np.floor(seen * COUNTS_PER_G + 0.5)
        return np.clip(counts, -32768, 32767).astype(np.int16)


def unit(rng: np.random.Generator, rate: float, noise: float) -> Sensor:
    """A unit as it leaves the factory: 1 % of rate, 2 % of gain, 30 mg of bias (rms)."""
    return Sensor(
        rate=rate * (1.0 + 0.01 * rng.standard_normal()),
        gain=1.0 + 0.02 * rng.standard_normal(AXES),
        bias=0.03 * rng.standard_normal(AXES),
        noise=noise,
    )
