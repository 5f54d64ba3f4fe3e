"""Writes what the project keeps of a training run: model, test vectors, card, measured tables."""

import argparse
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import architecture, tflm
from common.features import Features

MARKS = ("<!-- measured: written by publish.py -->", "<!-- end of measured -->")

CARD = """\
name = "{name}"
title = "{title}"
description = "{description}"

[model]
file = "{name}.tflite"
sha256 = "{model_sha256}"
bytes = {model_bytes}
architecture = "{architecture}"
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
kind = "{kind}"
classes = {classes}

[quality]
metric = "{metric}"
value = {value:.4f}
threshold = {threshold:.2f}
samples = {samples}
{more_quality}
[data]
script = "scripts/train/{name}"
seed = {seed}
synthetic = true
summary = "{summary}"
licence = "MIT OR Apache-2.0"
"""

AUDIO = """
[audio]                           # the sound of the first `count` vectors
count = {count}
file = "vectors.audio.i16"        # little-endian, one vector after the other
sha256 = "{sha256}"
samples = {samples}                   # per vector
"""


@dataclass(frozen=True)
class Workload:
    """What a card says of a workload, whatever came out of the training."""

    name: str
    title: str
    description: str
    architecture: str
    classes: tuple[str, ...]
    summary: str
    threshold: float
    kind: str = "classification"
    metric: str = "top1"
    features: Features | None = None


@dataclass(frozen=True)
class Vectors:
    """Test vectors: inputs int8 [n, ...], labels uint8 [n]; the sound of the first of them,
    int16 [count, samples], where the input is made from sound."""

    inputs: np.ndarray
    labels: np.ndarray
    audio: np.ndarray | None = None


@dataclass(frozen=True)
class Quality:
    """The metric on the test set of so many examples, and further tables for the card."""

    value: float
    samples: int
    more: str = ""


def taking_turns(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Indices of the first `per_class` examples of every class, right or wrong, the classes taking
    turns."""
    classes = int(labels.max()) + 1
    by_class = [np.flatnonzero(labels == label)[:per_class] for label in range(classes)]
    return np.stack(by_class, axis=1).reshape(-1)


def arguments(description: str | None) -> argparse.Namespace:
    """`folder` of the run and folder `into` which is published."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="the run")
    parser.add_argument("--into", type=Path, required=True, help="where the files are written")
    return parser.parse_args()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def _audio_matches(features: Features, vectors: Vectors, model: tflm.Model) -> None:
    """Raises ValueError if the inputs are not exactly the features of the sound."""
    for number, samples in enumerate(vectors.audio):
        inputs = model.quantise(features.compute(samples))
        if not np.array_equal(inputs.reshape(-1), vectors.inputs[number].reshape(-1)):
            raise ValueError(f"vector {number} is not made of its sound: are the data old?")


def publish(
    workload: Workload,
    run: Path,
    into: Path,
    vectors: Vectors,
    quality: Quality,
    tables: list[str],
) -> None:
    """Writes the files of a finished run into a folder; `tables` go into its README.md, between
    the marks."""
    into.mkdir(parents=True, exist_ok=True)
    source = run / f"{workload.name}.tflite"
    model_bytes = source.read_bytes()
    model = tflm.Model(source)
    outputs = model.run(vectors.inputs)
    macs, parameters = architecture.totals(model_bytes)
    data = {
        "inputs": vectors.inputs.tobytes(),
        "outputs": outputs.tobytes(),
        "labels": vectors.labels.tobytes(),
    }

    card = CARD.format(
        name=workload.name,
        title=workload.title,
        description=workload.description,
        model_sha256=_sha256(model_bytes),
        model_bytes=len(model_bytes),
        architecture=workload.architecture,
        macs=macs,
        parameters=parameters,
        count=len(vectors.labels),
        package=tflm.package(),
        kind=workload.kind,
        classes=json.dumps(workload.classes),
        metric=workload.metric,
        value=quality.value,
        threshold=workload.threshold,
        samples=quality.samples,
        more_quality=quality.more,
        seed=json.loads((run / "history.json").read_text())["seed"],
        summary=workload.summary,
        **{f"{name}_sha256": _sha256(content) for name, content in data.items()},
    )
    if workload.features is not None and vectors.audio is not None:
        _audio_matches(workload.features, vectors, model)
        sound = vectors.audio.astype("<i2").tobytes()
        count, samples = vectors.audio.shape
        card += "\n" + workload.features.card()
        card += AUDIO.format(count=count, samples=samples, sha256=_sha256(sound))
        _write(into / "vectors.audio.i16", sound)
    for name, suffix in (("inputs", "i8"), ("outputs", "i8"), ("labels", "u8")):
        _write(into / f"vectors.{name}.{suffix}", data[name])
    if source.parent != into:
        shutil.copyfile(source, into / source.name)
    _write(into / "card.toml", card.encode())

    tables = [*tables, "", f"SHA-256 of `{source.name}`: `{_sha256(model_bytes)}`"]
    readme = into / "README.md"
    text = readme.read_text() if readme.exists() else ""
    before, found, rest = text.partition(MARKS[0])
    _, closed, after = rest.partition(MARKS[1])
    if found and closed:
        lines = "\n".join(tables)
        _write(readme, f"{before}{MARKS[0]}\n{lines}\n{MARKS[1]}{after}".encode())
    print("\n".join(tables))
