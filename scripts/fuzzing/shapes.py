"""Models of one operator each, in shapes that published models have: what the table of cycles in the
runtime's README is measured with.

    cd scripts
    python -m fuzzing.shapes ../targets/runtimes/interpreter/tests/fixtures/shapes
"""

import pathlib
import sys

import numpy as np

from .models import NONE, SAME, TANH, VALID, Draw, Net, options

GIVEN = 0.05, -3
WIDE = 0.0005, 0
SHAPES = []


def shape(name):
    """Declares a function of a `Net` that builds the model `name`."""

    def declare(function):
        SHAPES.append((name, function))
        return function

    return declare


def weights(net, extent, channels, axis):
    scales = 0.01 * net.random.uniform(0.5, 1.5, channels)
    data = net.random.integers(-127, 128, extent)
    return net.tensor("int8", extent, scales, 0, data, axis), scales


def layer(net, name, given, source, extent, axis, result, table, bias="int32"):
    """An operator with weights and a bias for each channel."""
    channels = extent[axis]
    kernel, scales = weights(net, extent, channels, axis)
    data = net.random.integers(-2000, 2000, channels)
    bias = net.tensor(bias, [channels], scales * given[0], 0, data)
    kind = "int8" if given is GIVEN else "int16"
    output = (0.5, 4) if kind == "int8" else (0.005, 0)
    net.finish(net.unary(name, [source, kernel, bias], kind, result, *output, table, 3))


def strides(name, step, **more):
    return options(name, padding=SAME, strideH=step, strideW=step, dilationHFactor=1,
                   dilationWFactor=1, fusedActivationFunction=NONE, **more)


@shape("mean")
def mean(net):
    source = net.input("int8", [1, 7, 7, 256], *GIVEN)
    axes = net.constant("int32", [1, 2])
    net.finish(net.unary("MEAN", [source, axes], "int8", [1, 256], 0.04, 2, options("Reducer"), 2))


@shape("reduce_max")
def reduce_max(net):
    source = net.input("int8", [1, 49, 64], *GIVEN)
    axes = net.constant("int32", [1])
    table = options("Reducer")
    net.finish(net.unary("REDUCE_MAX", [source, axes], "int8", [1, 64], *GIVEN, table, 2))


def by_element(name, table, result):
    def build(net):
        source = net.input("int8", [1, 24, 24, 32], *GIVEN)
        net.finish(net.unary(name, [source], "int8", [1, 24, 24, 32], *result, options(table), 2))

    return build


for operator, table, result in (
    ("LOGISTIC", None, (1 / 256, -128)),
    ("TANH", None, (1 / 128, 0)),
    ("HARD_SWISH", "HardSwish", (0.03, -110)),
    ("RELU6", None, (6 / 255, -128)),
):
    shape(operator.lower())(by_element(operator, table, result))


@shape("leaky_relu")
def leaky_relu(net):
    source = net.input("int8", [1, 24, 24, 32], *GIVEN)
    table = options("LeakyRelu", alpha=0.1)
    net.finish(net.unary("LEAKY_RELU", [source], "int8", [1, 24, 24, 32], 0.04, -90, table, 2))


@shape("quantize")
def quantize(net):
    source = net.input("float32", [1, 96, 96, 1], limits=(-6, 6))
    net.finish(net.unary("QUANTIZE", [source], "int8", [1, 96, 96, 1], *GIVEN, options("Quantize")))


@shape("dequantize")
def dequantize(net):
    source = net.input("int8", [1, 1024], *GIVEN)
    net.finish(net.unary("DEQUANTIZE", [source], "float32", [1, 1024], None, 0,
                         options("Dequantize"), 2))


@shape("softmax")
def softmax(net):
    source = net.input("int8", [1, 1000], *GIVEN)
    net.finish(net.unary("SOFTMAX", [source], "int8", [1, 1000], 1 / 256, -128,
                         options("Softmax", beta=1.0), 2))


@shape("add")
def add(net):
    inputs = [net.input("int8", [1, 24, 24, 32], 0.05, -3), net.input("int8", [1, 24, 24, 32], 0.04, 5)]
    net.finish(net.unary("ADD", inputs, "int8", [1, 24, 24, 32], 0.08, 1, options("Add"), 2))


