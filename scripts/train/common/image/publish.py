"""Writes the folder of a workload that classifies pictures."""

import json
from collections.abc import Callable

import numpy as np

from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet


def main(
    workload: Workload,
    per_class: int,
    inputs: Callable[[DataSet], np.ndarray],
    description: str | None,
) -> None:
    """Writes the files of a finished run into a folder: `per_class` vectors of each class, made of
    examples by `inputs`, and what was measured."""
    arguments = publish.arguments(description)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    test = DataSet.load(run / "test.npz")
    index = publish.taking_turns(test.labels, per_class)
    labels = test.labels[index]
    model = tflm.Model(run / f"{workload.name}.tflite")
    chosen = model.quantise(inputs(test)[index])
    top1 = float(np.mean(model.run(chosen).argmax(1) == labels))
    tables = evaluate.tables(evaluation, workload.classes, "pictures", top1, len(labels))
    quality = Quality(evaluation["int8_top1"], evaluation["samples"])
    publish.publish(workload, run, arguments.into, Vectors(chosen, labels), quality, tables)
