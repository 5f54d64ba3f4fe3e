"""Networks of several operators, which the planner has to keep from overwriting each other."""

from .models import SAME, case, options


class Stage:
    """A tensor of a network with what is needed to build on it."""

    def __init__(self, tensor, shape, given):
        self.tensor, self.shape, self.given = tensor, shape, given


def quantisation(net):
    return net.draw.power(-7, -2), net.draw.zero_point("int8")


def emit(net, name, inputs, shape, given=None, table=None, version=1):
    given = given or quantisation(net)
    return Stage(net.unary(name, inputs, "int8", shape, *given, table, version), shape, given)


def convolution(net, it):
    n, h, w, depth = it.shape
    channels, stride, window = net.draw.integer(1, 8), net.draw.integer(1, 2), net.draw.pick(1, 3)
    shape = [channels, window, window, depth]
    weights = net.tensor("int8", shape, net.random.uniform(0.002, 0.02, channels), 0,
                         net.values("int8", shape, limits=(-127, 127)))
    bias = net.tensor("int32", [channels], 0.01, 0, net.values("int32", [channels],
                                                               limits=(-999, 999)))
    table = options("Conv2D", padding=SAME, strideH=stride, strideW=stride, dilationHFactor=1,
                    dilationWFactor=1, fusedActivationFunction=net.draw.activation())
    return emit(net, "CONV_2D", [it.tensor, weights, bias],
                [n, -(-h // stride), -(-w // stride), channels], None, table, 3)


def depthwise(net, it):
    depth = it.shape[3]
    shape = [1, 3, 3, depth]
    weights = net.tensor("int8", shape, net.random.uniform(0.002, 0.02, depth), 0,
                         net.values("int8", shape, limits=(-127, 127)), 3)
    table = options("DepthwiseConv2D", padding=SAME, strideH=1, strideW=1, depthMultiplier=1,
                    dilationHFactor=1, dilationWFactor=1,
                    fusedActivationFunction=net.draw.activation())
    return emit(net, "DEPTHWISE_CONV_2D", [it.tensor, weights], it.shape, None, table, 3)


def pool(net, it):
    n, h, w, depth = it.shape
    table = options("Pool2D", padding=SAME, strideH=2, strideW=2, filterHeight=2, filterWidth=2,
                    fusedActivationFunction=0)
    return emit(net, net.draw.pick("MAX_POOL_2D", "AVERAGE_POOL_2D"), [it.tensor],
                [n, -(-h // 2), -(-w // 2), depth], it.given, table, 2)


def mixed(net, it, stages):
    same = [other for other in stages if other.shape == it.shape]
    name = net.draw.pick("ADD", "MUL", "SUB")
    table = options(name.capitalize(), fusedActivationFunction=net.draw.activation())
    return emit(net, name, [it.tensor, net.draw.pick(*same).tensor], it.shape, None, table)


def joined(net, it, stages):
    fitting = [other for other in stages if other.shape[:3] == it.shape[:3]]
    parts = [it, *(net.draw.pick(*fitting) for _ in range(net.draw.integer(1, 2)))]
    # Concatenation demands the output's quantisation of its inputs.
    parts = [part if part.given == it.given else
             emit(net, "QUANTIZE", [part.tensor], part.shape, it.given) for part in parts]
    depth = sum(part.shape[3] for part in parts)
    return emit(net, "CONCATENATION", [part.tensor for part in parts], [*it.shape[:3], depth],
                it.given, options("Concatenation", axis=3))


def bounded(net, it):
    name = net.draw.pick("LOGISTIC", "TANH", "RELU", "HARD_SWISH")
    given = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}.get(name)
    return emit(net, name, [it.tensor], it.shape, given)


def padded(net, it):
    n, h, w, depth = it.shape
    ends = net.constant("int32", [[0, 0], [1, 0], [0, 1], [0, 0]])
    return emit(net, "PAD", [it.tensor, ends], [n, h + 1, w + 1, depth], it.given, options("Pad"))


def mean(net, it):
    axes = net.constant("int32", [1, 2])
    return emit(net, "MEAN", [it.tensor, axes], [it.shape[0], 1, 1, it.shape[3]], None,
                options("Reducer", keepDims=True), 2)


@case("network", "int8 int8 int8 int8")
def network(net, name, kind):
    shape = [1, net.draw.integer(1, 7), net.draw.integer(1, 7), net.draw.integer(1, 6)]
    stages = []
    for _ in range(net.draw.integer(1, 2)):
        given = quantisation(net)
        stages.append(Stage(net.input(kind, shape, *given), shape, given))
    made = []
    for _ in range(net.draw.integer(2, 12)):
        it = stages[-1] if net.draw.chance(0.7) else net.draw.pick(*stages)
        step = net.draw.pick(convolution, depthwise, pool, mixed, joined, bounded, padded, mean)
        if it.shape[3] > 40 or it.shape[1] > 12:
            step = net.draw.pick(pool, mixed, mean)
        made.append(step(net, it, stages) if step in (mixed, joined) else step(net, it))
        stages.append(made[-1])
    outputs = {made[-1].tensor, *(it.tensor for it in made if net.draw.chance(0.15))}
    net.finish(*sorted(outputs))
