"""A random model under construction, and how its values are drawn."""

from dataclasses import dataclass

import flatbuffers
import numpy as np
from flatbuffers import flexbuffers
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

DTYPES = {
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
    "uint32": np.uint32, "uint64": np.uint64, "bool": np.bool_, "float32": np.float32,
}
NONE, RELU, RELU_N1_TO_1, RELU6, TANH, SIGN_BIT = range(6)
SPECIAL = np.inf, -np.inf, np.nan, 0.0, -0.0, 3e38, 1e-40
SAME, VALID = schema.Padding.SAME, schema.Padding.VALID


def kind_number(kind):
    """The value of `TensorType`."""
    return getattr(schema.TensorType, kind.upper())


def options(name, **values):
    """An options table, or none if `name` is none."""
    if name is None:
        return None
    table = getattr(schema, name + "OptionsT")()
    for field, value in values.items():
        if not hasattr(table, field):
            raise AttributeError(f"{name}Options has no {field}")
        setattr(table, field, value)
    return table


class Draw:
    """Random numbers of one model."""

    def __init__(self, *seed):
        self.random = np.random.default_rng(seed)

    def integer(self, low, high):
        """Between `low` and `high`, both included."""
        return int(self.random.integers(low, high + 1))

    def chance(self, probability):
        return bool(self.random.random() < probability)

    def pick(self, *choices):
        return choices[self.integer(0, len(choices) - 1)]

    def power(self, low, high):
        """2 to the power of something between `low` and `high`."""
        return float(2.0 ** self.random.uniform(low, high))

    def shape(self, least, most, longest):
        """From `least` to `most` dimensions of 1 to `longest`."""
        return [self.integer(1, longest) for _ in range(self.integer(least, most))]

    def axis(self, axis, rank):
        """An axis, counted from either end."""
        return axis - rank if self.chance(0.5) else axis

    def zero_point(self, kind):
        """A zero point that the converter gives for the type, or one at its ends."""
        if kind not in ("int8", "uint8"):
            return 0
        limits = np.iinfo(DTYPES[kind])
        if self.chance(0.2):
            return self.pick(int(limits.min), int(limits.max))
        return self.integer(limits.min, limits.max)

    def activation(self):
        """One of the fused activations that TensorFlow Lite Micro has for all operators."""
        return self.pick(NONE, NONE, RELU, RELU_N1_TO_1, RELU6)

    def broadcast(self, dimensions=5, longest=5):
        """Two shapes that broadcast, and the result."""
        whole = [self.integer(1, longest) for _ in range(self.integer(0, dimensions))]

        def part():
            if self.chance(0.3):
                return list(whole)
            shape = [1 if self.chance(0.35) else length for length in whole]
            return shape[self.integer(0, len(shape)):] if self.chance(0.4) else shape

        first, second = part(), part()
        return first, second, list(np.broadcast_shapes(first, second))


@dataclass
class Input:
    """What an input of the model is fed with: the drawn values, or those that `draw` gives for the
    number of a step."""

    tensor: int
    kind: str
    shape: list
    limits: tuple = None
    draw: object = None


