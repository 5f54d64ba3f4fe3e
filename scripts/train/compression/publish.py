"""Converts the float and the pruned networks, measures them on the test set, and writes the files
of the compression experiment: models, reference outputs, and `compression.toml`.

The reference is TensorFlow Lite Micro. The float32 model gets the real values of the same int8
inputs that the others get, so that all are asked the same. The float32 model and the one in int8
that is committed are made from the same network.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from ad.dataset import NORMAL
from ad.scores import auc
from common import convert, tflm
from common.sets import DataSet
from compression.networks import NETWORKS, Network

PERCENTS = (50, 80)
TITLES = {"ad": "Anomaly detection", "kws": "Keyword spotting"}

HEAD = """\
# The compression experiment: two networks as float32, int8, pruned, and with Huffman-coded weights.
# Written by scripts/train/compression; docs/compression.md says what it shows.
name = "compression"
title = "Deep compression: float32, int8, pruned and Huffman-coded weights"
reference = "TensorFlow Lite Micro (PyPI {package})"
"""

VARIANT = """
[[variants]]
name = "{name}"
title = "{title}"
workload = "{workload}"
sparsity = {sparsity}
huffman = {huffman}
"""

INPUTS = """\
inputs = "{inputs}"
inputs_sha256 = "{inputs_sha256}"
"""

FILES = """\
model = "{model}"
model_sha256 = "{model_sha256}"
outputs = "{outputs}"
outputs_sha256 = "{outputs_sha256}"
"""

QUALITY = """\
quality = {{ metric = "{metric}", value = {value:.4f}, samples = {samples} }}
"""


@dataclass(frozen=True)
class Judged:
    """A metric on the whole test set."""

    metric: str
    value: float
    samples: int


def judge(name: str, test: DataSet, inputs: np.ndarray, outputs: np.ndarray) -> Judged:
    """How good real `outputs` [n, ...] for real `inputs` are."""
    if name == "kws":
        right = outputs.reshape(len(test.labels), -1).argmax(1) == test.labels
        return Judged("top1", float(right.mean()), len(test.labels))
    windows = len(inputs) // len(test.labels)
    scores = np.mean((outputs - inputs) ** 2, axis=1).reshape(-1, windows)
    normal = test.labels == NORMAL
    return Judged("auc", auc(scores[normal], scores[~normal]), scores.size)


def sha256(data: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes) -> str:
    """Writes a file whole or not at all; returns its SHA-256."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return sha256(data)


def real_inputs(network: Network, examples: DataSet) -> np.ndarray:
    """Inputs of the network [n, ...]."""
    return network.recipe.pairs(examples)[0]


def variants(name: str, folder: Path, workloads: Path, into: Path) -> list[str]:
    """Writes the models and outputs of one network; returns the entries of the suite."""
    network = NETWORKS[name]
    committed = workloads / name
    int8 = tflm.Model(committed / f"{name}.tflite")
    stored = np.fromfile(committed / "vectors.inputs.i8", np.int8)
    calibration = real_inputs(network, DataSet.load(folder / "training.npz"))
    calibration = calibration[:: max(1, len(calibration) // network.calibration)]
    test = DataSet.load(folder / "test.npz")
    inputs = real_inputs(network, test)
    entries = []

    def entry(suffix: str, title: str, sparsity: float, huffman: bool, more: str) -> None:
        entries.append(
            VARIANT.format(
                name=f"{name}-{suffix}",
                title=f"{TITLES[name]}, {title}",
                workload=name,
                sparsity=f"{sparsity:.2f}",
                huffman="true" if huffman else "false",
            )
            + more
        )

    def quality(judged: Judged) -> str:
        print(f"{name}: {judged}")
        return QUALITY.format(
            metric=judged.metric, value=judged.value, samples=judged.samples
        )

    def on_int8(model: tflm.Model) -> Judged:
        quantised = model.quantise(inputs)
        outputs = model.output.real(model.run(quantised))
        return judge(name, test, model.input.real(quantised).reshape(inputs.shape), outputs)

    # float32
    model = keras.models.load_model(folder / "model.keras")
    file = into / f"{name}-float32.tflite"
    model_sha256 = write(file, convert.convert_float(model))
    in_float = tflm.FloatModel(file)
    vectors = int8.input.real(stored).astype(np.float32)
    vectors = vectors.reshape(-1, int(np.prod(in_float.shape)))
    outputs = in_float.run(vectors)
    files = FILES.format(
        model=file.name,
        model_sha256=model_sha256,
        outputs=f"{name}-float32.outputs.f32",
        outputs_sha256=write(
            into / f"{name}-float32.outputs.f32", outputs.astype("<f4").tobytes()
        ),
    )
    judged = judge(name, test, inputs, in_float.run(inputs.reshape(len(inputs), -1)))
    entry("float32", "float32", 0.0, False, files + quality(judged))

    # int8, as committed
    judged = quality(on_int8(int8))
    entry("int8", "int8", 0.0, False, judged)
    entry("int8-huffman", "int8, Huffman-coded", 0.0, True, judged)

    # int8, pruned
    made_for = None
    for percent in PERCENTS:
        pruned = keras.models.load_model(folder / f"pruned{percent}.keras")
        record = json.loads((folder / f"pruned{percent}.json").read_text())
        stem = f"{name}-pruned{percent}"
        file = into / f"{stem}.tflite"
        model_sha256 = write(file, convert.convert(pruned, calibration))
        model = tflm.Model(file)
        given, files = stored.reshape(len(vectors), -1), ""
        if model.input != int8.input:
            # The committed inputs would mean something else to this model.
            given = model.quantise(network.vectors(test)).reshape(len(vectors), -1)
            inputs_file = f"{name}-pruned.inputs.i8"
            files = INPUTS.format(
                inputs=inputs_file, inputs_sha256=write(into / inputs_file, given.tobytes())
            )
            if made_for not in (None, model.input):
                raise ValueError(f"{stem}: {model.input} is not {made_for}")
            made_for = model.input
        outputs = model.run(given)
        files += FILES.format(
            model=file.name,
            model_sha256=model_sha256,
            outputs=f"{stem}.outputs.i8",
            outputs_sha256=write(into / f"{stem}.outputs.i8", outputs.tobytes()),
        )
        files += quality(on_int8(model))
        title = f"int8, {percent} % pruned"
        entry(f"pruned{percent}", title, record["sparsity"], False, files)
        entry(f"pruned{percent}-huffman", f"{title}, Huffman-coded", record["sparsity"], True, files)
    return entries


def main() -> None:
    """Writes `workloads/suites/compression.toml` and the folder beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ad", type=Path, required=True, help="folder of the pruned ad")
    parser.add_argument("--kws", type=Path, required=True, help="folder of the pruned kws")
    parser.add_argument("--workloads", type=Path, required=True, help="workloads/models")
    parser.add_argument("--suites", type=Path, required=True, help="workloads/suites")
    arguments = parser.parse_args()
    into = arguments.suites / "compression"
    into.mkdir(parents=True, exist_ok=True)
    text = HEAD.format(package=tflm.package())
    for name, folder in (("ad", arguments.ad), ("kws", arguments.kws)):
        text += "".join(variants(name, folder, arguments.workloads, into))
    write(arguments.suites / "compression.toml", text.encode())


if __name__ == "__main__":
    main()
