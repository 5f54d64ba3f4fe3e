"""Operators that work element by element."""

import numpy as np

from .models import case, options

# The transcendental functions of C libraries differ by units in the last place.
TOLERANCE = 3e-7
OPTIONS = {
    "ADD": "Add", "SUB": "Sub", "MUL": "Mul", "DIV": "Div", "MAXIMUM": "MaximumMinimum",
    "MINIMUM": "MaximumMinimum", "SQUARED_DIFFERENCE": "SquaredDifference", "RELU": None,
    "RELU6": None,
}
ACTIVATED = ("ADD", "SUB", "MUL", "DIV")


def quantisation(net, kind, low=-11, high=2):
    """A scale and zero point, none if the type has none."""
    if kind not in ("int8", "uint8", "int16"):
        return None, 0
    return net.draw.power(low, high), net.draw.zero_point(kind)


def near(net, kind, given, low=-2, high=3):
    """A quantisation whose scale isn't far from that of another one."""
    if given[0] is None:
        return None, 0
    return given[0] * net.draw.power(low, high), net.draw.zero_point(kind)


def table_of(net, name, kind):
    if name in ACTIVATED:
        # TensorFlow Lite Micro has no activations for ADD of int32.
        plain = name == "ADD" and kind == "int32"
        return options(OPTIONS[name], fusedActivationFunction=0 if plain else net.draw.activation())
    return options(OPTIONS.get(name))


def operands(net, kind, first, second, shapes, limits=None):
    """Two operands: inputs, one of them a constant, or one tensor twice."""
    if shapes[0] == shapes[1] and net.draw.chance(0.1):
        tensor = net.input(kind, shapes[0], *first, limits)
        return [tensor, tensor]
    pairs = [(shapes[0], first), (shapes[1], second)]
    swapped = net.draw.chance(0.5)
    if swapped:
        pairs.reverse()
    tensors = [net.input(kind, pairs[0][0], *pairs[0][1], limits),
               net.either(kind, pairs[1][0], *pairs[1][1], limits)]
    return tensors[::-1] if swapped else tensors


@case("ADD SUB MUL SQUARED_DIFFERENCE MAXIMUM MINIMUM", "int8 int16 int32 float32")
@case("MAXIMUM MINIMUM", "int64")
def arithmetic(net, name, kind):
    a, b, result = net.draw.broadcast()
    first = quantisation(net, kind, -10, 0)
    second = near(net, kind, first, -4, 4)
    output = near(net, kind, first, -2, 4)
    if name in ("MUL", "SQUARED_DIFFERENCE") and first[0] is not None:
        output = first[0] * second[0] * net.draw.power(1, 12), output[1]
    if name in ("MAXIMUM", "MINIMUM"):
        second = output = first
    limits = (-9, 9) if kind in ("int32", "int64") and net.draw.chance(0.5) else None
    if kind == "int32" and name == "SQUARED_DIFFERENCE":
        limits = (-10_000, 10_000)
    if kind == "int32" and limits is None:
        # The reference's overflow is undefined.
        limits = {"MUL": (-40_000, 40_000)}.get(name, (-2**30, 2**30 - 1))
    inputs = operands(net, kind, first, second, (a, b), limits)
    net.finish(net.unary(name, inputs, kind, result, *output, table_of(net, name, kind)))


@case("DIV", "int8 int32 float32")
def division(net, name, kind):
    a, b, result = net.draw.broadcast()
    first, second, output = (quantisation(net, kind, -8, 0) for _ in range(3))

    def divisors(step):
        values = net.values(kind, b, step, (-50, 50) if kind == "int32" else None)
        zero = second[1] if kind == "int8" else 0
        one = np.array(zero + (1 if zero < 127 else -1), values.dtype)
        return np.asarray(np.where(values == zero, one, values))

    dividend = net.input(kind, a, *first, limits=(-9999, 9999) if kind == "int32" else None)
    constant = [divisors(0)] if net.draw.chance(0.5) else []
    divisor = (net.tensor(kind, b, *second, constant[0]) if constant else
               net.input(kind, b, *second, draw=divisors))

    def shifted_too_far(values):
        """Where the reference shifts 32 bits to the right by more than 31: devices and the package
        differ."""
        a, b = (np.int64(it) - zero for it, zero in zip([*values, *constant],
                                                        (first[1], second[1])))
        real = np.float32(first[0]) / (np.float32(second[0]) * np.float32(output[0]))
        # The bits that a number leaves free, and those that its reciprocal takes.
        headroom = 31 - np.ceil(np.log2(np.where(b < 0, -a, a).clip(0) + 1))
        headroom = np.where((a < 0) ^ (b < 0), 31 - np.ceil(np.log2(np.abs(a).clip(1))), headroom)
        shift = headroom + np.floor(np.log2(np.abs(b))) - np.frexp(real)[1]
        return np.broadcast_to(shift > 31, result).reshape(-1)

    if kind == "int8":
        net.undefined = shifted_too_far
    net.finish(net.unary(name, [dividend, divisor], kind, result, *output,
                         table_of(net, name, kind)))


