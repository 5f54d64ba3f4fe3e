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
    evaluation = evaluate.classification(
        evaluate.float_answers(run, inputs(test)),
        evaluate.int8_answers(model, inputs(test)),
        test.labels,
        groups,
    )
    evaluate.write(run, evaluation)
    evaluation["draws"] = []
    for draw in range(1, evaluate.DRAWS + 1):
        other = dataset.make(evaluate.seed(run) + draw, "test", processes=2)
        right = evaluate.int8_answers(model, inputs(other)) == other.labels
        evaluation["draws"].append(float(right.mean()))
    evaluate.write(run, evaluation)
    print("float {float_top1:.4f}, int8 {int8_top1:.4f}, {samples} pictures".format(**evaluation))


if __name__ == "__main__":
    main()
