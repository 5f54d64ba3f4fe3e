"""Operators that move elements, and those that compute with shapes and positions."""

import numpy as np

from .models import case, options

QUANTISED = ("int8", "uint8", "int16")
# The reference may be compiled with fused multiplications.
INTERPOLATION = 1e-6


def like(net, kind):
    """A quantisation for types that have one."""
    return (0.05, net.draw.zero_point(kind)) if kind in QUANTISED else (None, 0)


def numbers(net, data):
    return net.constant(net.draw.pick("int32", "int64"), data)


@case("RESHAPE", "int8 uint8 int16 int32 int64 bool float32")
def reshape(net, name, kind):
    shape = net.draw.shape(1, 6, 4)
    count = int(np.prod(shape))
    result = net.draw.pick([count], [1, *shape[::-1]], [1, count, 1], shape[::-1])
    given = like(net, kind)
    target = list(result)
    if net.draw.chance(0.3):
        target[net.draw.integer(0, len(target) - 1)] = -1
    inputs, table = [net.input(kind, shape, *given)], None
    if net.draw.chance(0.3):
        table = options("Reshape", newShape=target)
    else:
        inputs.append(net.constant("int32", target))
    net.finish(net.unary(name, inputs, kind, result, *given, table))


@case("SQUEEZE", "int8 int16 int32 int64 float32")
def squeeze(net, name, kind):
    shape = [1 if net.draw.chance(0.5) else net.draw.integer(2, 4)
             for _ in range(net.draw.integer(1, 5))]
    ones = [axis for axis, length in enumerate(shape) if length == 1]
    dropped = [axis for axis in ones if net.draw.chance(0.6)]
    table = options("Squeeze", squeezeDims=[net.draw.axis(axis, len(shape)) for axis in dropped])
    gone = dropped or ones
    result = [length for axis, length in enumerate(shape) if axis not in gone]
    given = like(net, kind)
    net.finish(net.unary(name, [net.input(kind, shape, *given)], kind, result, *given, table))


@case("EXPAND_DIMS", "int8 int16 float32")
def expand_dims(net, name, kind):
    shape = net.draw.shape(0, 4, 4)
    axis = net.draw.integer(0, len(shape))
    given, result = like(net, kind), shape[:axis] + [1] + shape[axis:]
    inputs = [net.input(kind, shape, *given),
              net.constant("int32", net.draw.axis(axis, len(result)))]
    net.finish(net.unary(name, inputs, kind, result, *given, options("ExpandDims")))


@case("STRIDED_SLICE", "int8 int16 int32 bool float32")
def strided_slice(net, name, kind):
    # TensorFlow Lite Micro's has no more dimensions.
    shape = net.draw.shape(1, 4, 5)
    begins, ends, strides, result = [], [], [], []
    masks = {"beginMask": 0, "endMask": 0, "shrinkAxisMask": 0}
    for axis, length in enumerate(shape):
        if net.draw.chance(0.2):
            begin = net.draw.integer(-length, length - 1)
            end, stride = begin + 1, 1
            masks["shrinkAxisMask"] |= 1 << axis
        else:
            left = 0
            while not left:
                begin, end = (net.draw.integer(-2 * length - 1, 2 * length + 1) for _ in range(2))
                stride = net.draw.pick(1, 1, 2, -1, -2, 3)
                open_begin, open_end = net.draw.chance(0.25), net.draw.chance(0.25)
                part = slice(None if open_begin else begin, None if open_end else end, stride)
                left = len(range(length)[part])
            masks["beginMask"] |= open_begin << axis
            masks["endMask"] |= open_end << axis
            result.append(left)
        begins.append(begin), ends.append(end), strides.append(stride)
    given = like(net, kind)
    inputs = [net.input(kind, shape, *given), *(net.constant("int32", it)
                                                for it in (begins, ends, strides))]
    net.finish(net.unary(name, inputs, kind, result, *given, options("StridedSlice", **masks)))


