"""Measures a float network and its int8 model on a test set.

The int8 model is run by TensorFlow Lite Micro on inputs quantised as the device quantises them.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from common import tflm
from common.sets import DataSet

DRAWS = 2
"""How many more test sets the model is measured on, to show how much chance a figure holds."""


def folder(description: str | None) -> Path:
    """The folder of the run, from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    return parser.parse_args().folder


def seed(run: Path) -> int:
    """The seed of a run that has been trained."""
    return int(json.loads((run / "history.json").read_text())["seed"])


def write(run: Path, evaluation: dict) -> None:
    """Writes evaluation.json. Every evaluate.py does so before the long measurements and again
    behind them, so that a run that is cut short keeps what it has."""
    (run / "evaluation.json").write_text(json.dumps(evaluation, indent=1))


def float_answers(run: Path, inputs: np.ndarray) -> np.ndarray:
    """The classes that the float network answers with: [n]."""
    network = keras.models.load_model(run / "model.keras")
    return network.predict(inputs, batch_size=256, verbose=0).argmax(1)


def int8_answers(model: tflm.Model, inputs: np.ndarray) -> np.ndarray:
    """The classes that the int8 model answers with: [n]."""
    return model.run(model.quantise(inputs)).argmax(1)


def classification(
    in_float: np.ndarray, in_int8: np.ndarray, labels: np.ndarray, groups: dict[str, np.ndarray]
) -> dict:
    """Top-1 of both, of the int8 model for each group of examples (a mask), confusion matrix."""
    classes = int(labels.max()) + 1
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, in_int8), 1)
    right = in_int8 == labels
    return {
        "samples": len(labels),
        "float_top1": float((in_float == labels).mean()),
        "int8_top1": float(right.mean()),
        "groups": {name: float(right[mask].mean()) for name, mask in groups.items()},
        "confusion": confusion.tolist(),
    }


def classifier(
    run: Path,
    model: tflm.Model,
    test: DataSet,
    groups: dict[str, np.ndarray],
    inputs: Callable[[DataSet], np.ndarray],
    make: Callable[..., DataSet],
) -> None:
    """Measures a classifier of pictures on its test set and on `DRAWS` others that `make` draws
    alike, and writes evaluation.json."""
    evaluation = classification(
        float_answers(run, inputs(test)),
        int8_answers(model, inputs(test)),
        test.labels,
        groups,
    )
    write(run, evaluation)
    evaluation["draws"] = []
    for draw in range(1, DRAWS + 1):
        other = make(seed(run) + draw, "test", processes=2)
        right = int8_answers(model, inputs(other)) == other.labels
        evaluation["draws"].append(float(right.mean()))
    write(run, evaluation)
    print("float {float_top1:.4f}, int8 {int8_top1:.4f}, {samples} pictures".format(**evaluation))


def tables(
    evaluation: dict, classes: tuple[str, ...], things: str, vectors_top1: float, vectors: int
) -> list[str]:
    """The measured part of a classifier's card, in Markdown."""
    samples, int8 = evaluation["samples"], evaluation["int8_top1"]
    lines = [
        "| measured on the test set | top-1 |",
        "|---|---:|",
        f"| **int8 model**, {samples} {things} | **{int8:.2%}** |",
        f"| float network before quantisation | {evaluation['float_top1']:.2%} |",
        *(f"| int8: {name} | {value:.2%} |" for name, value in evaluation["groups"].items()),
        f"| int8: the {vectors} test vectors alone | {vectors_top1:.2%} |",
    ]
    if "draws" in evaluation:
        draws = ", ".join(f"{value:.2%}" for value in evaluation["draws"])
        lines.append(f"| int8: {len(evaluation['draws'])} other test sets, drawn alike | {draws} |")
    return [
        *lines,
        "",
        "Confusion matrix of the int8 model; rows are what it was, columns what was answered:",
        "",
        "| | " + " | ".join(classes) + " |",
        "|---" + "|---:" * len(classes) + "|",
        *(
            f"| **{name}** | " + " | ".join(str(n) if n else "·" for n in row) + " |"
            for name, row in zip(classes, evaluation["confusion"], strict=True)
        ),
    ]
