"""Measures the model on the test set and on a few others, drawn alike: AUC over windows, and over
clips, whose score is the mean of their windows'."""

import keras
import numpy as np

from ad import dataset
from ad.dataset import NORMAL
from ad.scores import auc, errors
from ad.train import inputs
from common import evaluate, tflm
from common.sets import DataSet


def _both(scores: np.ndarray, normal: np.ndarray, anomalous: np.ndarray) -> dict[str, float]:
    """AUC of scores [clips, windows], by masks of clips."""
    clips = scores.mean(axis=1)
    return {
        "windows": auc(scores[normal], scores[anomalous]),
        "clips": auc(clips[normal], clips[anomalous]),
    }


def main() -> None:
    """Reads model.keras, ad.tflite and test.npz of a folder and writes evaluation.json there."""
    run = evaluate.folder(__doc__)
    test = DataSet.load(run / "test.npz")
    model = tflm.Model(run / "ad.tflite")
    normal = test.labels == NORMAL
    scores = errors(model, test.features)
    network = keras.models.load_model(run / "model.keras")
    real = inputs(test)
    in_float = np.mean((network.predict(real, batch_size=512, verbose=0) - real) ** 2, axis=1)
    evaluation = {
        "clips": len(test.labels),
        "samples": scores.size,
        "int8": _both(scores, normal, ~normal),
        "float": _both(in_float.reshape(scores.shape), normal, ~normal),
        "faults": {
            str(fault): _both(scores, normal, test.faults == fault)
            for fault in np.unique(test.faults[~normal])
        },
        "draws": [],
    }
    evaluate.write(run, evaluation)
    for draw in range(1, evaluate.DRAWS + 1):
        other = dataset.make(evaluate.seed(run) + draw, "test", processes=2)
        normal = other.labels == NORMAL
        evaluation["draws"].append(_both(errors(model, other.features), normal, ~normal))
    evaluate.write(run, evaluation)
    print("AUC float {float}, int8 {int8}, {samples} windows".format(**evaluation))


if __name__ == "__main__":
    main()
