"""Tests of features.py: `python3 -m unittest test_features` in this folder (needs numpy)."""

import math
import unittest

import numpy as np

import features


def speech_like(seed: int) -> np.ndarray:
    """A gliding buzz with harmonics over noise, in the first half of the second; int16."""
    rng = np.random.default_rng(seed)
    time = np.arange(features.SAMPLES) / features.SAMPLE_RATE
    phase = 2.0 * np.pi * (110.0 * time + 30.0 * time**2)
    buzz = sum(np.sin(h * phase) / h for h in range(1, 25)) * (time < 0.5)
    return np.rint(4000.0 * buzz + 40.0 * rng.standard_normal(len(time))).astype(np.int16)


def literal(samples: np.ndarray, t: int) -> list[float]:
    """One frame, written down from the docstring of features.py with plain sums."""

    def mel(hertz: float) -> float:
        return 1127.0 * math.log(1.0 + hertz / 700.0)

    x = [samples[320 * t + n] / 32768.0 for n in range(480)]
    w = [0.5 - 0.5 * math.cos(2.0 * math.pi * n / 480) for n in range(480)]
    power = []
    for k in range(257):
        re = sum(x[n] * w[n] * math.cos(2.0 * math.pi * k * n / 512) for n in range(480))
        im = sum(x[n] * w[n] * math.sin(2.0 * math.pi * k * n / 512) for n in range(480))
        power.append(re * re + im * im)
    m = [mel(20.0) + j * (mel(4000.0) - mel(20.0)) / 41 for j in range(42)]
    logs = []
    for j in range(40):
        energy = 0.0
        for k in range(257):
            at = mel(31.25 * k)
            up = (at - m[j]) / (m[j + 1] - m[j])
            down = (m[j + 2] - at) / (m[j + 2] - m[j + 1])
            energy += max(0.0, min(up, down)) * power[k]
        logs.append(math.log(energy + 1e-5))
    return [
        math.sqrt((1 if i == 0 else 2) / 40)
        * sum(logs[j] * math.cos(math.pi * i * (j + 0.5) / 40) for j in range(40))
        for i in range(10)
    ]


class Features(unittest.TestCase):
    """The features ..."""

    def test_follow_the_formulas(self) -> None:
        samples = speech_like(1)
        computed = features.mfcc(samples)
        self.assertEqual(computed.shape, (49, 10))
        for t in (0, 20, 48):
            np.testing.assert_allclose(computed[t], literal(samples, t), rtol=0, atol=1e-9)

    def test_of_no_sound_are_the_floor(self) -> None:
        computed = features.mfcc(np.zeros(features.SAMPLES, np.int16))
        np.testing.assert_allclose(computed[:, 0], math.sqrt(40.0) * math.log(1e-5))
        np.testing.assert_allclose(computed[:, 1:], 0.0, atol=1e-12)

    def test_in_float32_are_within_one_step(self) -> None:
        for seed in range(5):
            samples = speech_like(seed)
            double = features.quantise(features.mfcc(samples), 0.5, 0)
            single = features.quantise(features.mfcc(samples, np.float32), 0.5, 0)
            steps = np.abs(double.astype(int) - single.astype(int))
            self.assertLessEqual(steps.max(), 1)
            self.assertLess(np.count_nonzero(steps), steps.size // 100)

    def test_quantisation_rounds_and_saturates(self) -> None:
        values = np.array([-1000.0, -0.74, -0.26, 0.0, 0.24, 0.26, 1000.0])
        self.assertEqual(features.quantise(values, 0.5, 10).tolist(), [-128, 9, 9, 10, 10, 11, 127])

    def test_refuse_other_lengths_and_types(self) -> None:
        with self.assertRaises(ValueError):
            features.mfcc(np.zeros(15_999, np.int16))
        with self.assertRaises(ValueError):
            features.mfcc(np.zeros(features.SAMPLES, np.float32))


if __name__ == "__main__":
    unittest.main()
