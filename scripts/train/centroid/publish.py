"""Writes the folder of the workload `centroid`."""

import argparse
import json
from pathlib import Path

from centroid import integers
from centroid.dataset import CLASSES
from common.sets import DataSet
from motion import features, publish, run
from motion.publish import Finished, Workload

PER_CLASS = 100

WORKLOAD = Workload(
    name="centroid",
    title="Vibration of a machine",
    description="Says how unlike a motor in order 0.16 s of its vibration is.",
    architecture="Nearest of 8 centroids of 50 features of a window, 16-bit integers",
    kind="anomaly-score",
    classes=CLASSES,
    metric="auc",
    threshold=0.85,
    output_type="u32",
    summary="Synthesised vibration; machines and sensors of the test set are in no other set",
)


def tables(evaluation: dict, vectors_auc: float, vectors: int) -> list[str]:
    """The measured part of the model card, in Markdown."""
    rows = [
        ("**integers, as on the device**", evaluation["integer_auc"]),
        ("floats, scikit-learn", evaluation["float_auc"]),
        *((f"fault: {name}", value) for name, value in evaluation["faults"].items()),
        *(("another test set, drawn alike", value) for value in evaluation["draws"]),
        (f"the {vectors} test vectors alone", vectors_auc),
    ]
    return [
        f"| measured on the test set, {evaluation['samples']} windows | AUC |",
        "|---|---:|",
        *(f"| {name} | {value:.4f} |" for name, value in rows),
        "",
        "Scores in integers and the distances that scikit-learn computes in floats put the windows "
        f"in nearly the same order: Spearman's coefficient is {evaluation['spearman']:.6f}.",
    ]


def main() -> None:
    """Writes the files of a finished run into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    parser.add_argument("--into", type=Path, required=True, help="where the files are written")
    arguments = parser.parse_args()
    own = integers.of(run.load(arguments.folder))
    evaluation = json.loads((arguments.folder / "evaluation.json").read_text())
    test = DataSet.load(arguments.folder / "test.npz")
    chosen = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[chosen]
    outputs = integers.scores(own, test.features[chosen])
    count, width = own.points.shape
    publish.publish(
        WORKLOAD,
        arguments.folder,
        arguments.into,
        Finished(
            windows=test.windows[chosen],
            outputs=outputs,
            labels=labels,
            macs=features.macs(test.windows.shape[2]) + width + count * width,
            parameters=2 * width + count * width,
            value=evaluation["integer_auc"],
            samples=evaluation["samples"],
        ),
        tables(evaluation, integers.auc(outputs, labels), len(labels)),
    )


if __name__ == "__main__":
    main()
