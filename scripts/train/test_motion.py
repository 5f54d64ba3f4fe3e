"""Tests of the features of motion and of model files: `python3 -m unittest` in scripts/train (needs
the packages of motion/requirements.txt)."""

import math
import struct
import unittest
import zlib

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from motion import features, format, trees


def windows(count: int, samples: int) -> np.ndarray:
    """Noise of all loudnesses, the last two windows flat and extreme; int16 [count, 3, samples]."""
    rng = np.random.default_rng(7)
    loudness = np.exp(rng.uniform(0.0, 10.3, (count, 1, 1)))
    found = np.clip(loudness * rng.standard_normal((count, 3, samples)), -32768, 32767)
    found[-2] = 1234
    found[-1] = np.where(rng.random((3, samples)) < 0.5, -32768, 32767)
    return found.astype(np.int16)


def literal(axis: list[int]) -> list[int]:
    """Six features of a signal, written down from their definition with Python's integers."""
    count = len(axis)
    mean = sum(axis) // count
    centred = [max(-32768, min(32767, value - mean)) for value in axis]
    pairs = list(zip(axis, axis[1:]))
    return [
        mean,
        min(32767, math.isqrt(sum(value**2 for value in centred) // count)),
        min(axis),
        max(axis),
        sum((a < mean) != (b < mean) for a, b in pairs),
        min(32767, sum(abs(b - a) for a, b in pairs) // (count - 1)),
    ]


class Features(unittest.TestCase):
    """Feature set 1."""

    def test_a_root_is_rounded_down(self) -> None:
        values = [n * n + more for n in (1, 2, 46340, 2**25 - 1) for more in (-1, 0, 1)]
        found = features.isqrt(np.array(values, np.int64))
        self.assertEqual(found.tolist(), [math.isqrt(value) for value in values])

    def test_features_of_a_signal_are_those_of_the_definition(self) -> None:
        some = windows(12, 64)
        found = features.compute(some)
        self.assertEqual(found.shape, (12, len(features.NAMES)))
        for window, row in zip(some, found, strict=True):
            signals = window.astype(int).tolist()
            signals.append([min(32767, math.isqrt(sum(v * v for v in xyz))) for xyz in zip(*signals)])
            for number, signal in enumerate(signals):
                first = number * features.PER_SIGNAL
                self.assertEqual(row[first : first + 6].tolist(), literal(signal))

    def test_a_flat_window_has_neither_correlation_nor_period(self) -> None:
        flat = features.compute(windows(3, 32))[-2]
        self.assertEqual(flat[-6:].tolist(), [0] * 6)


class Files(unittest.TestCase):
    """Model files."""

    def setUp(self) -> None:
        self.features = features.compute(windows(200, 32))
        self.labels = (self.features[:, 1] > 300).astype(int) + (self.features[:, 0] > 0)

    def test_a_file_has_the_length_and_the_checksum_it_says(self) -> None:
        model = RandomForestClassifier(5, max_leaf_nodes=9, random_state=1)
        file = trees.file(model.fit(self.features, self.labels), 32)
        samples, classes, count, leaves, nodes = struct.unpack("<HHHHI", file[8:20])
        self.assertEqual((samples, classes, count), (32, 3, 5))
        filled = [-(-size // 4) * 4 for size in (2 * count, 4 * nodes, classes * leaves)]
        self.assertEqual(len(file), 20 + sum(filled) + 4)
        self.assertEqual(struct.unpack("<I", file[-4:])[0], zlib.crc32(file[:-4]))

    def test_integers_answer_as_scikit_learn_does(self) -> None:
        model = DecisionTreeClassifier(max_leaf_nodes=20, random_state=1)
        model.fit(self.features, self.labels)
        answers = trees.answers(model, self.features).argmax(1)
        self.assertEqual(answers.tolist(), model.predict(self.features).tolist())

    def test_a_forest_that_the_format_has_no_room_for_is_refused(self) -> None:
        leaf = (format.LEAF, 0, 0)
        leaves = np.zeros((1, 2), np.uint8)
        with self.assertRaisesRegex(ValueError, "max_leaf_nodes=128"):
            format.forest(32, [[(0, 300, 0), *[leaf] * 300]], leaves)
        with self.assertRaisesRegex(ValueError, "257 trees, 2 classes and 1 different leaves"):
            format.forest(32, [[leaf]] * 257, leaves)


if __name__ == "__main__":
    unittest.main()