@shape("add_broadcast")
def add_broadcast(net):
    source = net.input("int8", [1, 24, 24, 32], 0.05, -3)
    channels = net.tensor("int8", [32], 0.04, 5, net.values("int8", [32]))
    net.finish(net.unary("ADD", [source, channels], "int8", [1, 24, 24, 32], 0.08, 1,
                         options("Add"), 2))


@shape("mul_broadcast")
def mul_broadcast(net):
    inputs = [net.input("int8", [1, 24, 24, 32], 0.05, -3), net.input("int8", [1, 1, 1, 32], 0.01, -128)]
    net.finish(net.unary("MUL", inputs, "int8", [1, 24, 24, 32], 0.05, -3, options("Mul"), 2))


@shape("concatenation")
def concatenation(net):
    inputs = [net.input("int8", [1, 24, 24, channels], *GIVEN) for channels in (16, 32)]
    table = options("Concatenation", axis=3)
    net.finish(net.unary("CONCATENATION", inputs, "int8", [1, 24, 24, 48], *GIVEN, table, 2))


@shape("pad")
def pad(net):
    source = net.input("int8", [1, 48, 48, 8], *GIVEN)
    paddings = net.constant("int32", [[0, 0], [0, 1], [0, 1], [0, 0]])
    net.finish(net.unary("PAD", [source, paddings], "int8", [1, 49, 49, 8], *GIVEN, options("Pad"), 2))


@shape("strided_slice")
def strided_slice(net):
    source = net.input("int8", [1, 49, 10, 16], *GIVEN)
    bounds = [net.constant("int32", it) for it in ([0, 1, 0, 0], [1, 49, 10, 16], [1, 2, 1, 1])]
    net.finish(net.unary("STRIDED_SLICE", [source, *bounds], "int8", [1, 24, 10, 16], *GIVEN,
                         options("StridedSlice"), 2))


@shape("split")
def split(net):
    inputs = [net.constant("int32", 3), net.input("int8", [1, 24, 24, 32], *GIVEN)]
    outputs = [net.tensor("int8", [1, 24, 24, 16], *GIVEN) for _ in range(2)]
    net.finish(*net.operator("SPLIT", inputs, outputs, options("Split", numSplits=2), 2))


@shape("transpose")
def transpose(net):
    source = net.input("int8", [1, 24, 24, 32], *GIVEN)
    order = net.constant("int32", [0, 3, 1, 2])
    net.finish(net.unary("TRANSPOSE", [source, order], "int8", [1, 32, 24, 24], *GIVEN,
                         options("Transpose"), 2))


@shape("resize_nearest_neighbor")
def resize_nearest_neighbor(net):
    source = net.input("int8", [1, 12, 12, 32], *GIVEN)
    size = net.constant("int32", [24, 24])
    net.finish(net.unary("RESIZE_NEAREST_NEIGHBOR", [source, size], "int8", [1, 24, 24, 32], *GIVEN,
                         options("ResizeNearestNeighbor"), 2))


@shape("resize_bilinear")
def resize_bilinear(net):
    source = net.input("int8", [1, 12, 12, 32], *GIVEN)
    size = net.constant("int32", [24, 24])
    net.finish(net.unary("RESIZE_BILINEAR", [source, size], "int8", [1, 24, 24, 32], *GIVEN,
                         options("ResizeBilinear", halfPixelCenters=True), 3))


@shape("conv_2d_16x8")
def conv_16x8(net):
    source = net.input("int16", [1, 12, 12, 16], *WIDE)
    layer(net, "CONV_2D", WIDE, source, [16, 3, 3, 16], 0, [1, 12, 12, 16], strides("Conv2D", 1),
          "int64")


@shape("depthwise_conv_2d_16x8")
def depthwise_16x8(net):
    source = net.input("int16", [1, 12, 12, 32], *WIDE)
    layer(net, "DEPTHWISE_CONV_2D", WIDE, source, [1, 3, 3, 32], 3, [1, 12, 12, 32],
          strides("DepthwiseConv2D", 1, depthMultiplier=1), "int64")