@case("SLICE", "int8 int16 int32 bool float32")
def plain_slice(net, name, kind):
    shape = net.draw.shape(1, 5, 4)
    begin = [net.draw.integer(0, length - 1) for length in shape]
    result = [net.draw.integer(1, length - at) for length, at in zip(shape, begin)]
    size = [-1 if at + count == length and net.draw.chance(0.5) else count
            for at, count, length in zip(begin, result, shape)]
    given, integer = like(net, kind), net.draw.pick("int32", "int64")
    inputs = [net.input(kind, shape, *given), net.constant(integer, begin),
              net.constant(integer, size)]
    net.finish(net.unary(name, inputs, kind, result, *given, options("Slice")))


@case("DYNAMIC_UPDATE_SLICE", "int8 int16 int32 float32")
def dynamic_update_slice(net, name, kind):
    shape = net.draw.shape(1, 4, 4)
    part = [net.draw.integer(1, length) for length in shape]
    given = like(net, kind)
    inputs = [net.input(kind, shape, *given), net.input(kind, part, *given),
              net.input(net.draw.pick("int32", "int64"), [len(shape)], limits=(-2, 5))]
    net.finish(net.unary(name, inputs, kind, shape, *given, options("DynamicUpdateSlice")))


@case("CONCATENATION", "int8 int16 int32 int64 bool float32")
def concatenation(net, name, kind):
    shape = net.draw.shape(1, 5, 3)
    axis, given = net.draw.integer(0, len(shape) - 1), like(net, kind)
    inputs, total = [], 0
    for _ in range(net.draw.integer(1, 10)):
        part = list(shape)
        part[axis] = net.draw.integer(1, 4)
        total += part[axis]
        if inputs and total > 1 and net.draw.chance(0.1):
            inputs.append(net.draw.pick(*inputs))
            total += net.shape(inputs[-1])[axis] - part[axis]
        else:
            inputs.append(net.either(kind, part, *given, chance=0.2))
    result = [*shape[:axis], total, *shape[axis + 1:]]
    table = options("Concatenation", axis=net.draw.axis(axis, len(shape)))
    net.finish(net.unary(name, inputs, kind, result, *given, table))


@case("PACK", "int8 int16 int32 int64 float32")
def pack(net, name, kind):
    shape, count = net.draw.shape(0, 4, 3), net.draw.integer(1, 6)
    axis, given = net.draw.integer(0, len(shape)), like(net, kind)
    inputs = [net.either(kind, shape, *given, chance=0.2) for _ in range(count)]
    result = [*shape[:axis], count, *shape[axis:]]
    table = options("Pack", valuesCount=count, axis=net.draw.axis(axis, len(result)))
    net.finish(net.unary(name, inputs, kind, result, *given, table))


@case("UNPACK", "int8 int16 int32 float32")
def unpack(net, name, kind):
    shape = net.draw.shape(1, 4, 4)
    axis, given = net.draw.integer(0, len(shape) - 1), like(net, kind)
    table = options("Unpack", num=shape[axis], axis=net.draw.axis(axis, len(shape)))
    part = shape[:axis] + shape[axis + 1:]
    outputs = [net.tensor(kind, part, *given) for _ in range(shape[axis])]
    net.finish(*net.operator(name, [net.input(kind, shape, *given)], outputs, table))


@case("SPLIT", "int8 int16 int32 float32")
def split(net, name, kind):
    part, count = net.draw.shape(1, 4, 4), net.draw.integer(1, 4)
    axis, given, shape = net.draw.integer(0, len(part) - 1), like(net, kind), list(part)
    shape[axis] *= count
    inputs = [net.constant("int32", net.draw.axis(axis, len(shape))),
              net.input(kind, shape, *given)]
    outputs = [net.tensor(kind, part, *given) for _ in range(count)]
    net.finish(*net.operator(name, inputs, outputs, options("Split", numSplits=count)))


