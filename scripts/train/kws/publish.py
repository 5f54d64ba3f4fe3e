"""Writes the folder of the keyword-spotting workload."""

import json

import numpy as np

from common import publish, synthesise, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet
from kws import dataset
from kws.features import FEATURES
from kws.words import CLASSES

PER_CLASS = 20
WITH_AUDIO = 24


def tables(evaluation: dict, vectors_top1: float) -> list[str]:
    """The measured part of the model card, in Markdown."""
    samples, int8 = evaluation["samples"], evaluation["int8_top1"]
    return [
        "| measured on the test set | top-1 |",
        "|---|---:|",
        f"| **int8 model**, {samples} utterances | **{int8:.2%}** |",
        f"| float network before quantisation | {evaluation['float_top1']:.2%} |",
        *(f"| int8: {name} | {value:.2%} |" for name, value in evaluation["groups"].items()),
        f"| int8: the {PER_CLASS * len(CLASSES)} test vectors alone | {vectors_top1:.2%} |",
        "",
        "Confusion matrix of the int8 model; rows are what was said, columns what was answered:",
        "",
        *publish.confusion_table(CLASSES, evaluation["confusion"]),
    ]


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    seed = json.loads((run / "history.json").read_text())["seed"]
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[index]
    model = tflm.Model(run / "kws.tflite")
    inputs = model.quantise(test.features[index])
    top1 = float(np.mean(model.run(inputs).argmax(1) == labels))
    workload = Workload(
        name="kws",
        title="Keyword spotting",
        description="Says which of ten words, silence or an unknown word one second of speech is.",
        architecture="DS-CNN of MLPerf Tiny, int8, 49x10 features, 12 classes",
        classes=CLASSES,
        summary=f"Speech of espeak-ng {synthesise.version()}; "
        "no speaker of the test set is in the training set",
        threshold=0.90,
        features=FEATURES,
    )
    vectors = Vectors(inputs, labels, dataset.audio(seed, index[:WITH_AUDIO]))
    quality = Quality(evaluation["int8_top1"], evaluation["samples"])
    publish.publish(workload, run, arguments.into, vectors, quality, tables(evaluation, top1))


if __name__ == "__main__":
    main()
