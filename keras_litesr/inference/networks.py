"""What enlarges the tiles: a preset's file or model, a bare `.tflite`, or a Keras model."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_litesr.inference.blending import blend_with_preset, can_blend_with
from keras_litesr.inference.choice import fastest
from keras_litesr.inference.runtimes import Blend, Keras, LiteRT, keras_runtime
from keras_litesr.models.kinship import check_weight
from keras_litesr.models.tflite_files import TFLiteFile, is_tflite_file, open_tflite
from keras_litesr.zoo import folders
from keras_litesr.zoo.checks import Checks
from keras_litesr.zoo.integrity import CheckedFolder

if TYPE_CHECKING:
    import keras

RUNTIMES = ("auto", "litert", "keras")
DTYPES = ("float32", "float16", "int8")
FASTEST = "fastest"
# For a network that sees further than could be measured: four times what the zoo's see.
_FAR = 64


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network that is ready to run.

    Attributes:
        enlarge: `(batch, height, width, 3)` float32 in [0, 1] to `scale` times the size.
        name: The model's name.
        version: Day on which its weights were saved; empty where that is not known.
        scale: Its enlargement per side.
        overlap: Pixels by which tiles overlap at each side.
        runtime: `litert` or `keras`.
        dtype: Of the file that runs; `float32` for Keras.
        size: `(height, width)` of the only tiles that it takes, or None for any.
        step: Of which each side of a tile has to be a multiple.
        is_seamless: Whether the overlap is known to be as far as the network sees.
    """

    enlarge: Callable[[np.ndarray], np.ndarray]
    name: str
    version: str
    scale: int
    overlap: int
    runtime: str
    dtype: str = "float32"
    size: tuple[int, int] | None = None
    step: int = 1
    is_seamless: bool = True


def opened(
    model: str | os.PathLike[str] | keras.Model,
    *,
    runtime: str,
    threads: int | None,
    dtype: str,
    blend: Blend | None,
    checks: Checks,
) -> Network:
    """Opens a model; the arguments are those of `Upscaler`, which says what is refused."""
    if runtime not in RUNTIMES:
        raise ValueError(f"Expected runtime {', '.join(RUNTIMES)}, received {runtime!r}.")
    if dtype not in (*DTYPES, FASTEST):
        known = ", ".join([*DTYPES, FASTEST])
        raise ValueError(f"Expected dtype {known}, received {dtype!r}.")
    if dtype != "float32":
        runtime = _runtime_for(dtype, runtime)
    if blend is not None:
        _require_pair(blend)
    if isinstance(model, (str, os.PathLike)):
        if is_tflite_file(model):
            _require_plain(os.fspath(model), runtime, dtype, blend)
            checks.refuse_unsigned_file(model)
            return _of_file(open_tflite(model, threads=threads))
        return _of_preset(folders.preset_folder(model), runtime, threads, dtype, blend, checks)
    return _of_model(model, runtime)


def _of_preset(
    folder: Path,
    runtime: str,
    threads: int | None,
    dtype: str,
    blend: Blend | None,
    checks: Checks,
) -> Network:
    files = checks.folder(folder)
    facts = folders.parsed_metadata(files.read(folders.METADATA), folder / folders.METADATA)
    radius = facts["receptive_radius"]
    name = f"{facts['name']} with {blend[1]:g} of {Path(blend[0]).name}" if blend else facts["name"]
    known = {"name": name, "version": facts["date_saved"], "scale": facts["scale"]}
    contents = _contents(files, facts["name"], dtype)
    if runtime == "litert" and not contents:
        file_name = f"{facts['name']}_{'float32' if dtype == FASTEST else dtype}.tflite"
        raise folders.PresetError(
            f"Expected {file_name} in {folder} for the runtime litert, found none. Choose "
            "another, or make it with `litesr convert`."
        )
    if runtime == "auto" and blend and not can_blend_with(blend[0], checks):
        runtime = "keras"
    if runtime == "keras" or not contents:
        enlarge = keras_runtime(folder, blend, checks)
        return Network(enlarge=enlarge, runtime="keras", overlap=radius, **known)
    if dtype == FASTEST:
        dtype = fastest(contents, threads=threads)
    content = contents[dtype]
    if blend:
        content = blend_with_preset(content, *blend, checks)
    return _in_litert(LiteRT(content, threads=threads), radius, dtype=dtype, **known)


