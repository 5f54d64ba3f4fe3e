"""Writes the folder of the workload."""

import json

import numpy as np

from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet
from vww.features import CLASSES
from vww.train import inputs

PER_CLASS = 100

WORKLOAD = Workload(
    name="vww",
    title="Visual wake words",
    description="Says whether there is a person in a picture of 96x96 pixels.",
    architecture="MobileNetV1 0.25 of MLPerf Tiny, int8, 96x96x3 pixels, 2 classes",
    classes=CLASSES,
    summary="Drawn scenes; some backgrounds, things and patterns are in the test set alone",
    threshold=0.80,
)


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[index]
    model = tflm.Model(run / "vww.tflite")
    chosen = model.quantise(inputs(test)[index])
    top1 = float(np.mean(model.run(chosen).argmax(1) == labels))
    tables = evaluate.tables(evaluation, CLASSES, "pictures", top1, len(labels))
    quality = Quality(evaluation["int8_top1"], evaluation["samples"])
    publish.publish(WORKLOAD, run, arguments.into, Vectors(chosen, labels), quality, tables)


if __name__ == "__main__":
    main()
