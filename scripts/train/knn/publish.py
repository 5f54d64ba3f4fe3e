"""Writes the folders of the learning workloads: extractor, stream, card.

    python -m knn.publish [--into workloads/models] [--seed 1]

The extractors are cut from the committed classifiers, so this needs no training; but it needs the
Python environment that train.sh makes, and espeak-ng 1.51 for the words.
"""

import argparse
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import architecture, tflm
from knn import streams
from knn.cut import before_classifier

MODELS = Path(__file__).resolve().parents[3] / "workloads/models"

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

[vectors]                         # the samples of the stream, and their features
count = {count}
inputs = "vectors.inputs.i8"
outputs = "vectors.outputs.i8"
inputs_sha256 = "{inputs_sha256}"
outputs_sha256 = "{outputs_sha256}"
reference = "TensorFlow Lite Micro (PyPI {package})"

[learning]
stream = "stream.toml"

[data]
script = "scripts/train/knn"
seed = {seed}
synthetic = true
summary = "{summary}"
licence = "MIT OR Apache-2.0"
"""

STREAM = """\
# docs/knn-benchmark.md says what each line means.
benchmark = "tinybench-knn/1"
samples = {samples}
inputs = "vectors.inputs.i8"      # int8, one sample after the other
labels = "vectors.labels.u8"      # one byte a sample, index into classes
classes = {classes}

[[arrivals]]
class = "{last}"
at = {arrival}

[drift]
at = {drift}
what = "{what}"

[learner]
neighbours = 5
memory_bytes = 16384
seed = 1
policies = ["incremental", "condensing-in-time", "hybrid"]

[drift_test]
skip = 40
baseline = 60
batch = 10
threshold = 10.0
"""


@dataclass(frozen=True)
class Workload:
    """What a folder says of itself, and the classifier that is cut."""

    name: str
    classifier: str
    title: str
    description: str
    architecture: str
    summary: str
    plan: streams.Plan


WORKLOADS = (
    Workload(
        name="knn",
        classifier="kws",
        title="Learning words on the device",
        description="Learns which of five, later six, words one second of speech is.",
        architecture="DS-CNN of kws up to its average pool, int8, 49x10 features, 64 outputs",
        summary="Speech of espeak-ng 1.51: words and speakers that the extractor has never heard",
        plan=streams.WORDS,
    ),
    Workload(
        name="knn-vision",
        classifier="ic",
        title="Learning objects on the device",
        description="Learns which of five, later six, kinds of object a picture shows.",
        architecture="ResNet-8 of ic up to its average pool, int8, 32x32 pixels, 64 outputs",
        summary="Drawn pictures of kinds of object that the extractor was trained on",
        plan=streams.PICTURES,
    ),
)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def _what(plan: streams.Plan) -> str:
    pairs = [f"{plan.classes[one]} and {plan.classes[other]}" for one, other in plan.swapped]
    return f"{', and '.join(pairs)}, change places"


def publish(workload: Workload, into: Path, seed: int) -> None:
    """Writes one folder."""
    into.mkdir(parents=True, exist_ok=True)
    plan = workload.plan
    classifier = MODELS / workload.classifier / f"{workload.classifier}.tflite"
    extractor = before_classifier(classifier.read_bytes())
    _write(into / f"{workload.name}.tflite", extractor)
    model = tflm.Model(into / f"{workload.name}.tflite")

    processes = os.cpu_count() or 1
    if workload.classifier == "kws":
        values, said = streams.make(seed, plan, streams.word, processes)
        inputs = model.quantise(values)
    else:
        values, said = streams.make(seed, plan, streams.picture, processes)
        # A pixel of 0 to 255 less 128 is the int8 that its network takes.
        inputs = (values.astype(np.int16) - 128).astype(np.int8)
    outputs = model.run(inputs)
    data = {
        "vectors.inputs.i8": inputs.tobytes(),
        "vectors.outputs.i8": outputs.tobytes(),
        "vectors.labels.u8": said.tobytes(),
    }
    for name, content in data.items():
        _write(into / name, content)
    macs, parameters = architecture.totals(extractor)
    card = CARD.format(
        name=workload.name,
        title=workload.title,
        description=workload.description,
        architecture=workload.architecture,
        model_sha256=_sha256(extractor),
        model_bytes=len(extractor),
        macs=macs,
        parameters=parameters,
        count=plan.samples,
        inputs_sha256=_sha256(data["vectors.inputs.i8"]),
        outputs_sha256=_sha256(data["vectors.outputs.i8"]),
        package=tflm.package(),
        seed=seed,
        summary=workload.summary,
    )
    _write(into / "card.toml", card.encode())
    stream = STREAM.format(
        samples=plan.samples,
        classes=json.dumps(plan.classes),
        last=plan.classes[-1],
        arrival=plan.arrival,
        drift=plan.drift,
        what=_what(plan),
    )
    _write(into / "stream.toml", stream.encode())
    print(f"{into}: {plan.samples} samples, extractor of {len(extractor)} bytes")


def main() -> None:
    """Writes both folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=MODELS, help="the folder of workloads")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for workload in WORKLOADS:
        publish(workload, arguments.into / workload.name, arguments.seed)


if __name__ == "__main__":
    main()