@case("SPLIT_V", "int8 int16 int32 float32")
def split_v(net, name, kind):
    shape = net.draw.shape(1, 4, 4)
    axis, given = net.draw.integer(0, len(shape) - 1), like(net, kind)
    sizes = [net.draw.integer(1, 3) for _ in range(net.draw.integer(1, 4))]
    outputs = [net.tensor(kind, [*shape[:axis], size, *shape[axis + 1:]], *given) for size in sizes]
    shape[axis] = sum(sizes)
    inputs = [net.input(kind, shape, *given), net.constant("int32", sizes),
              net.constant("int32", net.draw.axis(axis, len(shape)))]
    net.finish(*net.operator(name, inputs, outputs, options("SplitV", numSplits=len(sizes))))


@case("PAD PADV2", "int8 int16 int32 float32")
def pad(net, name, kind):
    shape, given = net.draw.shape(1, 5, 3), like(net, kind)
    around = net.random.integers(0, 3, (len(shape), 2))
    result = [int(length) for length in np.add(shape, around.sum(1))]
    inputs = [net.input(kind, shape, *given), net.constant("int32", around)]
    table = options("Pad" if name == "PAD" else "PadV2")
    if name == "PADV2":
        inputs.append(net.either(kind, net.draw.pick([], [1]), *given))
    net.finish(net.unary(name, inputs, kind, result, *given, table))


@case("MIRROR_PAD", "int8 float32")
def mirror_pad(net, name, kind):
    mode, given = net.draw.integer(0, 1), like(net, kind)
    shape = [net.draw.integer(2, 4) for _ in range(net.draw.integer(1, 4))]
    around = [[net.draw.integer(0, length - 1 + mode) for _ in range(2)] for length in shape]
    result = [length + sum(ends) for length, ends in zip(shape, around)]
    inputs = [net.input(kind, shape, *given), numbers(net, around)]
    net.finish(net.unary(name, inputs, kind, result, *given, options("MirrorPad", mode=mode)))


@case("TRANSPOSE", "int8 int16 float32")
def transpose(net, name, kind):
    shape, given = net.draw.shape(1, 5, 4), like(net, kind)
    order = [int(axis) for axis in net.random.permutation(len(shape))]
    inputs = [net.input(kind, shape, *given), net.constant("int32", order)]
    result = [shape[axis] for axis in order]
    net.finish(net.unary(name, inputs, kind, result, *given, options("Transpose")))


@case("REVERSE_V2", "int8 uint8 int16 int32 int64 bool float32")
def reverse(net, name, kind):
    shape, given = net.draw.shape(1, 5, 4), like(net, kind)
    first = net.draw.integer(0, len(shape) - 1)
    last = net.draw.integer(first, len(shape) - 1)
    axes = [net.draw.axis(axis, len(shape)) for axis in range(first, last + 1)]
    net.random.shuffle(axes)
    inputs = [net.input(kind, shape, *given), net.constant("int32", axes)]
    net.finish(net.unary(name, inputs, kind, shape, *given, options("ReverseV2")))


@case("BROADCAST_TO", "int8 uint8 int16 int32 int64 bool float32")
def broadcast_to(net, name, kind):
    result, given = net.draw.shape(1, 5, 4), like(net, kind)
    shape = [length if net.draw.chance(0.5) else 1 for length in result]
    shape = shape[net.draw.integer(0, len(shape) - 1):]
    inputs = [net.input(kind, shape, *given), numbers(net, result)]
    net.finish(net.unary(name, inputs, kind, result, *given, options("BroadcastTo")))


@case("TILE", "int8 uint8 int16 int32 int64 bool float32")
def tile(net, name, kind):
    shape, given = net.draw.shape(1, 5, 3), like(net, kind)
    times = [net.draw.integer(1, 3) for _ in shape]
    inputs = [net.input(kind, shape, *given), numbers(net, times)]
    # TensorFlow Lite Micro has no TILE.
    net.specification = lambda values: [np.tile(values[0], times)]
    result = [length * count for length, count in zip(shape, times)]
    net.finish(net.unary(name, inputs, kind, result, *given, options("Tile")))


