"""Makes a feature extractor of a classifier: cuts a .tflite before its fully connected layer."""

from collections.abc import Sequence

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from common.flatten import FILE_IDENTIFIER, Builder


def _used(entries: Sequence[int], count: int) -> dict[int, int]:
    """The new number of each of `count` entries that occurs, in the old order."""
    kept = sorted({int(entry) for entry in entries if entry >= 0})
    if kept and kept[-1] >= count:
        raise ValueError(f"entry {kept[-1]} of {count}")
    return {old: new for new, old in enumerate(kept)}


def before_classifier(model: bytes) -> bytes:
    """The same model without its fully connected layer and what follows: the output is that
    layer's input. Tensors, buffers and operator codes that nothing uses any more are left out."""
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = root.subgraphs[0]
    codes = [code.builtinCode for code in root.operatorCodes]
    at, dense = next(
        (i, operator)
        for i, operator in enumerate(graph.operators)
        if codes[operator.opcodeIndex] == schema.BuiltinOperator.FULLY_CONNECTED
    )
    graph.operators = graph.operators[:at]
    output = int(dense.inputs[0])

    tensors = [output, *graph.inputs]
    for operator in graph.operators:
        tensors += [*operator.inputs, *operator.outputs]
    number = _used(tensors, len(graph.tensors))
    graph.tensors = [graph.tensors[old] for old in number]
    graph.inputs = np.array([number[int(i)] for i in graph.inputs], np.int32)
    graph.outputs = np.array([number[output]], np.int32)
    for operator in graph.operators:
        for name in ("inputs", "outputs"):
            old = getattr(operator, name)
            new = [number[int(i)] if i >= 0 else -1 for i in old]
            setattr(operator, name, np.array(new, np.int32))

    # Buffer 0 is empty and stands for "none" (schema.fbs, Model.buffers).
    number = _used([0, *(tensor.buffer for tensor in graph.tensors)], len(root.buffers))
    root.buffers = [root.buffers[old] for old in number]
    for tensor in graph.tensors:
        tensor.buffer = number[tensor.buffer]
    number = _used([it.opcodeIndex for it in graph.operators], len(root.operatorCodes))
    root.operatorCodes = [root.operatorCodes[old] for old in number]
    for operator in graph.operators:
        operator.opcodeIndex = number[operator.opcodeIndex]
    # The metadata name buffers that are gone, and describe the whole model.
    root.metadata = root.metadataBuffer = root.signatureDefs = None

    builder = Builder(len(model))
    builder.Finish(root.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())
