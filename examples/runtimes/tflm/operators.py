"""Writes the operators of a TensorFlow Lite model as calls of TensorFlow Lite Micro's resolver, so that no
others are linked: operators.py MODEL HEADER"""
import struct
import sys
from pathlib import Path

# Codes of schema.fbs, and the methods of MicroMutableOpResolver.
METHODS = {
    0: "Add", 1: "AveragePool2D", 2: "Concatenation", 3: "Conv2D", 4: "DepthwiseConv2D",
    6: "Dequantize", 9: "FullyConnected", 14: "Logistic", 17: "MaxPool2D", 18: "Mul", 19: "Relu",
    21: "Relu6", 22: "Reshape", 23: "ResizeBilinear", 25: "Softmax", 27: "Svdf", 28: "Tanh", 34: "Pad",
    39: "Transpose", 40: "Mean", 41: "Sub", 42: "Div", 43: "Squeeze", 44: "UnidirectionalSequenceLSTM",
    45: "StridedSlice", 47: "Exp", 49: "Split", 53: "Cast", 55: "Maximum", 56: "ArgMax", 57: "Minimum",
    65: "Slice", 67: "TransposeConv", 70: "ExpandDims", 74: "Sum", 76: "Rsqrt", 82: "ReduceMax",
    83: "Pack", 88: "Unpack", 97: "ResizeNearestNeighbor", 98: "LeakyRelu", 102: "SplitV",
    114: "Quantize", 117: "HardSwish", 126: "BatchMatMul", 129: "CallOnce", 142: "VarHandle",
    143: "ReadVariable", 144: "AssignVariable",
}


def word(data, at):
    return struct.unpack_from("<I", data, at)[0]


def field(data, table, index):
    fields = table - struct.unpack_from("<i", data, table)[0]
    if 4 + 2 * index >= struct.unpack_from("<H", data, fields)[0]:
        return None
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * index)[0]
    return table + offset if offset else None


def codes(data):
    """The codes of the operators of a model."""
    place = field(data, word(data, 0), 1)
    vector = place + word(data, place)
    for index in range(word(data, vector)):
        element = vector + 4 + 4 * index
        table = element + word(data, element)
        # Codes below 127 are in the older of two fields.
        old, new = field(data, table, 0), field(data, table, 3)
        yield max(data[old] if old else 0, word(data, new) if new else 0)


def main():
    model, header = map(Path, sys.argv[1:])
    found = sorted(set(codes(model.read_bytes())))
    unknown = [code for code in found if code not in METHODS]
    if unknown:
        sys.exit(f"operators.py doesn't know the operators {unknown}: add their methods to its list")
    calls = " \\\n".join(f"    resolver.Add{METHODS[code]}();" for code in found)
    header.write_text(f"#define OPERATORS {len(found)}\n#define ADD_OPERATORS(resolver) \\\n{calls}\n")


if __name__ == "__main__":
    main()