def _contents(files: CheckedFolder, name: str, dtype: str) -> dict[str, bytes]:
    """Reads the `.tflite` files that come into question."""
    wanted = [each for each in DTYPES if each == dtype or dtype == FASTEST]
    names = {each: f"{name}_{each}.tflite" for each in wanted}
    return {each: files.read(file) for each, file in names.items() if file in files}


def _of_file(file: TFLiteFile) -> Network:
    dtype = str(np.dtype(file.runtime.takes.dtype))
    known = {"name": file.name, "version": "", "scale": file.scale, "step": file.step}
    return _in_litert(file.runtime, file.radius, dtype=dtype, **known)


def _in_litert(network: LiteRT, radius: int | None, **known: Any) -> Network:
    overlap, is_seamless = _overlap(radius, network.size)
    return Network(
        enlarge=network,
        overlap=overlap,
        runtime="litert",
        size=network.size,
        is_seamless=is_seamless,
        **known,
    )


def _of_model(model: keras.Model, runtime: str) -> Network:
    import keras

    from keras_litesr.models.cost import receptive_radius, scale_of
    from keras_litesr.models.tflite_model import TFLiteModel

    if not isinstance(model, keras.Model):
        raise TypeError(
            "Expected the name of a model, a preset folder, a .tflite file or a Keras model, "
            f"received {type(model).__name__}. `litesr list` shows the names."
        )
    if isinstance(model, TFLiteModel):
        return _of_file(model.file)
    if runtime == "litert":
        raise ValueError(
            "Expected a preset or a .tflite file for the runtime litert, received a Keras model. "
            "Save it with keras_litesr.save_to_preset, or choose the runtime keras."
        )
    scale = scale_of(model)
    height, width = model.input_shape[1:3]
    size = (height, width) if height and width else None
    try:
        radius = receptive_radius(model)
    except ValueError as error:
        raise ValueError(
            f"{error} Or name the .tflite file that keras_litesr.export.tflite.export makes of it: "
            "how far such a file sees is measured."
        ) from error
    overlap, is_seamless = _overlap(radius, size)
    return Network(
        enlarge=Keras(model),
        name=model.name,
        version="",
        scale=scale,
        overlap=overlap,
        runtime="keras",
        size=size,
        is_seamless=is_seamless,
    )


def _overlap(radius: int | None, size: tuple[int, int] | None) -> tuple[int, bool]:
    """Chooses by how much tiles overlap, and tells whether that leaves no seam."""
    if radius is not None and (size is None or 2 * radius < min(size)):
        return radius, True
    return min(size) // 4 if size else _FAR, False


def _require_pair(blend: Blend) -> None:
    if not isinstance(blend, (tuple, list)) or len(blend) != 2:
        raise ValueError(
            f"Expected a preset to blend with and its share from 0 to 1, received {blend!r}. "
            'Write blend=("lite_x4", 0.5).'
        )
    check_weight(blend[1])


def _require_plain(place: str, runtime: str, dtype: str, blend: Blend | None) -> None:
    if runtime == "keras":
        raise ValueError(
            f"Expected the runtime litert for a .tflite file, received keras for {place}. Leave "
            "out the runtime, or name a preset."
        )
    if dtype != "float32" or blend:
        raise ValueError(
            f"Expected a preset to choose a dtype of or to blend, received {place}. Name the file "
            "of that dtype, or a preset."
        )


def _runtime_for(dtype: str, runtime: str) -> str:
    if runtime == "keras":
        raise ValueError(
            f"Expected the dtype float32 for the runtime keras, received {dtype}. Only .tflite "
            "files come in others; choose the runtime litert."
        )
    return "litert"
