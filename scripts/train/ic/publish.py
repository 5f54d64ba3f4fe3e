"""Writes the folder of the workload."""

import json

import numpy as np

from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet
from ic.features import CLASSES
from ic.train import inputs

PER_CLASS = 20

WORKLOAD = Workload(
    name="ic",
    title="Image classification",
    description="Says which of ten kinds of object a picture of 32x32 pixels shows.",
    architecture="ResNet-8 of MLPerf Tiny, int8, 32x32x3 pixels, 10 classes",
    classes=CLASSES,
    summary="Drawn objects; some makes and backgrounds are in the test set alone",
    threshold=0.85,
)


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[index]
    model = tflm.Model(run / "ic.tflite")
    chosen = model.quantise(inputs(test)[index])
    top1 = float(np.mean(model.run(chosen).argmax(1) == labels))
    tables = evaluate.tables(evaluation, CLASSES, "pictures", top1, len(labels))
    quality = Quality(evaluation["int8_top1"], evaluation["samples"])
    publish.publish(WORKLOAD, run, arguments.into, Vectors(chosen, labels), quality, tables)


if __name__ == "__main__":
    main()
