"""The steps of a TFLite file, read without TensorFlow."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_litesr.models.tflite_metadata import is_tflite
from keras_litesr.protection import networks
from keras_litesr.protection.networks import ArchitectureError, Network, Step

_NAMES = (
    "ABS ADD ADD_N AVERAGE_POOL_2D CONCATENATION DEQUANTIZE DIV ELU GELU HARD_SWISH LEAKY_RELU "
    "LOGISTIC MAX_POOL_2D MAXIMUM MINIMUM MIRROR_PAD MUL PAD PADV2 PRELU QUANTIZE RELU RELU6 "
    "RELU_N1_TO_1 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SUB TANH"
)
_POINTWISE = frozenset(_NAMES.split())
_KERNELS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_KERNEL = 1
_DTYPES = {"FLOAT32": "<f4", "FLOAT16": "<f2", "INT8": "i1", "UINT8": "u1", "INT16": "<i2"}
_DAMAGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)


def network(path: str | Path) -> Network:
    """Reads the steps of a TFLite file of any dtype, its weights dequantised by its own scales.

    Raises:
        ArchitectureError: When the file is no TFLite file, is damaged, or keeps weights in a way
            that is not known.
        FileNotFoundError: When there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"Expected a TFLite file, but {path} is no file. Check the path.")
    content = path.read_bytes()
    if not is_tflite(content):
        raise ArchitectureError(
            f"Expected a TFLite file, received {path}, whose content is something else. Name a "
            "preset, a preset folder, or a .tflite file."
        )
    try:
        return Network(tuple(_Graph(content).steps()))
    except _DAMAGE as error:
        raise ArchitectureError(
            f"{path} is damaged, or keeps its weights in a way that is not known: {error}. Get the "
            "file again, or name the preset folder that it was made from."
        ) from error


class _Graph:
    """The main graph of a file; a node is an operator's number, or below 0 for an input."""

    def __init__(self, content: bytes):
        from ai_edge_litert import schema_py_generated as schema

        self.model = schema.ModelT.InitFromPackedBuf(content, 0)
        graph = self.model.subgraphs[0]
        self.tensors, self.operators = graph.tensors, graph.operators
        self.kinds = _names(schema.BuiltinOperator)
        self.types = _names(schema.TensorType)
        self.outputs = list(graph.outputs)
        self.makers: dict[int, int] = {tensor: -1 - tensor for tensor in graph.inputs}
        self.sources: dict[int, list[int]] = {maker: [] for maker in self.makers.values()}
        for number, operator in enumerate(self.operators):
            # Only what is made before, so that a forged file cannot lead in a circle, and only
            # pictures, which an operator that dequantises a kernel does not make.
            makers = [self.makers.get(tensor) for tensor in operator.inputs]
            sources = [maker for maker in makers if maker is not None and maker in self.sources]
            if sources and self._kind(operator) != "SHAPE":
                self.sources[number] = sources
            self.makers |= {tensor: number for tensor in operator.outputs}

    def steps(self) -> Iterator[Step]:
        """Yields the steps behind the outputs."""
        numbers: dict[int, int] = {}
        kernels: set[int] = set()
        ends = [self.makers[tensor] for tensor in self.outputs]
        for node in networks.post_order(ends, self.sources.__getitem__):
            sources = tuple(numbers[source] for source in self.sources[node])
            numbers[node] = len(numbers)
            step = self._step(node, sources)
            if step.kernel is not None:
                kernel = self.operators[node].inputs[_KERNEL]
                step = replace(step, again=kernel in kernels)
                kernels.add(kernel)
            yield step

    def _step(self, node: int, sources: tuple[int, ...]) -> Step:
        operator = self.operators[node] if node >= 0 else None
        tensor = self.tensors[operator.outputs[0] if operator else -1 - node]
        name = tensor.name.decode(errors="replace") if tensor.name else ""
        channels = int(tensor.shape[-1]) if len(tensor.shape) else 1
        if operator is None:
            return Step(name, networks.INPUT, channels)
        kind = self._kind(operator)
        if kind in _KERNELS and self._constant(operator.inputs[_KERNEL]) is not None:
            return self._kernel_step(name, operator, sources)
        if kind == "DEPTH_TO_SPACE":
            block = operator.builtinOptions.blockSize
            return Step(name, networks.SHUFFLE, channels, sources, block=block)
        if kind == "CONCATENATION" and operator.builtinOptions.axis in (-1, len(tensor.shape) - 1):
            return Step(name, networks.CONCATENATION, channels, sources)
        known = networks.POINTWISE if kind in _POINTWISE else networks.OTHER
        return Step(name, known, channels, sources)

    def _kernel_step(self, name: str, operator: Any, sources: tuple[int, ...]) -> Step:
        kind, kernel = self._kind(operator), self._constant(operator.inputs[_KERNEL])
        assert kernel is not None
        picture = operator.inputs[2 if kind == "TRANSPOSE_CONV" else 0]
        channels = int(self.tensors[picture].shape[-1])
        if kind == "DEPTHWISE_CONV_2D":
            kernel = kernel.reshape(*kernel.shape[1:3], channels, -1)
            return networks.depthwise(name, sources, kernel)
        if kind == "FULLY_CONNECTED":
            return networks.convolution(name, sources, kernel.T[None, None])
        kernel = kernel.transpose(1, 2, 3, 0)
        return networks.convolution(name, sources, kernel, groups=channels // kernel.shape[2])

    def _constant(self, tensor: int) -> np.ndarray | None:
        """Reads a constant tensor as float32, through an operator that dequantises it."""
        maker = self.makers.get(tensor)
        if maker is not None:
            operator = self.operators[maker] if maker >= 0 else None
            if operator is None or self._kind(operator) != "DEQUANTIZE":
                return None
            tensor = operator.inputs[0]
        described = self.tensors[tensor]
        data = self.model.buffers[described.buffer].data
        if data is None:
            return None
        dtype = self.types[described.type]
        if dtype not in _DTYPES:
            raise ArchitectureError(f"a kernel of {dtype}")
        values = np.frombuffer(bytes(data), _DTYPES[dtype]).reshape(described.shape)
        return _dequantised(values, described.quantization)

    def _kind(self, operator: Any) -> str:
        code = self.model.operatorCodes[operator.opcodeIndex]
        # Files of old converters have the kind in the first field only.
        return self.kinds[max(code.builtinCode, code.deprecatedBuiltinCode)]


def _dequantised(values: np.ndarray, quantization: Any) -> np.ndarray:
    scales = getattr(quantization, "scale", None)
    if scales is None or values.dtype.kind == "f":
        return values.astype(np.float32)
    along = [1] * values.ndim
    along[quantization.quantizedDimension if len(scales) > 1 else 0] = len(scales)
    zeros = np.asarray(quantization.zeroPoint).reshape(along)
    return ((values - zeros) * np.asarray(scales).reshape(along)).astype(np.float32)


def _names(enumeration: type) -> dict[int, str]:
    return {number: name for name, number in vars(enumeration).items() if isinstance(number, int)}
