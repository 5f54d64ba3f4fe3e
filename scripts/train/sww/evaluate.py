"""Measures the model on the test set's windows, on a few other test sets drawn alike, and on
streams of running speech. The threshold of the streams is chosen on streams of the validation set."""

import sys

from common import evaluate, tflm
from common.sets import DataSet
from sww import dataset, detection
from sww.dataset import STREAM_SECONDS, Task
from sww.train import inputs

VALIDATION_STREAMS = 15
STREAMS = 60
"""Streams of the test set with the word, and as many without."""


def _streams(model: tflm.Model, seed: int, name: str, count: int, words: bool) -> list:
    print(f"{name}: {count} streams", file=sys.stderr)
    return [detection.listen(model, Task(seed, name, i), words) for i in range(count)]


def main() -> None:
    """Reads model.keras, sww.tflite and test.npz of a folder and writes evaluation.json there."""
    run = evaluate.folder(__doc__)
    test = DataSet.load(run / "test.npz")
    model = tflm.Model(run / "sww.tflite")
    evaluation = evaluate.classification(
        evaluate.float_answers(run, inputs(test)),
        evaluate.int8_answers(model, inputs(test)),
        test.labels,
        {},
    )
    seed = evaluate.seed(run)

    quiet = _streams(model, seed, "validation", VALIDATION_STREAMS, False)
    threshold = detection.threshold(quiet, 1)
    with_words = _streams(model, seed, "test", STREAMS, True)
    without = _streams(model, seed, "test", STREAMS, False)
    hours = STREAMS * STREAM_SECONDS / 3600.0
    words = sum(len(heard.words) for heard in with_words)
    evaluation["detection"] = {
        "threshold": threshold,
        "words": words,
        "hours": hours,
        "miss_rate": sum(heard.missed(threshold) for heard in with_words) / words,
        "false_alarms_per_hour": detection.false_alarms(without, threshold) / hours,
        "curve": [
            {
                "threshold": t,
                "miss_rate": sum(heard.missed(t) for heard in with_words) / words,
                "false_alarms_per_hour": detection.false_alarms(without, t) / hours,
            }
            for t in detection.THRESHOLDS
        ],
    }
    evaluate.write(run, evaluation)
    evaluation["draws"] = []
    for draw in range(1, evaluate.DRAWS + 1):
        other = dataset.make(seed + draw, "test", processes=2)
        right = evaluate.int8_answers(model, inputs(other)) == other.labels
        evaluation["draws"].append(float(right.mean()))
    evaluate.write(run, evaluation)
    print("float {float_top1:.4f}, int8 {int8_top1:.4f}, {detection}".format(**evaluation))


if __name__ == "__main__":
    main()
