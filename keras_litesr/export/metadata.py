"""What a TFLite file says about itself: one JSON entry in its metadata, read without TensorFlow."""

import json
from collections.abc import Mapping
from typing import Any

import flatbuffers
import numpy as np

from keras_litesr.models.tflite_metadata import ENTRY, IDENTIFIER, read_metadata

__all__ = ["packed", "read_metadata", "with_metadata"]

_ALIGNMENT = 16


def with_metadata(content: bytes, facts: Mapping[str, Any]) -> bytes:
    """Adds the facts to a TFLite file; equal files and facts give equal bytes.

    Args:
        content: TFLite file without such an entry.
        facts: What `read_metadata` will return; anything that JSON holds.

    Returns:
        The file with the entry; tensors stay aligned as the runtime wants them.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
    entry.name, entry.buffer = ENTRY.decode(), len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return packed(model)


def packed(model) -> bytes:
    """Serialises a `schema_py_generated.ModelT`, its tensors aligned."""
    builder = _AlignedBuilder(1024)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


class _AlignedBuilder(flatbuffers.Builder):
    """Starts every byte vector on a multiple of 16, which the generated code forgets to do."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int):  # noqa: N802, N803
        """Raises the alignment of byte vectors."""
        return super().StartVector(elemSize, numElems, _ALIGNMENT if elemSize == 1 else alignment)
