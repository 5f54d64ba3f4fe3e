"""Measures the detector on the test set, in scikit-learn's floats and in the device's integers."""

import json

import numpy as np

from centroid import dataset, integers
from centroid.machines import FAULTS
from common.sets import DataSet
from motion import run

DRAWS = 2
"""How many more test sets are drawn, to show how much chance a figure holds."""


def main() -> None:
    """Writes evaluation.json."""
    folder = run.folder(__doc__)
    model = run.load(folder)
    own = integers.of(model)
    seed = json.loads((folder / "history.json").read_text())["seed"]
    test = DataSet.load(folder / "test.npz")
    in_float = model.transform(test.features.astype(float)).min(1)
    in_integers = integers.scores(own, test.features)
    # Both put the windows in an order; how alike the two orders are is Spearman's coefficient.
    ranks = [np.argsort(np.argsort(values)) for values in (in_float, in_integers)]
    of_fault = {}
    for fault in FAULTS:
        kept = (test.faults == "") | (test.faults == fault.__name__)
        of_fault[fault.__name__] = integers.auc(in_integers[kept], test.labels[kept])
    draws = []
    for draw in range(1, DRAWS + 1):
        other = dataset.make(seed + 1000 * draw, "test", 2)
        draws.append(integers.auc(integers.scores(own, other.features), other.labels))
    evaluation = {
        "samples": len(test.labels),
        "float_auc": integers.auc(in_float, test.labels),
        "integer_auc": integers.auc(in_integers, test.labels),
        "spearman": float(np.corrcoef(*ranks)[0, 1]),
        "faults": of_fault,
        "draws": draws,
    }
    run.write(folder / "evaluation.json", json.dumps(evaluation, indent=1).encode())


if __name__ == "__main__":
    main()