@case("FLOOR_DIV FLOOR_MOD", "float32")
def floors(net, name, kind):
    a, b, result = net.draw.broadcast()
    inputs = operands(net, kind, (None, 0), (None, 0), (a, b))
    net.finish(net.unary(name, inputs, kind, result))


@case("ADD_N", "int8 float32")
def sums(net, name, kind):
    shape = net.draw.shape(0, 4, 4)
    given = quantisation(net, kind, -8, 0)
    inputs = [net.input(kind, shape, *given) for _ in range(net.draw.integer(2, 5))]
    net.finish(net.unary(name, inputs, kind, shape, *near(net, kind, given)))


QUANTISED = {"float32": ("int8", "int16"), "int8": ("int8", "uint8", "int16", "int32"),
             "uint8": ("int8",), "int16": ("int8", "int16", "int32"), "int32": ("int8", "int16")}


@case("QUANTIZE", "float32 int8 uint8 int16 int32")
def quantised(net, name, kind):
    shape, to = net.draw.shape(0, 4, 6), net.draw.pick(*QUANTISED[kind])

    def any_quantisation(kind):
        if kind == "float32":
            return None, 0
        wide = kind in ("int16", "int32")
        return net.draw.power(-10, 1), net.draw.integer(-300, 300) if wide else \
            net.draw.zero_point(kind)

    given, result = any_quantisation(kind), any_quantisation(to)
    if kind != "float32" and net.draw.chance(0.3):
        result = given[0], result[1]
    spread = net.draw.pick(2, 200, 40_000)
    # What no int32 holds is undefined, and differs between machines.
    limits = (-spread * result[0], spread * result[0]) if kind == "float32" else None
    source = net.input(kind, shape, *given, limits)
    net.finish(net.unary(name, [source], to, shape, *result))


@case("DEQUANTIZE", "int8 uint8 int16")
def dequantised(net, name, kind):
    shape = net.draw.shape(0, 4, 6)
    source = net.input(kind, shape, net.draw.power(-11, 2), net.draw.zero_point(kind))
    net.finish(net.unary(name, [source], "float32", shape))


@case("LOGISTIC TANH", "int8 int16 float32")
def sigmoids(net, name, kind):
    shape = net.draw.shape(0, 3, 9)
    given = quantisation(net, kind, *((-16, -9) if kind == "int16" else (-11, 4)))
    if kind == "int16" and net.draw.chance(0.5):
        given = 2.0 ** net.draw.integer(-15, -9), 0
    result = {"int8": (1 / 256, -128) if name == "LOGISTIC" else (1 / 128, 0),
              "int16": (1 / 32768, 0), "float32": (None, 0)}[kind]
    net.tolerance = TOLERANCE
    net.finish(net.unary(name, [net.input(kind, shape, *given)], kind, shape, *result))


@case("RELU RELU6 LEAKY_RELU ABS", "int8 int16 float32")
@case("ELU HARD_SWISH", "int8 float32")
def rectifiers(net, name, kind):
    shape = net.draw.shape(0, 3, 9)
    given = quantisation(net, kind, *((-15, -8) if kind == "int16" else (-10, 0)))
    table, result = None, near(net, kind, given, -2, 2)
    if name == "LEAKY_RELU":
        alpha = net.draw.pick(0.0, 0.1, 0.3, -0.5, float(net.random.normal()))
        table = options("LeakyRelu", alpha=alpha)
    if name == "HARD_SWISH" and given[0] is not None:
        result = given[0] * net.draw.power(-6, 1), result[1]
    if name in ("ELU", "HARD_SWISH"):
        net.tolerance = TOLERANCE
    net.finish(net.unary(name, [net.input(kind, shape, *given)], kind, shape, *result, table))


@case("PRELU", "int8 int16 float32")
def slopes(net, name, kind):
    a, b, result = net.draw.broadcast(4)
    if result != a:
        a = result
    given = quantisation(net, kind, *((-15, -8) if kind == "int16" else (-10, 0)))
    slope = kind if kind == "float32" else "int8"
    source = net.input(kind, a, *given)
    alpha = net.tensor(slope, b, *quantisation(net, slope, -8, 0), net.values(slope, b))
    net.finish(net.unary(name, [source, alpha], kind, a, *near(net, kind, given, -2, 2)))


