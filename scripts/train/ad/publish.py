"""Writes the folder of the anomaly-detection workload."""

import json

import numpy as np

from ad import dataset
from ad.dataset import CLASSES, NORMAL
from ad.features import FEATURES
from ad.scores import auc, errors
from common import evaluate, publish, tflm
from common.publish import Quality, Vectors, Workload
from common.sets import DataSet

PER_CLASS = 120
WINDOW = 6
"""The window that is taken of each clip, one from its middle."""

WITH_AUDIO = 24

WORKLOAD = Workload(
    name="ad",
    title="Anomaly detection",
    description="Says how unlike a machine in order 0.19 s of the sound of a machine is.",
    architecture="Auto-encoder of MLPerf Tiny, int8, 640 log-mel energies",
    classes=CLASSES,
    summary="Synthesised machines; units and faults of the test set are in no other set",
    threshold=0.85,
    kind="anomaly",
    metric="auc",
    features=FEATURES,
)


def tables(evaluation: dict, vectors_auc: float, vectors: int) -> list[str]:
    """The measured part of the model card, in Markdown."""

    def row(name: str, both: dict[str, float], mark: str = "") -> str:
        return f"| {name} | {mark}{both['windows']:.4f}{mark} | {mark}{both['clips']:.4f}{mark} |"

    return [
        "| measured on the test set | AUC over windows | AUC over clips |",
        "|---|---:|---:|",
        row(
            f"**int8 model**, {evaluation['samples']} windows, {evaluation['clips']} clips",
            evaluation["int8"],
            "**",
        ),
        row("float network before quantisation", evaluation["float"]),
        *(row(f"int8: {name}", both) for name, both in evaluation["faults"].items()),
        *(row("int8: another test set, drawn alike", both) for both in evaluation["draws"]),
        f"| int8: the {vectors} test vectors alone | {vectors_auc:.4f} | |",
    ]


def main() -> None:
    """Writes the files of a finished run into a folder."""
    arguments = publish.arguments(__doc__)
    run = arguments.folder
    evaluation = json.loads((run / "evaluation.json").read_text())
    test = DataSet.load(run / "test.npz")
    clips = publish.taking_turns(test.labels, PER_CLASS)
    labels = test.labels[clips]
    features = test.features[clips, WINDOW]
    model = tflm.Model(run / "ad.tflite")
    scores = errors(model, features)
    vectors_auc = auc(scores[labels == NORMAL], scores[labels != NORMAL])
    heard = clips[:WITH_AUDIO]
    sound = dataset.audio(evaluate.seed(run), heard, np.full(len(heard), WINDOW))
    over_clips = (
        "\n[quality.clips]                   # the score of a clip is the mean of its windows'\n"
    )
    over_clips += f"value = {evaluation['int8']['clips']:.4f}\nsamples = {evaluation['clips']}\n"
    quality = Quality(evaluation["int8"]["windows"], evaluation["samples"], over_clips)
    publish.publish(
        WORKLOAD,
        run,
        arguments.into,
        Vectors(model.quantise(features), labels, sound),
        quality,
        tables(evaluation, vectors_auc, len(labels)),
    )


if __name__ == "__main__":
    main()
