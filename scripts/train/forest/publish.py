"""Writes the folder of the workload `forest`."""

import argparse
import json
from pathlib import Path

import numpy as np

from common.sets import DataSet
from forest.activities import CLASSES
from motion import features, publish, run
from motion.publish import Finished, Workload
from motion.trees import answers

PER_CLASS = 40

WORKLOAD = Workload(
    name="forest",
    title="Activity recognition",
    description="Says what somebody does, from 2.56 s of an accelerometer they wear.",
    architecture="Random forest of 24 trees on 50 features of a window, 16-bit integers",
    kind="classification",
    classes=CLASSES,
    metric="top1",
    threshold=0.88,
    output_type="i8",
    summary="Synthesised movement; persons and devices of the test set are in no other set",
)


def tables(evaluation: dict, vectors_top1: float, vectors: int) -> list[str]:
    """The measured part of the model card, in Markdown."""
    samples = evaluation["samples"]
    rows = [
        ("**integers, as on the device**", evaluation["integer_top1"]),
        ("floats, scikit-learn", evaluation["float_top1"]),
        *((f"worn at: {name}", value) for name, value in evaluation["placements"].items()),
        *(("another test set, drawn alike", value) for value in evaluation["draws"]),
        ("validation set", evaluation["validation_top1"]),
        (f"the {vectors} test vectors alone", vectors_top1),
    ]
    differing = samples - evaluation["as_sklearn"]
    return [
        f"| measured on the test set, {samples} windows | top-1 |",
        "|---|---:|",
        *(f"| {name} | {100 * value:.1f} % |" for name, value in rows),
        "",
        f"Integers and floats name the same class for {evaluation['as_sklearn']} of {samples} "
        f"windows of the test set, and for all {vectors} test vectors. The other {differing} are ties but "
        "for less than the unit of a probability.",
        "",
        f"| is \\ answered | {' | '.join(CLASSES)} |",
        f"|---|{'---:|' * len(CLASSES)}",
        *(
            f"| {name} | {' | '.join(map(str, counts))} |"
            for name, counts in zip(CLASSES, evaluation["confusion"], strict=True)
        ),
    ]


def main() -> None:
    """Writes the files of a finished run into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    parser.add_argument("--into", type=Path, required=True, help="where the files are written")
    arguments = parser.parse_args()
    forest = run.load(arguments.folder)
    evaluation = json.loads((arguments.folder / "evaluation.json").read_text())
    test = DataSet.load(arguments.folder / "test.npz")
    chosen = publish.taking_turns(test.labels, PER_CLASS)
    labels, own = test.labels[chosen], test.features[chosen]
    outputs = answers(forest, own)
    if not np.array_equal(outputs.argmax(1), forest.predict(own)):
        raise SystemExit("integers and scikit-learn disagree on a test vector")
    inner = sum(int((it.tree_.children_left >= 0).sum()) for it in forest.estimators_)
    header = (arguments.folder / "forest.tbcm").read_bytes()[10:16]
    classes, _, leaves = np.frombuffer(header, "<u2")
    publish.publish(
        WORKLOAD,
        arguments.folder,
        arguments.into,
        Finished(
            windows=test.windows[chosen],
            outputs=outputs,
            labels=labels,
            macs=features.macs(test.windows.shape[2]),
            parameters=inner + int(leaves) * int(classes),
            value=evaluation["integer_top1"],
            samples=evaluation["samples"],
        ),
        tables(evaluation, float((outputs.argmax(1) == labels).mean()), len(labels)),
    )


if __name__ == "__main__":
    main()
