"""Runs a .tflite with TensorFlow Lite Micro, whose results are the reference."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tflite_micro import runtime

ARENA_BYTES = 200_000


def package() -> str:
    """The PyPI package and its version."""
    return f"tflite-micro {version('tflite-micro')}"


@dataclass(frozen=True)
class Quantisation:
    """Real value = scale (stored value - zero point)."""

    scale: float
    zero_point: int


class Model:
    """An int8 model with one input and one output."""

    def __init__(self, path: Path) -> None:
        self._interpreter = runtime.Interpreter.from_file(str(path), arena_size=ARENA_BYTES)
        details = self._interpreter.get_input_details(0)
        self._shape = tuple(int(n) for n in details["shape"])
        quantisation = details["quantization_parameters"]
        self.input = Quantisation(
            float(quantisation["scales"][0]), int(quantisation["zero_points"][0])
        )

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """int8 [n, ...] to int8 [n, outputs]."""
        outputs = []
        for values in inputs:
            self._interpreter.set_input(values.reshape(self._shape), 0)
            self._interpreter.invoke()
            outputs.append(self._interpreter.get_output(0).reshape(-1).copy())
        return np.stack(outputs)
