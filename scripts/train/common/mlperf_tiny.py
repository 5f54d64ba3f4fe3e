#!/usr/bin/env python3
"""Computes the reference outputs of workloads/suites/mlperf-tiny with TensorFlow Lite Micro.

    python3 -m venv VENV && VENV/bin/pip install numpy tflite-micro==0.dev20261012203412
    VENV/bin/python scripts/train/common/mlperf_tiny.py --models DIR

DIR holds the models, for instance tinybench's cache after `tinybench fetch mlperf-tiny`. For each
model the inputs are made from a seed, as harness/inputs/src/suite/inputs.rs makes them, and the outputs
are written beside the suite's file. What is printed belongs into that file.
"""

import argparse
import hashlib
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tflite_micro import runtime

ROOT = Path(__file__).resolve().parents[3]
SUITE = ROOT / "workloads/suites/mlperf-tiny.toml"
OUTPUTS = ROOT / "workloads/suites/mlperf-tiny"
ARENA_BYTES = 400_000
MASK = (1 << 64) - 1


def split_mix_64(seed: int, length: int) -> bytes:
    """`length` bytes of SplitMix64, least significant byte of each number first."""
    numbers, state = bytearray(), seed
    while len(numbers) < length:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        numbers += (z ^ (z >> 31)).to_bytes(8, "little")
    return bytes(numbers[:length])


def inputs(seed: int, count: int, size: int) -> np.ndarray:
    """int8 [count, size]: uniform values and random walks in turn.

    A walk begins with the first byte and goes on by each byte modulo 33 less 16, saturating.
    """
    numbers = np.frombuffer(split_mix_64(seed, count * size), np.uint8).reshape(count, size)
    values = numbers.view(np.int8).copy()
    for vector in range(1, count, 2):
        at = int(values[vector, 0])
        for index in range(1, size):
            at = max(-128, min(127, at + int(numbers[vector, index]) % 33 - 16))
            values[vector, index] = at
    return values


def main() -> None:
    """Writes the outputs and prints the hashes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, required=True, help="folder of the models")
    folder = parser.parse_args().models
    suite = tomllib.loads(SUITE.read_text())
    vectors = suite["vectors"]
    print(f'reference = "TensorFlow Lite Micro (PyPI tflite-micro {version("tflite-micro")})"')
    for model in suite["models"]:
        file = Path(model["path"]).name
        content = (folder / file).read_bytes()
        if hashlib.sha256(content).hexdigest() != model["sha256"]:
            raise SystemExit(f"{folder / file} is not the model that the suite names")
        interpreter = runtime.Interpreter.from_bytes(content, arena_size=ARENA_BYTES)
        shape = interpreter.get_input_details(0)["shape"]
        given = inputs(vectors["seed"], vectors["count"], int(np.prod(shape)))
        outputs = []
        for values in given:
            interpreter.set_input(values.reshape(shape), 0)
            interpreter.invoke()
            outputs.append(interpreter.get_output(0).reshape(-1).copy())
        result = np.stack(outputs).tobytes()
        (OUTPUTS / f"{Path(file).stem}.outputs.i8").write_bytes(result)
        print(f'{model["name"]}:')
        print(f'inputs_sha256 = "{hashlib.sha256(given.tobytes()).hexdigest()}"')
        print(f'outputs_sha256 = "{hashlib.sha256(result).hexdigest()}"')


if __name__ == "__main__":
    main()
