"""Runs a .tflite with TensorFlow Lite Micro, whose results are the reference."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tflite_micro import runtime

from common.features import quantise

ARENA_BYTES = 200_000


def package() -> str:
    """The PyPI package and its version."""
    return f"tflite-micro {version('tflite-micro')}"


@dataclass(frozen=True)
class Quantisation:
    """Real value = scale (stored value - zero point)."""

    scale: float
    zero_point: int

    def real(self, stored: np.ndarray) -> np.ndarray:
        """The real values of stored ones, float64 of the same shape."""
        return self.scale * (stored.astype(np.float64) - self.zero_point)


def _quantisation(details: dict) -> Quantisation:
    parameters = details["quantization_parameters"]
    return Quantisation(float(parameters["scales"][0]), int(parameters["zero_points"][0]))


class Model:
    """An int8 model with one input and one output."""

    def __init__(self, path: Path) -> None:
        self._interpreter = runtime.Interpreter.from_file(str(path), arena_size=ARENA_BYTES)
        details = self._interpreter.get_input_details(0)
        self._shape = tuple(int(n) for n in details["shape"])
        self.input = _quantisation(details)
        self.output = _quantisation(self._interpreter.get_output_details(0))

    def quantise(self, values: np.ndarray) -> np.ndarray:
        """Real inputs of any shape to int8 of the same shape, with the input's scale and zero
        point."""
        return quantise(values, self.input.scale, self.input.zero_point)

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """int8 [n, ...] to int8 [n, outputs]."""
        outputs = []
        for values in inputs:
            self._interpreter.set_input(values.reshape(self._shape), 0)
            self._interpreter.invoke()
            outputs.append(self._interpreter.get_output(0).reshape(-1).copy())
        return np.stack(outputs)


class FloatModel:
    """A float32 model with one input and one output."""

    def __init__(self, path: Path) -> None:
        self._interpreter = runtime.Interpreter.from_file(str(path), arena_size=ARENA_BYTES)
        self.shape = tuple(int(n) for n in self._interpreter.get_input_details(0)["shape"])

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """float32 [n, ...] to float32 [n, outputs]."""
        outputs = []
        for values in inputs:
            self._interpreter.set_input(values.reshape(self.shape).astype(np.float32), 0)
            self._interpreter.invoke()
            outputs.append(self._interpreter.get_output(0).reshape(-1).copy())
        return np.stack(outputs)
