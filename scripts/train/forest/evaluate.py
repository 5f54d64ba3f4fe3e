"""Measures the forest on the test set, in scikit-learn's floats and in the device's integers."""

import json

import numpy as np

from common.sets import DataSet
from forest import dataset
from forest.activities import CLASSES, PLACEMENTS
from motion import run
from motion.trees import answers

DRAWS = 2
"""How many more test sets are drawn, to show how much chance a figure holds."""


def main() -> None:
    """Writes evaluation.json."""
    folder = run.folder(__doc__)
    forest = run.load(folder)
    seed = json.loads((folder / "history.json").read_text())["seed"]
    test = DataSet.load(folder / "test.npz")
    in_float = forest.predict(test.features)
    in_integers = answers(forest, test.features).argmax(1)
    right = in_integers == test.labels
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(confusion, (test.labels, in_integers), 1)
    draws = []
    for draw in range(1, DRAWS + 1):
        other = dataset.make(seed + 1000 * draw, "test", 2)
        draws.append(float((answers(forest, other.features).argmax(1) == other.labels).mean()))
    validation = DataSet.load(folder / "validation.npz")
    in_validation = answers(forest, validation.features).argmax(1)
    evaluation = {
        "samples": len(right),
        "float_top1": float((in_float == test.labels).mean()),
        "integer_top1": float(right.mean()),
        "as_sklearn": int((in_float == in_integers).sum()),
        "validation_top1": float((in_validation == validation.labels).mean()),
        "placements": {
            name: float(right[test.placements == place].mean())
            for place, name in enumerate(PLACEMENTS)
        },
        "draws": draws,
        "confusion": confusion.tolist(),
    }
    run.write(folder / "evaluation.json", json.dumps(evaluation, indent=1).encode())


if __name__ == "__main__":
    main()