def positions(net, kind, shape, count):
    limits = (0, count - 1)
    if net.draw.chance(0.4):
        return net.tensor(kind, shape, data=net.values(kind, shape, limits=limits))
    return net.input(kind, shape, limits=limits)


@case("GATHER", "int8 float32")
def gather(net, name, kind):
    shape, given = net.draw.shape(1, 4, 4), like(net, kind)
    axis = net.draw.integer(0, len(shape) - 1)
    batches = net.draw.integer(0, axis)
    where = shape[:batches] + net.draw.shape(0, 2, 3)
    inputs = [net.input(kind, shape, *given), positions(net, "int32", where, shape[axis])]
    result = shape[:axis] + where[batches:] + shape[axis + 1:]
    dims = batches - len(where) if batches < len(where) and net.draw.chance(0.5) else batches
    table = options("Gather", axis=net.draw.axis(axis, len(shape)), batchDims=dims)
    net.finish(net.unary(name, inputs, kind, result, *given, table))


@case("GATHER_ND", "int8 float32")
def gather_nd(net, name, kind):
    shape, given = net.draw.shape(1, 4, 4), like(net, kind)
    depth = net.draw.integer(1, len(shape))
    where = [*net.draw.shape(0, 2, 3), depth]
    inputs = [net.input(kind, shape, *given), positions(net, "int32", where, min(shape[:depth]))]
    result = where[:-1] + shape[depth:]
    net.finish(net.unary(name, inputs, kind, result, *given, options("GatherNd")))


@case("EMBEDDING_LOOKUP", "int8 float32")
def embedding_lookup(net, name, kind):
    shape, count = net.draw.shape(2, 4, 4), net.draw.integer(1, 5)
    given = (0.017, 0) if kind == "int8" else (None, 0)
    rows = net.input("int32", [count], limits=(0, shape[0] - 1))
    to = "float32" if net.draw.chance(0.5) else kind
    values = net.tensor(kind, shape, *given, net.values(kind, shape))
    result = given if to == kind else (None, 0)
    net.finish(net.unary(name, [rows, values], to, [count, *shape[1:]], *result))


@case("FILL", "int8 int32 float32")
def fill(net, name, kind):
    shape, given = net.draw.shape(1, 4, 5), like(net, kind)
    inputs = [numbers(net, shape), net.input(kind, [], *given)]
    net.finish(net.unary(name, inputs, kind, shape, *given, options("Fill")))


@case("ZEROS_LIKE", "int8 int32 int64 float32")
def zeros_like(net, name, kind):
    shape, given = net.draw.shape(0, 4, 5), like(net, kind)
    net.finish(net.unary(name, [net.input(kind, shape, *given)], kind, shape, *given,
                         options("ZerosLike")))


@case("SHAPE", "int8 float32")
def shape_of(net, name, kind):
    shape = net.draw.shape(1, 6, 5)
    table = options("Shape", outType=2)
    net.finish(net.unary(name, [net.input(kind, shape, *like(net, kind))], "int32", [len(shape)],
                         table=table))


@case("BROADCAST_ARGS", "int32 int64")
def broadcast_args(net, name, kind):
    a, b, result = net.draw.broadcast()
    if not a or not b:
        a, b, result = [3], [2, 1], [2, 3]
    inputs = [net.input(kind, [len(a)], draw=lambda _: np.array(a, kind)), net.constant(kind, b)]
    net.finish(net.unary(name, inputs, kind, [len(result)]))


