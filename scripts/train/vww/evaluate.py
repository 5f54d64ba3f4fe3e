"""Measures the model on the test set and on a few others, drawn alike."""

import numpy as np

from common import evaluate, tflm
from common.sets import DataSet
from vww import backgrounds, dataset
from vww.train import inputs


def main() -> None:
    """Reads model.keras, vww.tflite and test.npz of a folder and writes evaluation.json there."""
    run = evaluate.folder(__doc__)
    test = DataSet.load(run / "test.npz")
    model = tflm.Model(run / "vww.tflite")
    new = np.isin(test.backgrounds, [place.__name__ for place in backgrounds.TEST_ONLY])
    groups = {
        "backgrounds of the training set": ~new,
        "backgrounds of the test set alone": new,
    }
    evaluate.classifier(run, model, test, groups, inputs, dataset.make)


if __name__ == "__main__":
    main()
