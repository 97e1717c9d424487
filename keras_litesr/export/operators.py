"""What a TFLite file is made of: its operators, counted, described, or cut out one by one."""

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from keras_litesr.export.metadata import packed
from keras_litesr.silence import captured_output

_DELEGATE = "DELEGATE"
_KERNEL = 1


@dataclass(frozen=True)
class Operator:
    """One operator of a file at a given picture size.

    Attributes:
        index: Its place in the file.
        kind: Name such as `CONV_2D`.
        input_shape: `(1, height, width, channels)` of its first input.
        sizes: `(height, width)` of each input that is no constant, without repetition.
        output_shape: Of its output.
        kernel: `(height, width)` of a convolution; empty for the others.
        multiply_adds: For one picture; only convolutions have any.
        signature: Equal for operators that take the same time: kind, shapes and types.
    """

    index: int
    kind: str
    input_shape: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    output_shape: tuple[int, ...]
    kernel: tuple[int, ...]
    multiply_adds: int
    signature: tuple[Any, ...]


def count_operators(file: str | Path) -> dict[str, int]:
    """Counts the operators of a file by name, in alphabetical order."""
    details = _interpreter(Path(file).read_bytes(), delegate=False)._get_ops_details()
    return dict(sorted(Counter(operator["op_name"] for operator in details).items()))


def count_float_islands(content: bytes) -> int:
    """Counts the places of an int8 file where it turns to float32 and back."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    used = (graph.Operators(index).OpcodeIndex() for index in range(graph.OperatorsLength()))
    codes = [model.OperatorCodes(index).BuiltinCode() for index in used]
    return codes.count(schema.BuiltinOperator.DEQUANTIZE)


def count_partitions(file: str | Path) -> int:
    """Counts the parts of a file that XNNPACK runs; 1 is best, as each end of a part costs time."""
    details = _interpreter(Path(file).read_bytes(), delegate=True)._get_ops_details()
    return sum(operator["op_name"] == _DELEGATE for operator in details)


def list_operators(content: bytes, size: tuple[int, int]) -> list[Operator]:
    """Describes the operators that work on the picture, in the order in which they run.

    Args:
        content: TFLite file with one input `(batch, height, width, channels)` of free size.
        size: `(height, width)` of the picture in pixels.

    Returns:
        One for each; those that only prepare constants, as in float16 files, are left out.
    """
    interpreter = _interpreter(content, delegate=False, size=size)
    tensors = {each["index"]: each for each in interpreter.get_tensor_details()}
    moving = {each["index"] for each in interpreter.get_input_details()}
    found = []
    for details in interpreter._get_ops_details():
        if moving.isdisjoint(details["inputs"]):
            continue
        sources = [tensors[index] for index in dict.fromkeys(details["inputs"]) if index in moving]
        sizes = tuple((int(each["shape"][1]), int(each["shape"][2])) for each in sources)
        moving.update(details["outputs"])
        found.append(_described(details, tensors, sizes))
    return found


def cut_out(content: bytes, index: int) -> bytes:
    """Makes a TFLite file of one operator, with its weights and of free size.

    Args:
        content: TFLite file whose weights are constants: `float32` or `int8`, not `float16`, which
            computes its weights from others.
        index: The operator's place in it.

    Returns:
        The file; its inputs are those of the operator that are no constants, without repetition.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    operator = graph.operators[index]
    graph.operators, graph.outputs = [operator], operator.outputs
    sources = dict.fromkeys(operator.inputs)
    graph.inputs = [number for number in sources if _moves(model, graph, number)]
    model.signatureDefs, model.metadata = [], []
    return packed(model)


def _moves(model, graph, number: int) -> bool:
    return number >= 0 and model.buffers[graph.tensors[number].buffer].data is None


def _interpreter(content: bytes, *, delegate: bool, size: tuple[int, int] | None = None):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with captured_output():
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
        if size is not None:
            (details,) = interpreter.get_input_details()
            shape = (1, *size, int(details["shape"][3]))
            interpreter.resize_tensor_input(details["index"], shape)
        interpreter.allocate_tensors()
    return interpreter


def _described(
    details: dict[str, Any],
    tensors: dict[int, dict[str, Any]],
    sizes: tuple[tuple[int, int], ...],
) -> Operator:
    def shape(index: int) -> tuple[int, ...]:
        return tuple(int(side) for side in tensors[index]["shape"])

    kind, sources = details["op_name"], [index for index in details["inputs"] if index >= 0]
    output, multiply_adds = shape(details["outputs"][0]), 0
    kernel: list[int] = []
    if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        _, *kernel, channels = shape(sources[_KERNEL])
        seen = channels if kind == "CONV_2D" else 1
        multiply_adds = prod(output) * prod(kernel) * seen
    types = tuple(tensors[index]["dtype"].__name__ for index in sources)
    signature = (kind, *(shape(index) for index in sources), output, types)
    return Operator(
        details["index"],
        kind,
        shape(sources[0]),
        sizes,
        output,
        tuple(kernel),
        multiply_adds,
        signature,
    )
