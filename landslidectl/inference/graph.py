"""The one door to the format of network files: a ``.tflite`` as objects, and back to bytes."""

from typing import Any

FILE_IDENTIFIER = b"TFL3"

FileModel = Any
"""``ModelT`` of the schema: operations, tensors and buffers of a file."""

Step = Any
"""``OperatorT`` of the schema: one operation of a file."""


def load_schema() -> Any:
    """Return the module that knows the format."""
    from ai_edge_litert import schema_py_generated  # noqa: PLC0415

    return schema_py_generated


def read_model(content: bytes) -> FileModel:
    """Unpack a ``.tflite``; each call gives objects of its own."""
    schema = load_schema()

    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def packed(model: FileModel) -> bytes:
    """Pack a model into the bytes of a ``.tflite``."""
    import flatbuffers  # noqa: PLC0415

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def operations(model: FileModel) -> list[str]:
    """Return the names of a model's operations, in their order."""
    schema = load_schema()

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    codes = [names.get(code.builtinCode, "?") for code in model.operatorCodes]
    return [codes[step.opcodeIndex] for step in model.subgraphs[0].operators]


def compacted(model: FileModel) -> FileModel:
    """Drop the tensors, buffers and signatures that no operation of a model needs any more."""
    graph = model.subgraphs[0]
    used = {int(place) for place in (*graph.inputs, *graph.outputs)}
    for step in graph.operators:
        used |= {*inputs_of(step), *(int(made) for made in step.outputs)}
    places = {old: new for new, old in enumerate(sorted(used))}
    for step in graph.operators:
        step.inputs = [places.get(int(taken), -1) for taken in step.inputs]
        step.outputs = [places[int(made)] for made in step.outputs]
    graph.inputs = [places[int(place)] for place in graph.inputs]
    graph.outputs = [places[int(place)] for place in graph.outputs]
    graph.tensors = [graph.tensors[old] for old in sorted(used)]
    kept = sorted({0} | {tensor.buffer for tensor in graph.tensors})
    buffers = {old: new for new, old in enumerate(kept)}
    for tensor in graph.tensors:
        tensor.buffer = buffers[tensor.buffer]
    model.buffers = [model.buffers[old] for old in kept]
    model.signatureDefs, model.metadata, model.metadataBuffer = [], [], None
    return model


def inputs_of(step: Step) -> list[int]:
    """Return the tensors that an operation takes, left out ones left out."""
    return [int(taken) for taken in step.inputs if taken >= 0]


def is_float(content: bytes) -> bool:
    """Tell whether a network file computes in float alone: no tensor of it has 8-bit values."""
    schema = load_schema()
    coded = (schema.TensorType.INT8, schema.TensorType.UINT8)
    return all(tensor.type not in coded for tensor in read_model(content).subgraphs[0].tensors)
