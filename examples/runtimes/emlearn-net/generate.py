"""Has emlearn write a TensorFlow Lite model of fully connected int8 layers as C: generate.py MODEL FOLDER

emlearn computes in float32: weights and biases are what the model's integers stand for."""
import shutil
import sys
from pathlib import Path

import numpy as np
from emlearn import common, net
from tflite import ActivationFunctionType, BuiltinOperator, FullyConnectedOptions, Model, TensorType

ACTIVATIONS = {ActivationFunctionType.NONE: "identity", ActivationFunctionType.RELU: "relu"}
INTEGERS = {TensorType.INT8: np.int8, TensorType.INT32: "<i4"}


class Graph:
    def __init__(self, model):
        self.model = Model.GetRootAs(model)
        self.graph = self.model.Subgraphs(0)

    def quantisation(self, index):
        """Scales (one, or one a channel) and the zero point of a tensor."""
        given = self.graph.Tensors(index).Quantization()
        return given.ScaleAsNumpy(), int(given.ZeroPoint(0))

    def real(self, index):
        """What the integers of a constant tensor stand for; with a scale for each channel, along the
        first axis."""
        tensor = self.graph.Tensors(index)
        whole = np.frombuffer(self.model.Buffers(tensor.Buffer()).DataAsNumpy(), INTEGERS[tensor.Type()])
        whole = whole.reshape(tensor.ShapeAsNumpy()).astype(np.float64)
        scales, zero_point = self.quantisation(index)
        return (whole - zero_point) * scales.reshape(-1, *[1] * (whole.ndim - 1))

    def layers(self):
        """Activation, weights [inputs, outputs] and biases of each layer."""
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            if max(code.DeprecatedBuiltinCode(), code.BuiltinCode()) != BuiltinOperator.FULLY_CONNECTED:
                sys.exit(f"operator {index} is no fully connected layer: emlearn has no others")
            options = FullyConnectedOptions()
            options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
            if options.FusedActivationFunction() not in ACTIVATIONS:
                sys.exit(f"operator {index} has an activation other than ReLU")
            _, weights, *bias = operator.InputsAsNumpy()
            weights = self.real(weights).T
            has_bias = bias and bias[0] >= 0
            biases = self.real(bias[0]) if has_bias else np.zeros(weights.shape[1])
            yield ACTIVATIONS[options.FusedActivationFunction()], weights, biases


def main():
    model, folder = map(Path, sys.argv[1:])
    graph = Graph(model.read_bytes())
    activations, weights, biases = map(list, zip(*graph.layers()))
    if len(weights) < 2:
        sys.exit("emlearn runs networks of two layers or more")
    # emlearn's headers define functions: one file includes them.
    code = net.c_generate_net_loadable(activations, weights, biases, prefix="net")
    facts = "".join(
        f"#define {name}_COUNT {count}\n#define {name}_SCALE {float(scales[0])!r}f\n#define {name}_ZERO {zero}\n"
        for name, count, (scales, zero) in (
            ("INPUT", weights[0].shape[0], graph.quantisation(graph.graph.Inputs(0))),
            ("OUTPUT", weights[-1].shape[1], graph.quantisation(graph.graph.Outputs(0))),
        )
    )
    (folder / "model.h").write_text(f"{facts}int model_run(const float *in, float *out);\n")
    (folder / "model.c").write_text(
        f'{code}\n#include "model.h"\nint model_run(const float *in, float *out)\n'
        "{\n    return eml_net_regress(&net, in, INPUT_COUNT, out, OUTPUT_COUNT);\n}\n"
    )
    shutil.copytree(common.get_include_dir(), folder / "include", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


if __name__ == "__main__":
    main()