@shape("fully_connected_16x8")
def dense_16x8(net):
    source = net.input("int16", [1, 256], *WIDE)
    kernel = net.tensor("int8", [64, 256], 0.01, 0, net.random.integers(-127, 128, [64, 256]))
    bias = net.tensor("int64", [64], 0.01 * WIDE[0], 0, net.random.integers(-2000, 2000, 64))
    net.finish(net.unary("FULLY_CONNECTED", [source, kernel, bias], "int16", [1, 64], 0.005, 0,
                         options("FullyConnected"), 4))


@shape("transpose_conv")
def transpose_conv(net):
    result = [1, 16, 16, 8]
    kernel, scales = weights(net, [8, 3, 3, 16], 8, 0)
    bias = net.tensor("int32", [8], scales * GIVEN[0], 0, net.random.integers(-2000, 2000, 8))
    source = net.input("int8", [1, 8, 8, 16], *GIVEN)
    inputs = [net.constant("int32", result), kernel, source, bias]
    table = options("TransposeConv", padding=SAME, strideH=2, strideW=2)
    net.finish(net.unary("TRANSPOSE_CONV", inputs, "int8", result, 0.5, 4, table, 3))


@shape("batch_matmul")
def batch_matmul(net):
    inputs = [net.input("int8", [4, 16, 32], *GIVEN), net.input("int8", [4, 32, 16], *GIVEN)]
    net.finish(net.unary("BATCH_MATMUL", inputs, "int8", [4, 16, 16], 0.2, 1,
                         options("BatchMatMul"), 4))


@shape("max_pool_2d_float32")
def max_pool_float(net):
    source = net.input("float32", [1, 24, 24, 8], limits=(-6, 6))
    table = options("Pool2D", padding=VALID, strideH=2, strideW=2, filterHeight=2, filterWidth=2)
    net.finish(net.unary("MAX_POOL_2D", [source], "float32", [1, 12, 12, 8], None, 0, table, 2))


@shape("average_pool_2d_int16")
def average_pool_wide(net):
    source = net.input("int16", [1, 24, 24, 16], *WIDE)
    table = options("Pool2D", padding=VALID, strideH=2, strideW=2, filterHeight=2, filterWidth=2)
    net.finish(net.unary("AVERAGE_POOL_2D", [source], "int16", [1, 12, 12, 16], *WIDE, table, 2))


@shape("lstm_step")
def lstm(net):
    inputs, units = 40, 64
    matrices = [[net.tensor("int8", [units, size], 0.01, 0, net.random.integers(-127, 128, [units, size]))
                 for _ in range(4)] for size in (inputs, units)]
    biases = [net.tensor("int32", [units], 0.0005, 0, net.random.integers(-2000, 2000, units))
              for _ in range(4)]
    tensors = [net.input("int8", [1, 1, inputs], *GIVEN), *matrices[0], *matrices[1], -1, -1, -1,
               *biases, -1, -1, net.tensor("int8", [1, units], 1 / 128, 0, variable=True),
               net.tensor("int16", [1, units], 2.0 ** -12, variable=True), -1, -1, -1, -1]
    table = options("UnidirectionalSequenceLSTM", fusedActivationFunction=TANH)
    net.finish(net.unary("UNIDIRECTIONAL_SEQUENCE_LSTM", tensors, "int8", [1, 1, units], 1 / 128, 0,
                         table))


@shape("svdf")
def svdf(net):
    inputs, units, memory = 40, 64, 10
    features = net.tensor("int8", [units, inputs], 0.01, 0,
                          net.random.integers(-127, 128, [units, inputs]))
    time = net.tensor("int16", [units, memory], 0.001, 0,
                      net.random.integers(-2000, 2000, [units, memory]))
    bias = net.tensor("int32", [units], 5e-7, 0, net.random.integers(-2000, 2000, units))
    state = net.tensor("int16", [1, units * memory], 0.0005, 0, variable=True)
    table = options("SVDF", rank=1, fusedActivationFunction=1)
    net.finish(net.unary("SVDF", [net.input("int8", [1, inputs], *GIVEN), features, time, bias, state],
                         "int8", [1, units], 0.05, -10, table, 3))


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, build) in enumerate(SHAPES):
        net = Net(Draw(15, number))
        build(net)
        (folder / f"{name}.tflite").write_bytes(net.file())


if __name__ == "__main__":
    main(*sys.argv[1:])
