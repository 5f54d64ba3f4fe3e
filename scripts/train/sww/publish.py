"""Writes the folder of the wake-word workload."""

import json

import numpy as np

from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet
from common.sound import synthesise
from sww import dataset
from sww.features import FEATURES
from sww.train import inputs
from sww.words import CLASSES

PER_CLASS = 70
WITH_AUDIO = 24


def detection(evaluation: dict) -> list[str]:
    """The figures of running speech, in Markdown."""
    found = evaluation["detection"]
    minutes, close_minutes = (60.0 * found[name] for name in ("hours", "close_words_hours"))
    return [
        "",
        f"In running speech: {found['words']} wake words, {minutes:.0f} minutes of ordinary "
        f"sentences and {close_minutes:.0f} full of words close to the wake word (the threshold in bold was "
        "chosen on the validation set):",
        "",
        "| threshold | wake words missed | false alarms an hour | with close words |",
        "|---:|---:|---:|---:|",
        *(
            "| {mark}{threshold:g}{mark} | {miss_rate:.1%} | {false_alarms_per_hour:.0f} "
            "| {close_words_false_alarms_per_hour:.0f} |".format(
                mark="**" if point["threshold"] == found["threshold"] else "", **point
            )
            for point in found["curve"]
        ),
    ]


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[index]
    model = tflm.Model(run / "sww.tflite")
    chosen = model.quantise(inputs(test)[index])
    top1 = float(np.mean(model.run(chosen).argmax(1) == labels))
    workload = Workload(
        name="sww",
        title="Streaming wake word",
        description="Says whether the wake word is in nearly a second of sound, or other speech.",
        architecture="1-D DS-CNN of MLPerf Tiny, int8, 30x40 features, 3 classes",
        classes=CLASSES,
        summary=f"Speech of espeak-ng {synthesise.version()}; "
        "no speaker of the test set is in the training set",
        threshold=0.90,
        features=FEATURES,
    )
    found = evaluation["detection"]
    more = "\n[quality.detection]               # in running speech\n" + "".join(
        f"{name} = {found[name]:.4g}\n"
        for name in (
            "threshold",
            "words",
            "miss_rate",
            "hours",
            "false_alarms_per_hour",
            "close_words_hours",
            "close_words_false_alarms_per_hour",
        )
    )
    publish.publish(
        workload,
        run,
        arguments.into,
        Vectors(chosen, labels, dataset.audio(evaluate.seed(run), index[:WITH_AUDIO])),
        Quality(evaluation["int8_top1"], evaluation["samples"], more),
        evaluate.tables(evaluation, CLASSES, "windows", top1, len(labels)) + detection(evaluation),
    )


if __name__ == "__main__":
    main()