class Net:
    """A model under construction. Tensors are named by their index in their subgraph."""

    def __init__(self, draw):
        self.draw, self.random = draw, draw.random
        self.model = schema.ModelT()
        self.model.version, self.model.operatorCodes = 3, []
        self.model.buffers, self.model.subgraphs = [schema.BufferT()], []
        self.inputs, self.outputs = [], []
        # How many steps are run, and what float32 outputs may differ by, relative to the largest.
        self.steps, self.tolerance = 3, 0.0
        # Whether the last output says how much of the others counts: whether they are valid, or how
        # many there are. What doesn't count may be anything.
        self.counted = False
        # From a step's values, which elements of the only output C++ leaves undefined.
        self.undefined = None
        # Where the package gives no result, what TensorFlow Lite specifies: from a list of arrays
        # to a list of arrays.
        self.specification = None
        self.subgraph()

    def subgraph(self):
        """Begins another subgraph, to which all that follows belongs; its index."""
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.model.subgraphs.append(self.graph)
        return len(self.model.subgraphs) - 1

    def tensor(self, kind, shape, scale=None, zero_point=0, data=None, axis=0, variable=False):
        """`scale` may be a list, one for each index along `axis`."""
        tensor = schema.TensorT()
        tensor.shape, tensor.buffer = [int(length) for length in shape], 0
        tensor.type = kind_number(kind)
        tensor.name, tensor.isVariable = f"t{len(self.graph.tensors)}".encode(), variable
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            scales = [float(it) for it in np.atleast_1d(np.float32(scale))]
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = [int(zero_point)] * len(scales)
            tensor.quantization.quantizedDimension = axis
        if data is not None:
            buffer = schema.BufferT()
            content = np.asarray(data).astype(DTYPES[kind]).tobytes()
            buffer.data = np.frombuffer(content, np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, kind, shape, scale=None, zero_point=0, limits=None, draw=None):
        """An input of the subgraph. `limits` are the smallest and largest number."""
        tensor = self.tensor(kind, shape, scale, zero_point)
        self.graph.inputs.append(tensor)
        if len(self.model.subgraphs) == 1:
            self.inputs.append(Input(tensor, kind, list(shape), limits, draw))
        return tensor

    def constant(self, kind, data, scale=None, zero_point=0):
        data = np.asarray(data)
        return self.tensor(kind, data.shape, scale, zero_point, data)

    def either(self, kind, shape, scale=None, zero_point=0, limits=None, chance=0.4):
        """An input, or with the probability `chance` a constant."""
        if self.graph.inputs and self.draw.chance(chance):
            data = self.values(kind, shape, limits=limits)
            return self.tensor(kind, shape, scale, zero_point, data)
        return self.input(kind, shape, scale, zero_point, limits)

    def operator(self, name, inputs, outputs, table=None, version=1):
        """Adds an operator; its outputs."""
        builtin = getattr(schema.BuiltinOperator, name)
        return self._operator(builtin, inputs, outputs, table, version)

    def unary(self, name, inputs, kind, shape, scale=None, zero_point=0, table=None, version=1):
        """Adds an operator with one output, which it makes."""
        output = self.tensor(kind, shape, scale, zero_point)
        return self.operator(name, inputs, [output], table, version)[0]

    def custom(self, name, inputs, outputs, **values):
        """Adds a custom operator, with its options as a flexbuffer."""
        builder = flexbuffers.Builder()
        with builder.Map():
            for key, value in values.items():
                add = {bool: builder.Bool, int: builder.Int, float: builder.Float}[type(value)]
                add(key, value)
        return self._operator(schema.BuiltinOperator.CUSTOM, inputs, outputs,
                              bytes(builder.Finish()), 1, name)

    def _operator(self, builtin, inputs, outputs, table, version, custom=None):
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode = builtin, min(builtin, 127)
        code.version = version
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if custom is not None:
            code.customCode = custom.encode()
            operator.customOptions = np.frombuffer(table, np.uint8)
        elif table is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(table).__name__[:-1])
            operator.builtinOptions = table
        self.model.operatorCodes.append(code)
        self.graph.operators.append(operator)
        return list(outputs)

    def shape(self, tensor):
        return list(self.graph.tensors[tensor].shape)

    def values(self, kind, shape, step=0, limits=None):
        """Random content of a tensor: numbers of the whole type, of its ends, or of its middle."""
        dtype = DTYPES[kind]
        if kind == "bool":
            return np.asarray(self.random.random(shape) < 0.5)
        if kind == "float32":
            low, high = limits or (None, None)
            if limits:
                return np.asarray(self.random.uniform(low, high, shape), dtype)
            size = 10.0 ** self.draw.integer(-2, 2)
            values = np.asarray(self.random.normal(0, size, shape), dtype)
            if step == 1 and self.draw.chance(0.3):
                special = self.random.choice(np.array(SPECIAL, dtype), shape)
                values = np.where(self.random.random(shape) < 0.2, special, values)
            return np.asarray(values)
        low, high = limits or (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if step == 1 and self.draw.chance(0.5):
            return np.asarray(self.random.choice(np.array([low, high], dtype), shape))
        if step == 2 and limits is None and self.draw.chance(0.5):
            low, high = max(low, -3), min(high, 3)
        return np.asarray(self.random.integers(low, high, shape, dtype, endpoint=True))

    def finish(self, *outputs):
        """Says what the model gives."""
        self.outputs = list(outputs)
        self.main.outputs = self.outputs
        return self

    @property
    def main(self):
        return self.model.subgraphs[0]

    def output_kinds(self):
        """Type and number of elements of each output."""
        found = []
        for index in self.outputs:
            tensor = self.main.tensors[index]
            kind = next(kind for kind in DTYPES if kind_number(kind) == tensor.type)
            found.append((kind, int(np.prod(tensor.shape, dtype=np.int64))))
        return found

    def file(self):
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def feed(self):
        """The inputs of all steps: a list of lists of arrays."""
        return [[given.draw(step) if given.draw else
                 self.values(given.kind, given.shape, step, given.limits)
                 for given in self.inputs] for step in range(self.steps)]


# The cases in the order in which they were declared: operator, type, and the function that draws a
# model of them.
CASES = []


def case(names, kinds):
    """Declares a function of (net, name, kind) for all of some operators and types."""

    def declare(function):
        for name in names.split():
            CASES.extend((name, kind, function) for kind in kinds.split())
        return function

    return declare
