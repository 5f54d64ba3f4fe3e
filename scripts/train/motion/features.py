"""Features of windows of an accelerometer: feature set 1 of the runtime `classical`.

Written down from the table in targets/runtimes/classical/src/features.rs, with numpy's 64-bit
integers for many windows at once, so that it shares no code and no order of sums with it.
"""

import numpy as np

AXES = 3
OCTAVES = 5
PER_SIGNAL = 6 + OCTAVES
FEATURES = 4 * PER_SIGNAL + 6
ONE = 1 << 14
LEAST, GREATEST = -32768, 32767

NAMES = tuple(
    f"{name} of {signal}"
    for signal in ("x", "y", "z", "magnitude")
    for name in (
        "mean",
        "standard deviation",
        "least",
        "greatest",
        "mean crossings",
        "mean step",
        *(f"octave {octave}" for octave in range(1, OCTAVES + 1)),
    )
) + (
    "correlation of x and y",
    "correlation of x and z",
    "correlation of y and z",
    "magnitude area",
    "period",
    "periodicity",
)


def isqrt(values: np.ndarray) -> np.ndarray:
    """Roots, rounded down, of integers that are not negative."""
    roots = np.floor(np.sqrt(values.astype(np.float64))).astype(np.int64)
    roots -= roots * roots > values
    return roots + ((roots + 1) * (roots + 1) <= values)


def limited(values: np.ndarray) -> np.ndarray:
    """Limited to 16 bits."""
    return np.clip(values, LEAST, GREATEST)


def _octaves(centred: np.ndarray) -> list[np.ndarray]:
    levels = []
    averages = centred
    for _ in range(OCTAVES):
        first, second = averages[:, 0::2], averages[:, 1::2]
        details = (first - second) >> 1
        levels.append(limited(isqrt((details**2).sum(1) // details.shape[1])))
        averages = (first + second) >> 1
    return levels


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    divisor = isqrt((a * a).sum(1)) * isqrt((b * b).sum(1))
    products = (a * b).sum(1) * ONE
    return np.where(divisor > 0, np.clip(products // np.maximum(divisor, 1), -ONE, ONE), 0)


def _period(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, samples = centred.shape
    lags = np.arange(1, samples // 2 + 1)
    sums = np.stack([(centred[:, lag:] * centred[:, : samples - lag]).sum(1) for lag in lags], 1)
    began = np.cumsum(sums <= 0, axis=1) > 0
    candidates = np.where(began & (sums > 0), sums, 0)
    best = candidates.argmax(1)
    greatest = candidates[np.arange(count), best]
    whole = np.maximum((centred * centred).sum(1), 1)
    found = greatest > 0
    periodicity = np.minimum(greatest * ONE // whole, ONE)
    return np.where(found, lags[best], 0), np.where(found, periodicity, 0)


def compute(windows: np.ndarray) -> np.ndarray:
    """Features int16 [count, FEATURES] of windows int16 [count, 3, samples]."""
    axes = windows.astype(np.int64)
    samples = axes.shape[2]
    magnitude = np.minimum(isqrt((axes**2).sum(1)), GREATEST)
    columns, centred = [], []
    for signal in (*axes.transpose(1, 0, 2), magnitude):
        mean = signal.sum(1) // samples
        c = limited(signal - mean[:, None])
        below = signal < mean[:, None]
        steps = np.abs(np.diff(signal, axis=1)).sum(1)
        columns += [
            mean,
            limited(isqrt((c * c).sum(1) // samples)),
            signal.min(1),
            signal.max(1),
            (below[:, 1:] != below[:, :-1]).sum(1),
            limited(steps // (samples - 1)),
            *_octaves(c),
        ]
        centred.append(c)
    x, y, z, m = centred
    columns += [
        _correlation(x, y),
        _correlation(x, z),
        _correlation(y, z),
        limited(sum(np.abs(c).sum(1) for c in (x, y, z)) // samples),
        *_period(m),
    ]
    features = np.stack(columns, 1)
    assert features.shape[1] == FEATURES
    return features.astype(np.int16)


def macs(samples: int) -> int:
    """Multiply-accumulates of the features of a window, as the runtime counts them: squares of the
    magnitude, variances, octaves, correlations, autocorrelation with every lag."""
    octaves = 4 * (samples - (samples >> OCTAVES))
    autocorrelation = sum(samples - lag for lag in range(1, samples // 2 + 1))
    return 3 * samples + 4 * samples + octaves + 3 * samples + autocorrelation
