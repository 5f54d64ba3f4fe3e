"""Writes what the project keeps of a training run: model, test vectors, card, measured tables."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from motion import run as files

MARKS = ("<!-- measured: written by publish.py -->", "<!-- end of measured -->")

CARD = """\
name = "{name}"
title = "{title}"
description = "{description}"

[model]
file = "{name}.tbcm"              # read by the runtime `classical`
sha256 = "{model_sha256}"
bytes = {model_bytes}
architecture = "{architecture}"
macs = {macs}
parameters = {parameters}

[vectors]
count = {count}
inputs = "vectors.inputs.i16"     # little-endian; x, y and z of a window one after the other
outputs = "vectors.outputs.{output_type}"
inputs_sha256 = "{inputs_sha256}"
outputs_sha256 = "{outputs_sha256}"
labels = "vectors.labels.u8"      # one byte a vector, index into task.classes
labels_sha256 = "{labels_sha256}"
reference = "scripts/train/{name}: integers in Python, as scikit-learn {sklearn} predicts"

[task]
kind = "{kind}"
classes = {classes}

[quality]
metric = "{metric}"
value = {value:.4f}
threshold = {threshold:.2f}
samples = {samples}

[data]
script = "scripts/train/{name}"
seed = {seed}
synthetic = true
summary = "{summary}"
licence = "MIT OR Apache-2.0"
"""


@dataclass(frozen=True)
class Workload:
    """What a card says of a workload, whatever came out of the training."""

    name: str
    title: str
    description: str
    architecture: str
    kind: str
    classes: tuple[str, ...]
    metric: str
    threshold: float
    output_type: str
    summary: str


@dataclass(frozen=True)
class Finished:
    """What a run came to: `windows` int16 [n, 3, samples], `outputs` as the model gives them,
    `labels` uint8 [n]."""

    windows: np.ndarray
    outputs: np.ndarray
    labels: np.ndarray
    macs: int
    parameters: int
    value: float
    samples: int


def taking_turns(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Indices of `per_class` examples of every class, spread evenly over those there are, right or
    wrong, the classes taking turns."""
    by_class = []
    for label in range(int(labels.max()) + 1):
        found = np.flatnonzero(labels == label)
        by_class.append(found[(2 * np.arange(per_class) + 1) * len(found) // (2 * per_class)])
    return np.stack(by_class, axis=1).reshape(-1)


def publish(
    workload: Workload, run: Path, into: Path, finished: Finished, tables: list[str]
) -> None:
    """Writes the files of a finished run into a folder; `tables` go into its README.md, between
    the marks."""
    into.mkdir(parents=True, exist_ok=True)
    source = run / f"{workload.name}.tbcm"
    model = source.read_bytes()
    data = {
        "inputs": ("vectors.inputs.i16", finished.windows.astype("<i2").tobytes()),
        "outputs": (f"vectors.outputs.{workload.output_type}", finished.outputs.tobytes()),
        "labels": ("vectors.labels.u8", finished.labels.tobytes()),
    }
    digest = {name: hashlib.sha256(content).hexdigest() for name, (_, content) in data.items()}
    model_sha256 = hashlib.sha256(model).hexdigest()
    card = CARD.format(
        **{name: getattr(workload, name) for name in workload.__dataclass_fields__}
        | {"classes": json.dumps(workload.classes)},
        model_sha256=model_sha256,
        model_bytes=len(model),
        macs=finished.macs,
        parameters=finished.parameters,
        count=len(finished.labels),
        sklearn=version("scikit-learn"),
        value=finished.value,
        samples=finished.samples,
        seed=json.loads((run / "history.json").read_text())["seed"],
        **{f"{name}_sha256": sha256 for name, sha256 in digest.items()},
    )
    for name, content in data.values():
        files.write(into / name, content)
    shutil.copyfile(source, into / source.name)
    files.write(into / "card.toml", card.encode())

    lines = "\n".join([*tables, "", f"SHA-256 of `{source.name}`: `{model_sha256}`"])
    readme = into / "README.md"
    text = readme.read_text() if readme.exists() else ""
    before, found, rest = text.partition(MARKS[0])
    _, closed, after = rest.partition(MARKS[1])
    if found and closed:
        files.write(readme, f"{before}{MARKS[0]}\n{lines}\n{MARKS[1]}{after}".encode())
    print(lines)
