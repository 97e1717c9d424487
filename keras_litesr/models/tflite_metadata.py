"""What `export` wrote into a TFLite file about it, read without TensorFlow."""

import json
from pathlib import Path
from typing import Any

ENTRY = b"keras_litesr"
IDENTIFIER = b"TFL3"


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Reads what `export` wrote into a TFLite file.

    Args:
        path: TFLite file.

    Returns:
        `name`, `scale`, `channels`, `input` and `output` with dtype, range and normalisation,
        `weights_sha256` and more; empty for a file of another origin.

    Raises:
        ValueError: When the file is no TFLite file, or damaged.
    """
    content = Path(path).read_bytes()
    if not is_tflite(content):
        raise ValueError(
            f"Expected a TFLite file, received {path}, whose content is something else. "
            "Make one with `litesr convert`."
        )
    try:
        found = metadata_in(content)
    except Exception as error:  # of many kinds, as offsets lead anywhere
        raise ValueError(f"{path} is damaged, so it cannot say what it is: {error}.") from error
    return found if isinstance(found, dict) else {}


def is_tflite(content: bytes) -> bool:
    """Tells a TFLite file from others by its head."""
    return content[4:8] == IDENTIFIER


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
