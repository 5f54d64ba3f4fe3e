"""Operators that are sums of products, pools and reductions."""

import numpy as np

from .models import NONE, SAME, VALID, case, options

# Sums of float32 in the reference's order, which its compiler may fuse.
FLOAT = 1e-6
BIASES = {"int8": ("int32", "int32", None), "int16": ("int64", "int64", "int32", None),
          "float32": ("float32", "float32", None)}


def quantised(net, kind):
    """A scale and zero point of an activation."""
    if kind in ("float32", "bool"):
        return None, 0
    scale = 10 ** float(net.random.uniform(-3, 0))
    return (scale, net.draw.zero_point(kind)) if kind == "int8" else (scale / 256, 0)


def extent(length, window, stride, dilation, padding):
    if padding == SAME:
        return -(-length // stride)
    return (length - (window - 1) * dilation - 1) // stride + 1


class Layer:
    """Weights, bias and output quantisation of a layer of products."""

    def __init__(self, net, kind, given, channels):
        self.net, self.kind, self.given, self.channels = net, kind, given, channels
        self.scale = 10 ** float(net.random.uniform(-3, -1))
        self.per_channel = net.draw.chance(0.7)
        self.scales = np.float32(self.scale * net.random.uniform(
            0.5, 1.5, channels if self.per_channel else 1))
        if kind != "float32" and self.per_channel and net.draw.chance(0.15):
            self.scales[net.draw.integer(0, channels - 1)] = 0
        self.zero_point = net.draw.integer(-20, 20) if net.draw.chance(0.2) else 0
        net.tolerance = FLOAT

    def weights(self, shape, axis):
        if self.kind == "float32":
            return self.net.tensor("float32", shape, data=self.net.values("float32", shape))
        data = self.net.values("int8", shape, self.net.draw.integer(0, 2), (-127, 127))
        return self.net.tensor("int8", shape, self.scales, self.zero_point, data, axis)

    def bias(self, kind, size=None):
        if kind == "float32":
            return self.net.tensor(kind, [self.channels],
                                   data=self.net.values(kind, [self.channels]))
        size = size or 10 ** self.net.draw.integer(1, 5)
        data = self.net.values(kind, [self.channels], limits=(-size, size))
        return self.net.tensor(kind, [self.channels], self.scales * self.given[0], 0, data)

    def result(self, count):
        """A quantisation in which the sums of `count` products don't all saturate."""
        if self.kind == "float32":
            return None, 0
        size = self.given[0] * self.scale * 60 * np.sqrt(count)
        size *= self.net.draw.power(-2, 2) * (1 if self.kind == "int8" else 100)
        return float(size), self.net.draw.zero_point(self.kind)


def geometry(net):
    padding = net.draw.pick(SAME, VALID)
    h, w = net.draw.integer(1, 9), net.draw.integer(1, 9)
    window = [net.draw.integer(1, 4), net.draw.integer(1, 4)]
    stride = [net.draw.integer(1, 3), net.draw.integer(1, 3)]
    dilation = [1, 1]
    if net.draw.chance(0.25):
        stride, dilation = [1, 1], [net.draw.integer(1, 3), net.draw.integer(1, 3)]
    if padding == VALID:
        window = [min(a, b) for a, b in zip(window, (h, w))]
        dilation = [d if (a - 1) * d < b else 1 for a, b, d in zip(window, (h, w), dilation)]
    result = [extent(*it, padding) for it in zip((h, w), window, stride, dilation)]
    return padding, [h, w], window, stride, dilation, result


def convolution_options(net, name, padding, stride, dilation, **more):
    return options(name, padding=padding, strideH=stride[0], strideW=stride[1],
                   dilationHFactor=dilation[0], dilationWFactor=dilation[1],
                   fusedActivationFunction=net.draw.activation(), **more)


@case("CONV_2D", "int8 int16 float32 int8 int16 float32")
def convolution(net, name, kind):
    padding, size, window, stride, dilation, result = geometry(net)
    if net.draw.chance(0.2):
        # What pointwise kernels are for.
        window, stride, dilation, result = [1, 1], [1, 1], [1, 1], size
    batch, given = net.draw.integer(1, 2), quantised(net, kind)
    # TensorFlow Lite Micro has groups for int8 and float32.
    groups = 1 if kind == "int16" else net.draw.pick(1, 1, 2, 3)
    depth = net.draw.integer(1, 9 if groups == 1 else 4)
    channels = groups * net.draw.integer(1, 7 if groups == 1 else 3)
    source = net.input(kind, [batch, *size, depth * groups], *given)
    layer = Layer(net, kind, given, channels)
    inputs = [source, layer.weights([channels, *window, depth], 0)]
    bias = net.draw.pick(*BIASES[kind])
    if bias:
        inputs.append(layer.bias(bias))
    elif net.draw.chance(0.3):
        inputs.append(-1)
    table = convolution_options(net, "Conv2D", padding, stride, dilation)
    net.finish(net.unary(name, inputs, kind, [batch, *result, channels],
                         *layer.result(depth * window[0] * window[1]), table, 3))


@case("DEPTHWISE_CONV_2D", "int8 int16 float32 int8")
def depthwise(net, name, kind):
    padding, size, window, stride, dilation, result = geometry(net)
    batch, given = net.draw.integer(1, 2), quantised(net, kind)
    depth, multiplier = net.draw.integer(1, 9), net.draw.pick(1, 1, 2, 3, 8)
    channels = depth * multiplier
    source = net.input(kind, [batch, *size, depth], *given)
    layer = Layer(net, kind, given, channels)
    inputs = [source, layer.weights([1, *window, channels], 3)]
    # The reference aborts on a bias that is left out by an index of -1.
    bias = net.draw.pick(*BIASES[kind]) if kind != "int16" else net.draw.pick("int64", None)
    if bias:
        inputs.append(layer.bias(bias))
    table = convolution_options(net, "DepthwiseConv2D", padding, stride, dilation,
                                depthMultiplier=multiplier)
    net.finish(net.unary(name, inputs, kind, [batch, *result, channels],
                         *layer.result(window[0] * window[1]), table, 3))


@case("TRANSPOSE_CONV", "int8 int16 float32")
def transposed(net, name, kind):
    padding, given = net.draw.pick(SAME, VALID), quantised(net, kind)
    batch, depth, channels = net.draw.integer(1, 2), net.draw.integer(1, 5), net.draw.integer(1, 5)
    size = [net.draw.integer(1, 5), net.draw.integer(1, 5)]
    window = [net.draw.integer(1, 4), net.draw.integer(1, 4)]
    stride = [net.draw.integer(1, 3), net.draw.integer(1, 3)]
    result = [(length - 1) * s + (w + net.draw.integer(0, s - 1) if padding == VALID
                                  else net.draw.integer(1, s))
              for length, s, w in zip(size, stride, window)]
    shape = [batch, *result, channels]
    source = net.input(kind, [batch, *size, depth], *given)
    layer = Layer(net, kind, given, channels)
    inputs = [net.constant("int32", shape), layer.weights([channels, *window, depth], 0), source]
    bias = net.draw.pick(*(("int64", "int16", None) if kind == "int16" else BIASES[kind]))
    if bias:
        inputs.append(layer.bias(bias, 30_000 if bias == "int16" else None))
    table = options("TransposeConv", padding=padding, strideH=stride[0], strideW=stride[1],
                    fusedActivationFunction=net.draw.activation())
    net.finish(net.unary(name, inputs, kind, shape,
                         *layer.result(depth * window[0] * window[1]), table, 3))


@case("FULLY_CONNECTED", "int8 int16 float32 int8 int8>computed float32>computed")
def dense(net, name, kind):
    kind, _, computed = kind.partition(">")
    given = quantised(net, kind)
    depth, channels = net.draw.integer(1, 70), net.draw.integer(1, 9)
    rows = net.draw.shape(1, 3, 3)
    source = net.input(kind, [*rows, depth], *given)
    layer = Layer(net, kind, given, channels)
    if computed:
        weights = net.input(kind, [channels, depth], *quantised(net, kind))
        layer.scale = 0.01
    else:
        weights = layer.weights([channels, depth], 0)
    bias = None if computed and kind == "int8" else net.draw.pick(*BIASES[kind])
    inputs = [source, weights, layer.bias(bias) if bias else -1]
    table = options("FullyConnected", keepNumDims=len(rows) > 1,
                    fusedActivationFunction=net.draw.activation())
    net.finish(net.unary(name, inputs, kind, [*rows, channels], *layer.result(depth), table, 4))


@case("BATCH_MATMUL", "int8 int16 float32")
def matrices(net, name, kind):
    m, k, n = net.draw.integer(1, 5), net.draw.integer(1, 20), net.draw.integer(1, 5)
    adj_x, adj_y = net.draw.chance(0.5), net.draw.chance(0.5)
    first, second, rows = net.draw.broadcast(3, 3)
    given, other = quantised(net, kind), quantised(net, kind)
    a = net.input(kind, [*first, *((k, m) if adj_x else (m, k))], *given)
    b = net.either(kind, [*second, *((n, k) if adj_y else (k, n))], *other)
    layer = Layer(net, kind, given, 1)
    layer.scale = other[0]
    table = options("BatchMatMul", adjX=adj_x, adjY=adj_y)
    net.finish(net.unary(name, [a, b], kind, [*rows, m, n], *layer.result(k), table, 4))


@case("AVERAGE_POOL_2D MAX_POOL_2D", "int8 int16 float32")
@case("L2_POOL_2D", "float32")
def pools(net, name, kind):
    padding, size, window, stride, _, _ = geometry(net)
    result = [extent(*it, 1, padding) for it in zip(size, window, stride)]
    batch, depth, given = net.draw.integer(1, 2), net.draw.integer(1, 9), quantised(net, kind)
    table = options("Pool2D", padding=padding, strideH=stride[0], strideW=stride[1],
                    filterHeight=window[0], filterWidth=window[1],
                    fusedActivationFunction=net.draw.activation())
    net.tolerance = 0.0 if name == "MAX_POOL_2D" else FLOAT
    source = net.input(kind, [batch, *size, depth], *given)
    net.finish(net.unary(name, [source], kind, [batch, *result, depth], *given, table, 2))


@case("MEAN SUM", "int8 int16 float32")
@case("REDUCE_MAX REDUCE_MIN", "int8 float32")
@case("REDUCE_ALL", "bool")
def reductions(net, name, kind):
    shape, given = net.draw.shape(1, 5, 6), quantised(net, kind)
    count = net.draw.integer(1, len(shape))
    axes = [int(axis) for axis in net.random.permutation(len(shape))[:count]]
    keep, result = net.draw.chance(0.5), given
    if name in ("MEAN", "SUM") and given[0] is not None:
        result = given[0] * net.draw.pick(1, 1, 0.3, 3, 20), net.draw.zero_point(kind)
    reduced = [1 if axis in axes else length for axis, length in enumerate(shape)
               if keep or axis not in axes]
    source = net.input(kind, shape, *given)
    named = net.constant("int32", [net.draw.axis(axis, len(shape)) for axis in axes])
    net.tolerance = FLOAT if name in ("MEAN", "SUM") else 0.0
    table = options("Reducer", keepDims=keep)
    net.finish(net.unary(name, [source, named], kind, reduced, *result, table, 2))


@case("L2_NORMALIZATION", "int8 float32")
def lengths(net, name, kind):
    shape = [*net.draw.shape(0, 3, 5), net.draw.integer(1, 40)]
    source = net.input(kind, shape, *quantised(net, kind))
    net.tolerance = FLOAT
    result = (None, 0) if kind == "float32" else (1 / 128, 0)
    table = options("L2Norm", fusedActivationFunction=NONE)
    net.finish(net.unary(name, [source], kind, shape, *result, table, 2))