@case("NEG SQUARE SQRT EXP LOG SIN COS FLOOR CEIL ROUND", "float32")
@case("RSQRT", "int8 int16 float32")
def functions(net, name, kind):
    shape = net.draw.shape(0, 3, 9)
    positive = name in ("SQRT", "LOG", "RSQRT")

    def values(step):
        found = net.values(kind, shape, step)
        if kind == "float32" and positive:
            return np.asarray(np.abs(found) + np.float32(1e-6))
        if kind == "int16":
            return np.asarray(np.abs(found // 2) + 1).astype(np.int16)
        return found

    given, result = (None, 0), (None, 0)
    if kind != "float32":
        given = net.draw.power(-9, 0), -128 if kind == "int8" else 0
        result = net.draw.power(-8, 0), net.draw.zero_point(kind)
    if name in ("EXP", "LOG", "SIN", "COS", "SQRT", "RSQRT"):
        net.tolerance = TOLERANCE
    source = net.input(kind, shape, *given, draw=values)
    net.finish(net.unary(name, [source], kind, shape, *result))


@case("LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL NOT_EQUAL", "int8 int32 int64 float32")
@case("EQUAL NOT_EQUAL LOGICAL_AND LOGICAL_OR", "bool")
def comparisons(net, name, kind):
    a, b, result = net.draw.broadcast()
    first = quantisation(net, kind, -8, 0)
    second = first if net.draw.chance(0.3) else near(net, kind, first, -2, 2)
    limits = (-3, 3) if kind in ("int32", "int64") and net.draw.chance(0.7) else None
    net.finish(net.unary(name, operands(net, kind, first, second, (a, b), limits), "bool", result))


@case("LOGICAL_NOT", "bool")
def negation(net, name, kind):
    shape = net.draw.shape(0, 4, 5)
    net.finish(net.unary(name, [net.input(kind, shape)], kind, shape))


@case("SELECT_V2", "int8 int16 float32")
def selection(net, name, kind):
    whole = net.draw.shape(0, 4, 4)

    def part():
        shape = [1 if net.draw.chance(0.3) else length for length in whole]
        return shape[net.draw.integer(0, len(shape)):] if net.draw.chance(0.3) else shape

    given = quantisation(net, kind, -8, 0)
    shapes = [part(), part(), part()]
    inputs = [net.input("bool", shapes[0]), net.either(kind, shapes[1], *given),
              net.either(kind, shapes[2], *given)]
    net.finish(net.unary(name, inputs, kind, list(np.broadcast_shapes(*shapes)), *given))


@case("CAST", "int8 int16 int32 uint32 float32 bool")
def casts(net, name, kind):
    shape = net.draw.shape(0, 4, 5)
    to = net.draw.pick("int8", "int16", "int32", "float32", "uint32")
    # What lies outside the target's range is undefined for float32.
    ends = {"int8": 127, "int16": 32767, "int32": 2**30, "uint32": 2**30, "float32": 1e9}[to]
    limits = None
    if kind == "float32":
        limits = (0 if to == "uint32" else -ends, ends)
    net.finish(net.unary(name, [net.input(kind, shape, limits=limits)], to, shape))


@case("LOG_SOFTMAX", "int8 float32")
def log_softmaxes(net, name, kind):
    shape = net.draw.shape(1, 3, 12)
    result = (None, 0) if kind == "float32" else (1 / 16, 127)
    source = net.input(kind, shape, *quantisation(net, kind, -10, 1))
    # Logarithms near 0 lose digits: relative to the logits they don't.
    net.tolerance = 1e-6
    net.finish(net.unary(name, [source], kind, shape, *result, options("LogSoftmax")))


@case("SOFTMAX", "int8 int8>int16 int16 float32")
def softmaxes(net, name, kind):
    kind, _, to = kind.partition(">")
    to = to or kind
    shape = net.draw.shape(1, 4, 6)
    shape[-1] = net.draw.integer(1, 60)
    given = quantisation(net, kind, *((-16, -8) if kind == "int16" else (-9, 3)))
    result = {"int8": (1 / 256, -128), "float32": (None, 0),
              "int16": (1 / 65536, -32768) if kind == "int8" else (1 / 32768, 0)}[to]
    net.tolerance = TOLERANCE
    table = options("Softmax", beta=net.draw.pick(1.0, 1.0, 0.5, 2.0))
    net.finish(net.unary(name, [net.input(kind, shape, *given)], to, shape, *result, table))
