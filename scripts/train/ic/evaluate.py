"""Measures the model on the test set and on a few others, drawn alike."""

import numpy as np

from common import evaluate, tflm
from common.sets import DataSet
from ic import dataset, scenes
from ic.objects import MAKES_TRAINING
from ic.train import inputs


def main() -> None:
    """Reads model.keras, ic.tflite and test.npz of a folder and writes evaluation.json there."""
    run = evaluate.folder(__doc__)
    test = DataSet.load(run / "test.npz")
    model = tflm.Model(run / "ic.tflite")
    new = np.isin(test.backgrounds, [place.__name__ for place in scenes.TEST_ONLY])
    new_make = test.makes == MAKES_TRAINING
    groups = {
        "backgrounds of the training set": ~new,
        "backgrounds of the test set alone": new,
        "makes of the training set": ~new_make,
        "makes of the test set alone": new_make,
    }
    evaluate.classifier(run, model, test, groups, inputs, dataset.make)


if __name__ == "__main__":
    main()
