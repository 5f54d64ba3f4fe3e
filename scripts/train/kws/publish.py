"""Writes what the project keeps of a training run: model, test vectors, card, measured tables."""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

import architecture
import synthesise
import tflm
from dataset import DataSet
from features import quantise
from words import CLASSES

PER_CLASS = 20
THRESHOLD = 0.90
MARKS = ("<!-- measured: written by publish.py -->", "<!-- end of measured -->")

CARD = """\
name = "kws"
title = "Keyword spotting"
description = "Says which of ten words, silence or an unknown word one second of speech is."

[model]
file = "kws.tflite"
sha256 = "{model_sha256}"
bytes = {model_bytes}
architecture = "DS-CNN of MLPerf Tiny, int8, 49x10 features, 12 classes"
macs = {macs}
parameters = {parameters}

[vectors]
count = {count}
inputs = "vectors.inputs.i8"
outputs = "vectors.outputs.i8"
inputs_sha256 = "{inputs_sha256}"
outputs_sha256 = "{outputs_sha256}"
labels = "vectors.labels.u8"      # one byte a vector, index into task.classes
labels_sha256 = "{labels_sha256}"
reference = "TensorFlow Lite Micro (PyPI {package})"

[task]
kind = "classification"
classes = {classes}

[quality]
metric = "top1"
value = {quality:.4f}
threshold = {threshold:.2f}
samples = {samples}

[data]
script = "scripts/train/kws"
seed = {seed}
synthetic = true
summary = "Speech of espeak-ng {espeak}; no speaker of the test set is in the training set"
licence = "MIT OR Apache-2.0"
"""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def chosen(labels: np.ndarray) -> np.ndarray:
    """Indices of the test vectors: the first `PER_CLASS` utterances of every class, right or
    wrong, the classes taking turns."""
    by_class = [np.flatnonzero(labels == label)[:PER_CLASS] for label in range(len(CLASSES))]
    return np.stack(by_class, axis=1).reshape(-1)


def measured(evaluation: dict, vectors_top1: float, model_sha256: str) -> str:
    """The tables of the model card, in Markdown."""
    samples, int8 = evaluation["samples"], evaluation["int8_top1"]
    lines = [
        "| measured on the test set | top-1 |",
        "|---|---:|",
        f"| **int8 model**, {samples} utterances | **{int8:.2%}** |",
        f"| float network before quantisation | {evaluation['float_top1']:.2%} |",
        *(f"| int8: {name} | {value:.2%} |" for name, value in evaluation["groups"].items()),
        f"| int8: the {PER_CLASS * len(CLASSES)} test vectors alone | {vectors_top1:.2%} |",
        "",
        "Confusion matrix of the int8 model; rows are what was said, columns what was answered:",
        "",
        "| | " + " | ".join(CLASSES) + " |",
        "|---" + "|---:" * len(CLASSES) + "|",
        *(
            f"| **{name}** | " + " | ".join(str(n) if n else "·" for n in row) + " |"
            for name, row in zip(CLASSES, evaluation["confusion"], strict=True)
        ),
        "",
        f"SHA-256 of `kws.tflite`: `{model_sha256}`",
    ]
    return "\n".join(lines)


def main() -> None:
    """Writes the files of a finished run into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    parser.add_argument("--into", type=Path, required=True, help="where the files are written")
    arguments = parser.parse_args()
    run, into = arguments.folder, arguments.into
    into.mkdir(parents=True, exist_ok=True)

    evaluation = json.loads((run / "evaluation.json").read_text())
    history = json.loads((run / "history.json").read_text())
    model_bytes = (run / "kws.tflite").read_bytes()
    model = tflm.Model(run / "kws.tflite")
    test = DataSet.load(run / "test.npz")
    index = chosen(test.labels)
    labels = test.labels[index]
    inputs = quantise(test.features[index], model.input.scale, model.input.zero_point)
    outputs = model.run(inputs)
    macs, parameters = architecture.totals(model_bytes)

    shutil.copyfile(run / "kws.tflite", into / "kws.tflite")
    _write(into / "vectors.inputs.i8", inputs.tobytes())
    _write(into / "vectors.outputs.i8", outputs.tobytes())
    _write(into / "vectors.labels.u8", labels.tobytes())
    card = CARD.format(
        model_sha256=_sha256(model_bytes),
        model_bytes=len(model_bytes),
        macs=macs,
        parameters=parameters,
        count=len(labels),
        inputs_sha256=_sha256(inputs.tobytes()),
        outputs_sha256=_sha256(outputs.tobytes()),
        labels_sha256=_sha256(labels.tobytes()),
        package=tflm.package(),
        classes=json.dumps(CLASSES),
        quality=evaluation["int8_top1"],
        threshold=THRESHOLD,
        samples=evaluation["samples"],
        seed=history["seed"],
        espeak=synthesise.version(),
    )
    _write(into / "card.toml", card.encode())

    readme = into / "README.md"
    tables = measured(evaluation, float((outputs.argmax(1) == labels).mean()), _sha256(model_bytes))
    before, found, rest = (
        readme.read_text().partition(MARKS[0]) if readme.exists() else ("", "", "")
    )
    _, closed, after = rest.partition(MARKS[1])
    if found and closed:
        _write(readme, f"{before}{MARKS[0]}\n{tables}\n{MARKS[1]}{after}".encode())
    print(tables)


if __name__ == "__main__":
    main()