@case("ARG_MAX ARG_MIN", "int8 float32")
def extremes(net, name, kind):
    shape, given = net.draw.shape(1, 4, 5), like(net, kind)
    axis = net.draw.integer(0, len(shape) - 1)
    limits = (-3, 3) if kind == "int8" and net.draw.chance(0.7) else None
    inputs = [net.input(kind, shape, *given, limits),
              net.constant("int32", [net.draw.axis(axis, len(shape))])]
    table = options("ArgMax" if name == "ARG_MAX" else "ArgMin", outputType=2)
    net.finish(net.unary(name, inputs, "int32", shape[:axis] + shape[axis + 1:], table=table))


@case("CUMSUM", "int8 float32")
def cumsum(net, name, kind):
    shape = net.draw.shape(1, 4, 5)
    axis = net.draw.axis(net.draw.integer(0, len(shape) - 1), len(shape))
    given, result = ((None, 0),) * 2
    if kind == "int8":
        given, result = ((net.draw.power(-6, 0), net.draw.zero_point(kind)) for _ in range(2))
    table = options("Cumsum", exclusive=net.draw.chance(0.5), reverse=net.draw.chance(0.5))
    inputs = [net.input(kind, shape, *given), net.constant("int32", axis)]
    net.finish(net.unary(name, inputs, kind, shape, *result, table))


@case("RESIZE_NEAREST_NEIGHBOR", "int8 int16 float32")
@case("RESIZE_BILINEAR", "int8 float32")
def resize(net, name, kind):
    shape = [net.draw.integer(1, 2), net.draw.integer(1, 8), net.draw.integer(1, 8),
             net.draw.integer(1, 3)]
    size, given = [net.draw.integer(1, 19), net.draw.integer(1, 19)], like(net, kind)
    corners, centres = net.draw.chance(0.4), net.draw.chance(0.4)
    nearest = name == "RESIZE_NEAREST_NEIGHBOR"
    table = options("ResizeNearestNeighbor" if nearest else "ResizeBilinear", alignCorners=corners,
                    halfPixelCenters=centres and (nearest or not corners))
    net.tolerance = 0.0 if nearest else INTERPOLATION
    inputs = [net.input(kind, shape, *given), net.constant("int32", size)]
    net.finish(net.unary(name, inputs, kind, [shape[0], *size, shape[3]], *given, table))


@case("SPACE_TO_DEPTH DEPTH_TO_SPACE", "int8 float32")
def depth(net, name, kind):
    block, given = net.draw.integer(1, 3), like(net, kind)
    n, h, w, c = net.draw.shape(4, 4, 3)
    space, deep = [n, h * block, w * block, c], [n, h, w, c * block * block]
    to_depth = name == "SPACE_TO_DEPTH"
    table = options("SpaceToDepth" if to_depth else "DepthToSpace", blockSize=block)
    source = net.input(kind, space if to_depth else deep, *given)
    net.finish(net.unary(name, [source], kind, deep if to_depth else space, *given, table))


@case("SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND", "int8 float32")
def batches(net, name, kind):
    to_batches, given = name == "SPACE_TO_BATCH_ND", like(net, kind)
    cells = net.draw.shape(3, 4, 3)
    blocks = [net.draw.integer(1, 3) for _ in cells[1:-1]]
    space, ends = list(cells), []
    for axis, block in enumerate(blocks, 1):
        whole = cells[axis] * block
        # TensorFlow Lite Micro leaves padding of SPACE_TO_BATCH_ND as its arena was.
        first = 0 if to_batches else net.draw.integer(0, whole - 1)
        last = 0 if to_batches else net.draw.integer(0, whole - first - 1)
        space[axis] = whole - first - last
        ends.append([first, last])
    deep = [cells[0] * int(np.prod(blocks)), *cells[1:]]
    source = net.input(kind, space if to_batches else deep, *given)
    inputs = [source, net.constant("int32", blocks), net.constant("int32", ends)]
    table = options("SpaceToBatchND" if to_batches else "BatchToSpaceND")
    net.finish(net.unary(name, inputs, kind, deep if to_batches else space, *given, table))
