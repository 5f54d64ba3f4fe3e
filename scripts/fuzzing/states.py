"""Operators with a state, variables and subgraphs."""

import numpy as np

from .models import SIGN_BIT, TANH, case, options

# Transcendental functions differ by units in the last place, and states add that up.
FLOAT = 2e-6


@case("UNIDIRECTIONAL_SEQUENCE_LSTM", "int8 int16 float32")
def lstm(net, name, kind):
    plain, draw = kind == "float32", net.draw
    batches, steps, inputs, units = (draw.integer(1, n) for n in (3, 4, 9, 7))
    major = draw.chance(0.5)
    rows = [steps, batches] if major else [batches, steps]
    given, hidden, cell = (None, 0), (None, 0), None
    if not plain:
        given = float(net.random.uniform(0.002, 0.2)), draw.zero_point(kind)
        hidden = float(net.random.uniform(0.002, 0.02)), draw.zero_point(kind)
        if kind == "int16":
            given, hidden = (given[0] / 256, 0), (hidden[0] / 256, 0)
        cell = draw.pick(2.0 ** -draw.integer(7, 16), float(net.random.uniform(1e-4, 1e-2)))
    scale = 10 ** float(net.random.uniform(-3, -1))

    def weights(*shape):
        if plain:
            return net.tensor("float32", shape, data=net.random.normal(size=shape))
        data = net.random.integers(-127, 128, shape)
        return net.tensor("int8", shape, scale * net.random.uniform(0.5, 2), 0, data)

    def bias():
        if plain:
            return net.tensor("float32", [units], data=net.random.normal(size=units))
        size = 3000 if kind == "int8" else 300_000
        return net.tensor("int32" if kind == "int8" else "int64", [units], 1e-4, 0,
                          net.random.integers(-size, size, units))

    tensors = [net.input(kind, [*rows, inputs], *given),
               *(weights(units, inputs) for _ in range(4)),
               *(weights(units, units) for _ in range(4)), -1, -1, -1, *(bias() for _ in range(4)),
               -1, -1, net.tensor(kind, [batches, units], *hidden, variable=True),
               net.tensor("float32" if plain else "int16", [batches, units], cell, variable=True),
               -1, -1, -1, -1]
    table = options("UnidirectionalSequenceLSTM", fusedActivationFunction=TANH,
                    cellClip=draw.pick(0.0, 0.0, 1.0, 0.3, 10.0), timeMajor=major)
    net.steps, net.tolerance = 5, FLOAT
    net.finish(net.unary(name, tensors, kind, [*rows, units], *hidden, table))


@case("SVDF", "int8 int8>int16 float32")
def svdf(net, name, kind):
    kind, _, state = kind.partition(">")
    plain, state, draw = kind == "float32", state or kind, net.draw
    batches, inputs, units, rank, memory = (draw.integer(1, n) for n in (3, 9, 5, 3, 7))
    filters = units * rank
    scale = 10 ** float(net.random.uniform(-4, -2))
    state_zero = draw.integer(-20, 20) if state == "int8" else 0

    def weights(kind, shape, scale):
        if plain:
            return net.tensor(kind, shape, data=net.random.normal(size=shape))
        size = 128 if kind == "int8" else 2000
        return net.tensor(kind, shape, scale, 0, net.random.integers(-size, size, shape))

    time_scale = 0.02 if state == "int8" else 0.001
    given = (None, 0) if plain else (0.04, draw.zero_point("int8"))
    # Integers have neither TANH nor the sign bit.
    activation = draw.integer(0, 5) if plain else draw.integer(0, 3)
    # The sign of what isn't a number differs between machines.
    limits = (-5, 5) if activation == SIGN_BIT else None
    tensors = [net.input(kind, [batches, inputs], *given, limits),
               weights(kind, [filters, inputs], 0.01),
               weights(state, [filters, memory], time_scale)]
    # The reference aborts on a bias that is left out.
    if plain:
        tensors.append(net.tensor(kind, [units], data=net.random.normal(size=units)))
    else:
        tensors.append(net.tensor("int32", [units], time_scale * scale, 0,
                                  net.random.integers(-3000, 3000, units)))
    tensors.append(net.tensor(state, [batches, filters * memory],
                              *((None, 0) if plain else (scale, state_zero)), variable=True))
    result = (None, 0)
    if not plain:
        result = scale * time_scale * draw.power(4, 10), draw.zero_point("int8")
    net.steps, net.tolerance = 6, FLOAT
    net.finish(net.unary(name, tensors, kind, [batches, units], *result,
                         options("SVDF", rank=rank, fusedActivationFunction=activation), 4))


def handle(net, name):
    output = net.tensor("int32", [])
    # Resources have no elements.
    net.graph.tensors[output].type = 13
    table = options("VarHandle", sharedName=name, container="")
    return net.operator("VAR_HANDLE", [], [output], table)[0]


def read(net, name, kind, shape, given):
    return net.unary("READ_VARIABLE", [handle(net, name)], kind, shape, *given,
                     table=options("ReadVariable"))


def assign(net, name, value):
    net.operator("ASSIGN_VARIABLE", [handle(net, name), value], [], options("AssignVariable"))


def added(net, a, b, kind, shape, given):
    return net.unary("ADD", [a, b], kind, shape, *given, table=options("Add"))


