"""Has BakeNN compile a TensorFlow Lite model to C: generate.py MODEL FOLDER [--cmsis-nn]

BakeNN reads no softmax. One at the end of a model is left out here, and glue.c computes it."""
import struct
import sys
from pathlib import Path

import bakenn

SOFTMAX = 25


def word(data, at):
    return struct.unpack_from("<I", data, at)[0]


def follow(data, at):
    """Where a reference at this place leads."""
    return at + word(data, at)


def field(data, table, index):
    """Where a field of a table is; None if it isn't there."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    if 4 + 2 * index >= struct.unpack_from("<H", data, fields)[0]:
        return None
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * index)[0]
    return table + offset if offset else None


def without_softmax(model):
    """The model without a softmax at its end, and whether it had one."""
    data = bytearray(model)
    root = follow(data, 0)
    graph = follow(data, follow(data, field(data, root, 2)) + 4)
    operators = follow(data, field(data, graph, 3))
    count = word(data, operators)
    last = follow(data, operators + 4 * count)
    code = field(data, last, 0)
    codes = follow(data, field(data, root, 1))
    code = follow(data, codes + 4 + 4 * (word(data, code) if code else 0))
    builtin = field(data, code, 0)
    if builtin is None or data[builtin] != SOFTMAX:
        return model, False
    before = word(data, follow(data, field(data, last, 1)) + 4)
    outputs = follow(data, field(data, graph, 2))
    struct.pack_into("<I", data, outputs + 4, before)
    struct.pack_into("<I", data, operators, count - 1)
    return bytes(data), True


def main():
    model, folder, *options = sys.argv[1:]
    cmsis_nn = "--cmsis-nn" in options
    model, softmax = without_softmax(Path(model).read_bytes())
    compiled = bakenn.compile_tflite(
        model,
        folder,
        name="model",
        backend_options=bakenn.CBackendOptions(
            kernel_policy=bakenn.KernelPolicy.STATIC_PRIORITY if cmsis_nn else bakenn.KernelPolicy.PORTABLE,
            enable_cmsis_nn=cmsis_nn,
        ),
        target=bakenn.CORTEX_M4,
    )
    Path(folder, "softmax.h").write_text(f"#define WITH_SOFTMAX {int(softmax)}\n")


if __name__ == "__main__":
    main()
