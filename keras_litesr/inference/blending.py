"""A TFLite file between those of two relatives, made without TensorFlow."""

import os
from collections.abc import Iterator

import numpy as np

from keras_litesr.models.kinship import check_kinship, check_weight
from keras_litesr.models.tflite_metadata import is_tflite
from keras_litesr.zoo import folders
from keras_litesr.zoo.checks import Checks
from keras_litesr.zoo.integrity import CheckedFolder


def blend_files(first: bytes, second: bytes, weight: float) -> bytes:
    """Interpolates the weights in two float32 TFLite files; `models.blending.blend` for files.

    The files must be equal but for the values of their float32 constants and what their metadata
    say: same operators, options, shapes, names and quantisation. So both come from one
    architecture and one converter. A folded batch norm is interpolated as it was folded, which is
    not quite what `blend` does.

    Args:
        first: Content of a TFLite file in float32.
        second: Content of its relative's.
        weight: Share of the second, from 0 to 1.

    Returns:
        The first file with the blended constants, ready for the interpreter. Its metadata stay
        those of the first.

    Raises:
        ValueError: For a weight outside of [0, 1], files that differ in more than weights, or
            strangers, whose kernels do not correlate.
    """
    check_weight(weight)
    if not (is_tflite(first) and is_tflite(second)):
        raise ValueError(
            "Expected two TFLite files, received something else. Make them with `litesr convert`."
        )
    if _skeleton(first) != _skeleton(second):
        raise ValueError(
            "Expected the float32 TFLite files of two relatives, equal but for their weights, "
            "received files of different structure. Convert both with the same version of "
            "`litesr convert`."
        )
    blended = bytearray(first)
    pairs = list(zip(_constants(blended), _constants(second), strict=True))
    check_kinship(pairs, ("the first file", "the second"))
    for mine, other in pairs:
        mine[...] = (1 - weight) * mine + weight * other
    return bytes(blended)


def blend_with_preset(
    first: bytes, preset: str | os.PathLike[str], weight: float, checks: Checks
) -> bytes:
    """Blends a float32 TFLite file with the verified one of a preset, as `blend_files` does.

    Raises:
        PresetError: When the preset or its file is missing or altered, or not signed as asked.
        ValueError: As `blend_files`.
    """
    files, file_name = _float32_file(preset, checks)
    if file_name not in files:
        raise folders.PresetError(
            f"Expected {file_name} in {preset} to blend with, found none. Choose the runtime "
            "keras, or make it with `litesr convert`."
        )
    return blend_files(first, files.read(file_name), weight)


def can_blend_with(preset: str | os.PathLike[str], checks: Checks) -> bool:
    """Says whether a preset has the file that `blend_with_preset` needs."""
    files, file_name = _float32_file(preset, checks)
    return file_name in files


def _float32_file(preset: str | os.PathLike[str], checks: Checks) -> tuple[CheckedFolder, str]:
    files = checks.folder(folders.preset_folder(preset))
    content = files.read(folders.METADATA)
    facts = folders.parsed_metadata(content, files.path / folders.METADATA)
    return files, f"{facts['name']}_float32.tflite"


def _constants(content: bytes | bytearray) -> Iterator[np.ndarray]:
    """Yields each float32 constant once as a view into the file; writable in a `bytearray`."""
    from ai_edge_litert import schema_py_generated as schema

    model, seen = schema.Model.GetRootAs(content, 0), set()
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            buffer = model.Buffers(tensor.Buffer())
            is_float = tensor.Type() == schema.TensorType.FLOAT32
            if is_float and buffer.DataLength() and tensor.Buffer() not in seen:
                seen.add(tensor.Buffer())
                yield buffer.DataAsNumpy().view(np.float32).reshape(tensor.ShapeAsNumpy())


def _skeleton(content: bytes) -> bytes:
    """Packs the file again with zeros for float32 constants, and without its metadata."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    bare = bytearray(content)
    for constant in _constants(bare):
        constant[...] = 0
    model = schema.ModelT.InitFromPackedBuf(bytes(bare), 0)
    for entry in model.metadata or []:
        model.buffers[entry.buffer].data = None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder))
    return bytes(builder.Output())