@case("VAR_HANDLE", "int8 float32")
def variables(net, name, kind):
    """A few variables, some of which a subgraph initialises, read and assigned in any order."""
    draw = net.draw
    given = (0.1, draw.zero_point(kind)) if kind == "int8" else (None, 0)
    shape = net.draw.shape(1, 3, 4)
    value = net.input(kind, shape, *given)
    names = [f"v{number}" for number in range(draw.integer(1, 3))]
    initialised = [it for it in names if draw.chance(0.5)]
    if initialised:
        net.operator("CALL_ONCE", [], [], options("CallOnce", initSubgraphIndex=1))
    outputs = []
    for _ in range(draw.integer(1, 4)):
        variable = draw.pick(*names)
        before = read(net, variable, kind, shape, given)
        total = added(net, before, value, kind, shape, given)
        assign(net, variable, total)
        outputs += [total] if draw.chance(0.5) else [before, total]
    # Every variable is assigned somewhere.
    for variable in names:
        assign(net, variable, draw.pick(value, *outputs))
    if initialised:
        net.subgraph()
        for variable in initialised:
            first = net.tensor(kind, shape, *given, net.values(kind, shape))
            assign(net, variable, first)
    net.steps = 5
    net.finish(*dict.fromkeys(outputs))


@case("IF", "float32 int8")
def branches(net, name, kind):
    shape = net.draw.shape(1, 3, 4)
    given = (0.1, net.draw.zero_point(kind)) if kind == "int8" else (None, 0)
    condition, value = net.input("bool", [1]), net.input(kind, shape, *given)
    other = net.either(kind, shape, *given)
    outputs = [net.tensor(kind, shape, *given), net.tensor("int32", [2])]
    net.operator(name, [condition, value, other], outputs,
                 options("If", thenSubgraphIndex=1, elseSubgraphIndex=2))
    for number in (1, 2):
        net.subgraph()
        a, b = net.input(kind, shape, *given), net.input(kind, shape, *given)
        operator = net.draw.pick("ADD", "SUB", "MUL", "MAXIMUM")
        table = options({"ADD": "Add", "SUB": "Sub", "MUL": "Mul"}.get(operator))
        result = net.unary(operator, [a, b], kind, shape, *given, table=table)
        if net.draw.chance(0.5):
            result = net.unary("RELU", [result], kind, shape, *given)
        net.graph.outputs = [result, net.constant("int32", [number, -number])]
    net.steps = 5
    net.finish(*outputs)


@case("WHILE", "float32 int32")
def loops(net, name, kind):
    shape = net.draw.shape(1, 2, 4)
    value = net.input(kind, shape, limits=(-99, 99))
    count = net.input("int32", [], limits=(-2, 5))
    outputs = [net.tensor("int32", []), net.tensor(kind, shape), net.tensor(kind, shape)]
    net.operator(name, [count, value, value], outputs,
                 options("While", condSubgraphIndex=1, bodySubgraphIndex=2))
    net.subgraph()
    counter = net.input("int32", [])
    net.input(kind, shape), net.input(kind, shape)
    limit = net.constant("int32", net.draw.integer(0, 6))
    net.graph.outputs = [net.unary("LESS", [counter, limit], "bool", [])]
    net.subgraph()
    counter = net.input("int32", [])
    a, b = net.input(kind, shape), net.input(kind, shape)
    step = net.constant("int32", net.draw.integer(1, 3))
    counted = added(net, counter, step, "int32", [], (None, 0))
    total = added(net, a, b, kind, shape, (None, 0))
    net.graph.outputs = [counted, *((total, a) if net.draw.chance(0.5) else (b, total))]
    net.finish(*outputs)


@case("CIRCULAR_BUFFER", "int8")
def circular_buffer(net, name, kind):
    draw = net.draw
    depth, rows, length = draw.integer(1, 5), draw.integer(1, 3), draw.integer(2, 6)
    given = (0.1, draw.zero_point(kind))
    value = net.input(kind, [1, 1, rows, depth], *given)
    kept = net.tensor(kind, [1, length, rows, depth], *given, variable=True)
    net.custom(name, [value], [kept], cycles_max=draw.pick(1, 1, 2, 3))
    net.steps = 9
    net.finish(kept)


@case("TFLite_Detection_PostProcess", "float32")
def detection(net, name, kind):
    draw = net.draw
    boxes, classes, most = draw.integer(4, 30), draw.integer(1, 5), draw.integer(1, 8)
    regular = draw.chance(0.4)
    background = 0 if regular else draw.integer(0, 1)
    encodings = net.input(kind, [1, boxes, 4], limits=(-2, 2))
    scores = net.input(kind, [1, boxes, classes + background], limits=(0, 1))
    places = np.concatenate([net.random.uniform(0, 1, (boxes, 2)),
                             net.random.uniform(0.1, 0.5, (boxes, 2))], 1)
    outputs = [net.tensor(kind, shape) for shape in ([1, most, 4], [1, most], [1, most], [1])]
    net.tolerance, net.counted = FLOAT, True
    # With several classes of a box the reference leaves holes in its outputs, which hold anything.
    net.custom(name, [encodings, scores, net.constant(kind, places)], outputs,
               max_detections=most, max_classes_per_detection=1,
               detections_per_class=draw.integer(1, 8), use_regular_nms=regular,
               nms_score_threshold=float(net.random.uniform(0.1, 0.8)),
               nms_iou_threshold=float(net.random.uniform(0.2, 0.7)), num_classes=classes,
               y_scale=10.0, x_scale=10.0, h_scale=5.0, w_scale=5.0)
    net.finish(*outputs)
