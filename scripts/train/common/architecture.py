"""What a .tflite consists of: operators, shapes, strides, paddings, activations, MACs.

`architecture.py MODEL` prints the layer table; `architecture.py MODEL OTHER` also compares the
two models line by line and fails if they differ in anything but weights and quantisation
parameters.
"""

import argparse
import difflib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

PADDINGS = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}
WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D")
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def _name(enumeration: type, value: int) -> str:
    return next(name for name, number in vars(enumeration).items() if number == value)


@dataclass(frozen=True)
class Layer:
    """One operator. `text` holds everything that has to agree for two models to cost the same."""

    text: str
    macs: int
    parameters: int


def layers(model: bytes) -> Iterator[Layer]:
    """The operators of the first subgraph, in order of execution."""
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = root.subgraphs[0]
    for operator in graph.operators:
        code = root.operatorCodes[operator.opcodeIndex]
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        name = _name(schema.BuiltinOperator, builtin)
        inputs = [graph.tensors[i] for i in operator.inputs]
        outputs = [graph.tensors[i] for i in operator.outputs]
        options = operator.builtinOptions
        parts = [f"{name:18}"]
        for kind, tensors in (("in", inputs), ("out", outputs)):
            for tensor in tensors:
                scales = tensor.quantization.scale if tensor.quantization else None
                per_channel = scales is not None and len(scales) > 1
                shape = [int(n) for n in tensor.shape]
                parts.append(f"{kind} {_name(schema.TensorType, tensor.type)}{shape}")
                if per_channel:
                    parts.append("per-channel")
        if name in WINDOWED:
            parts.append(f"stride {options.strideH}x{options.strideW}")
            parts.append(f"padding {PADDINGS[options.padding]}")
        if name == "AVERAGE_POOL_2D":
            parts.append(f"window {options.filterHeight}x{options.filterWidth}")
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            parts.append(f"dilation {options.dilationHFactor}x{options.dilationWFactor}")
        if name == "DEPTHWISE_CONV_2D":
            parts.append(f"multiplier {options.depthMultiplier}")
        if hasattr(options, "fusedActivationFunction"):
            activation = options.fusedActivationFunction
            parts.append(f"activation {_name(schema.ActivationFunctionType, activation)}")
        macs = parameters = 0
        if name in WEIGHTED:
            weights = np.array(inputs[1].shape)
            # Each weight is used once per output position; positions are all but the channels.
            macs = int(weights.prod() * np.prod(outputs[0].shape[:-1]))
            parameters = sum(int(np.prod(tensor.shape)) for tensor in inputs[1:])
        yield Layer("  ".join(parts), macs, parameters)


def totals(model: bytes) -> tuple[int, int]:
    """Multiply-accumulates of one inference, and weights plus biases."""
    every = list(layers(model))
    return sum(layer.macs for layer in every), sum(layer.parameters for layer in every)


def table(model: bytes) -> list[str]:
    """The layer table, one line an operator, and the totals."""
    lines = [f"{layer.text}  MACs {layer.macs}" for layer in layers(model)]
    return [*lines, "MACs {}  parameters {}".format(*totals(model))]


def main() -> None:
    """Prints one table, or compares two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("other", type=Path, nargs="?")
    arguments = parser.parse_args()
    lines = table(arguments.model.read_bytes())
    print("\n".join(lines))
    if arguments.other:
        other = table(arguments.other.read_bytes())
        difference = list(difflib.unified_diff(lines, other, lineterm="", n=0))
        print("\n".join(difference) if difference else "The two are the same.")
        sys.exit(1 if difference else 0)


if __name__ == "__main__":
    main()
