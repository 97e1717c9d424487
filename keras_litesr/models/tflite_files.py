"""A bare `.tflite` file as a network: tried out safely, then opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from keras_litesr.models.litert import LiteRT
from keras_litesr.models.tflite_metadata import is_tflite

_SUFFIX = ".tflite"
_SECONDS = 300
_MOST_BYTES = 2**31
# Isolated, so that no file of the working folder is taken for a module.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from keras_litesr.models.tflite_trial import main; main()"
)


@dataclass(frozen=True)
class TFLiteFile:
    """A file that enlarges RGB pictures.

    Attributes:
        name: The file's name without ending.
        runtime: What runs it.
        scale: Its enlargement per side.
        radius: How far it sees, in low-resolution pixels; None where that could not be measured.
        step: Of which each side of a picture has to be a multiple.
    """

    name: str
    runtime: LiteRT
    scale: int
    radius: int | None
    step: int = 1


def is_tflite_file(model: str | os.PathLike[str]) -> bool:
    """Tells whether a text or path is meant as a TFLite file, present or not."""
    path = Path(model)
    return path.suffix.lower() == _SUFFIX and not path.is_dir()


def open_tflite(path: str | os.PathLike[str], *, threads: int | None = None) -> TFLiteFile:
    """Opens a TFLite file of any origin that enlarges RGB pictures.

    The interpreter trusts a file in some places and can crash on an altered one. So the file first
    enlarges a small picture in a process of its own, which takes half a second. That tells its
    scale; how far it sees is read from this package's metadata, or measured by what a change of
    the picture changes in the result.

    Args:
        path: File with one input `(batch, height, width, 3)`, each side free or fixed, and one
            output `scale` times as large: float32, or quantised uint8 or int8.
        threads: CPU threads; all cores that the process may use by default.

    Raises:
        ValueError: For a file that is missing, damaged, or something else; the message names what
            it takes and gives.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(
            f"There is no file {path}. Name a model of `litesr list`, a preset folder, or a "
            ".tflite file."
        )
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"Expected a TFLite file of at most 2 GiB, received {path}.")
    content = path.read_bytes()
    if not is_tflite(content):
        raise ValueError(
            f"Expected a TFLite file, received {path}, whose content is "
            f"{'something else' if content else 'empty'}. Make one with `litesr convert`."
        )
    facts = _tried(content, path)
    runtime = LiteRT(content, threads=threads, levels=tuple(facts["levels"]))
    return TFLiteFile(path.stem, runtime, facts["scale"], facts["radius"], facts["step"])


def _tried(content: bytes, path: Path) -> dict:
    command = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path)]
    try:
        trial = subprocess.run(command, input=content, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ValueError(
            f"Expected a network that enlarges a few small pictures in {_SECONDS} seconds, "
            f"received {path}, which does not. Choose a smaller one."
        ) from error
    if trial.returncode:
        raise ValueError(
            f"{path} is damaged: LiteRT crashed while it ran it in a process of its own "
            f"(exit code {trial.returncode}). Get the file again, and do not use this one."
        )
    facts = json.loads(trial.stdout)
    if "error" in facts:
        raise ValueError(f"{path} is no model that can be used here. {facts['error']}")
    return facts
