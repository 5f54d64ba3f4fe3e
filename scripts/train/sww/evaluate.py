"""Measures the model on the test set's windows, on a few other test sets drawn alike, and on
streams of running speech. The threshold of the streams is chosen on streams of the validation
set."""

from pathlib import Path

from common import evaluate, sets, tflm
from common.sets import DataSet
from sww import dataset, detection
from sww.dataset import STREAM_SECONDS, Task
from sww.train import inputs

VALIDATION_STREAMS = 20
"""Ordinary streams without the word that the threshold is chosen on."""
VALIDATION_ALARMS = 0
"""So many false alarms are allowed in them."""
STREAMS = 30
"""Streams of the test set with the word, and as many without but with words close to it."""
ORDINARY_STREAMS = 20
"""Streams of the test set with neither."""


def _streams(
    run: Path, name: str, count: int, words: bool, ordinary: bool = False
) -> list[detection.Heard]:
    seed = evaluate.seed(run)
    tasks = [
        detection.Listening(run / "sww.tflite", Task(seed, name, number), words, ordinary)
        for number in range(count)
    ]
    return sets.render(detection.listen, tasks, f"{name}, streams", processes=2)


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

    quiet = _streams(run, "validation", VALIDATION_STREAMS, False, ordinary=True)
    threshold = detection.threshold(quiet, VALIDATION_ALARMS)
    with_words = _streams(run, "test", STREAMS, True)
    close = _streams(run, "test", STREAMS, False)
    ordinary = _streams(run, "test", ORDINARY_STREAMS, False, ordinary=True)
    words = sum(len(heard.words) for heard in with_words)

    def rates(threshold: float) -> dict[str, float]:
        return {
            "threshold": threshold,
            "miss_rate": sum(heard.missed(threshold) for heard in with_words) / words,
            "false_alarms_per_hour": detection.false_alarms_per_hour(ordinary, threshold),
            "close_words_false_alarms_per_hour": detection.false_alarms_per_hour(close, threshold),
        }

    evaluation["detection"] = {
        **rates(threshold),
        "words": words,
        "hours": len(ordinary) * STREAM_SECONDS / 3600.0,
        "close_words_hours": len(close) * STREAM_SECONDS / 3600.0,
        "curve": [rates(t) for t in detection.THRESHOLDS],
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
