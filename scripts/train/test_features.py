"""Tests of the audio features: `python3 -m unittest` in scripts/train (needs numpy)."""

import math
import unittest

import numpy as np

from ad.features import FEATURES as AD
from common.features import SAMPLE_RATE, Features, quantise
from kws.features import FEATURES as KWS
from sww.features import FEATURES as SWW

ALL = {"kws": KWS, "sww": SWW, "ad": AD}


def speech_like(seed: int) -> np.ndarray:
    """A gliding buzz with harmonics over noise, in the first half of the second; int16."""
    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    phase = 2.0 * np.pi * (110.0 * time + 30.0 * time**2)
    buzz = sum(np.sin(h * phase) / h for h in range(1, 25)) * (time < 0.5)
    return np.rint(4000.0 * buzz + 40.0 * rng.standard_normal(len(time))).astype(np.int16)


def literal(features: Features, samples: np.ndarray, t: int) -> list[float]:
    """One frame, written down from the docstring of features.py with plain sums."""

    def mel(hertz: float) -> float:
        return 1127.0 * math.log(1.0 + hertz / 700.0)

    size, fft, bands = features.window_samples, features.fft_samples, features.mel_bands
    x = [samples[features.hop_samples * t + n] / 32768.0 for n in range(size)]
    w = [0.5 - 0.5 * math.cos(2.0 * math.pi * n / size) for n in range(size)]
    power = []
    for k in range(fft // 2 + 1):
        re = sum(x[n] * w[n] * math.cos(2.0 * math.pi * (k * n % fft) / fft) for n in range(size))
        im = sum(x[n] * w[n] * math.sin(2.0 * math.pi * (k * n % fft) / fft) for n in range(size))
        power.append(re * re + im * im)
    low, high = mel(features.low_hz), mel(features.high_hz)
    m = [low + j * (high - low) / (bands + 1) for j in range(bands + 2)]
    logs = []
    for j in range(bands):
        energy = 0.0
        for k in range(fft // 2 + 1):
            at = mel(16_000.0 * k / fft)
            up = (at - m[j]) / (m[j + 1] - m[j])
            down = (m[j + 2] - at) / (m[j + 2] - m[j + 1])
            energy += max(0.0, min(up, down)) * power[k]
        logs.append(math.log(energy + features.log_floor))
    if features.kind == "log-mel":
        return logs
    return [
        math.sqrt((1 if i == 0 else 2) / bands)
        * sum(logs[j] * math.cos(math.pi * i * (j + 0.5) / bands) for j in range(bands))
        for i in range(features.coefficients)
    ]


class TestFeatures(unittest.TestCase):
    """The features ..."""

    def test_follow_the_formulas(self) -> None:
        samples = speech_like(1)
        for name, features in ALL.items():
            with self.subTest(name):
                computed = features.compute(samples)
                self.assertEqual(computed.shape, (features.frames, features.columns))
                for t in (0, features.frames - 1):
                    np.testing.assert_allclose(
                        computed[t], literal(features, samples, t), rtol=0, atol=1e-9
                    )

    def test_have_the_shapes_of_the_models(self) -> None:
        shapes = {name: (f.frames, f.columns, f.samples) for name, f in ALL.items()}
        self.assertEqual(
            shapes, {"kws": (49, 10, 15_840), "sww": (30, 40, 15_872), "ad": (5, 128, 3072)}
        )

    def test_use_every_band(self) -> None:
        for name, features in ALL.items():
            with self.subTest(name):
                self.assertTrue((features.mel_filters.sum(axis=1) > 0.05).all())

    def test_of_no_sound_are_the_floor(self) -> None:
        silence = np.zeros(SAMPLE_RATE, np.int16)
        computed = KWS.compute(silence)
        np.testing.assert_allclose(computed[:, 0], math.sqrt(40.0) * math.log(1e-5))
        np.testing.assert_allclose(computed[:, 1:], 0.0, atol=1e-12)
        np.testing.assert_allclose(AD.compute(silence), math.log(1e-5))

    def test_in_float32_are_within_one_step(self) -> None:
        for seed in range(5):
            samples = speech_like(seed)
            for name, features in ALL.items():
                with self.subTest(name, seed=seed):
                    step = 0.5 if features.kind == "mfcc" else 0.1
                    double = quantise(features.compute(samples), step, 0)
                    single = quantise(features.compute(samples, np.float32), step, 0)
                    steps = np.abs(double.astype(int) - single.astype(int))
                    self.assertLessEqual(steps.max(), 1)
                    self.assertLess(np.count_nonzero(steps), steps.size // 100)

    def test_quantisation_rounds_and_saturates(self) -> None:
        values = np.array([-1000.0, -0.74, -0.26, 0.0, 0.24, 0.26, 1000.0])
        self.assertEqual(quantise(values, 0.5, 10).tolist(), [-128, 9, 9, 10, 10, 11, 127])

    def test_refuse_other_lengths_and_types(self) -> None:
        with self.assertRaises(ValueError):
            KWS.compute(np.zeros(15_839, np.int16))
        with self.assertRaises(ValueError):
            KWS.compute(np.zeros(16_000, np.float32))


if __name__ == "__main__":
    unittest.main()
