"""Puts the RESHAPE between pooling and classifier back into a .tflite.

The converter of today removes it, because the fully connected layer accepts the unflattened
tensor as well; the reference model of MLPerf Tiny has it, and so must a model that costs the same.
"""

import copy

import flatbuffers
import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

FILE_IDENTIFIER = b"TFL3"
BUFFER_ALIGNMENT = 16


class Builder(flatbuffers.Builder):
    """Aligns vectors of bytes as the schema asks for buffers (`force_align: 16`), which the
    Python code generated from it doesn't do."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        if elemSize == 1:
            alignment = BUFFER_ALIGNMENT
        return super().StartVector(elemSize, numElems, alignment)


def insert_reshape(model: bytes) -> bytes:
    """The same model with the input of its FULLY_CONNECTED flattened to [1, n] by a RESHAPE."""
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = root.subgraphs[0]
    codes = [code.builtinCode for code in root.operatorCodes]
    at, dense = next(
        (i, operator)
        for i, operator in enumerate(graph.operators)
        if codes[operator.opcodeIndex] == schema.BuiltinOperator.FULLY_CONNECTED
    )
    source = dense.inputs[0]
    if schema.BuiltinOperator.RESHAPE in codes or len(graph.tensors[source].shape) != 4:
        raise ValueError("the model is flattened already")
    flat_shape = np.array([1, np.prod(graph.tensors[source].shape)], np.int32)

    buffer = schema.BufferT()
    buffer.data = np.frombuffer(flat_shape.tobytes(), np.uint8)
    root.buffers.append(buffer)

    shape = schema.TensorT()
    shape.name = b"flatten/shape"
    shape.shape = np.array([2], np.int32)
    shape.type = schema.TensorType.INT32
    shape.buffer = len(root.buffers) - 1

    flat = copy.copy(graph.tensors[source])
    flat.name = b"flatten"
    flat.shape = flat_shape
    flat.shapeSignature = None

    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    root.operatorCodes.append(code)

    options = schema.ReshapeOptionsT()
    options.newShape = flat_shape
    reshape = schema.OperatorT()
    reshape.opcodeIndex = len(root.operatorCodes) - 1
    reshape.inputs = np.array([source, len(graph.tensors)], np.int32)
    reshape.outputs = np.array([len(graph.tensors) + 1], np.int32)
    reshape.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    reshape.builtinOptions = options

    graph.tensors += [shape, flat]
    graph.operators.insert(at, reshape)
    dense.inputs = np.array([reshape.outputs[0], *dense.inputs[1:]], np.int32)

    builder = Builder(len(model))
    builder.Finish(root.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())
