"""What `export` wrote into a TFLite file about it, read without TensorFlow."""

import json
from typing import Any

ENTRY = b"keras_litesr"


def metadata_in(content: bytes) -> dict[str, Any]:
    """Reads this package's JSON entry from the content of a TFLite file.

    Returns:
        Empty for a file of another origin. Nothing about the values was checked.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == ENTRY:
            return json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    return {}
