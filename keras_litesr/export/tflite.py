"""Keras model to TFLite file."""

import hashlib
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_litesr.atomic import published
from keras_litesr.export.arguments import (
    check_pictures,
    check_size,
    check_steps,
    check_target,
    only_size,
)
from keras_litesr.export.conversion import ConversionError, converting
from keras_litesr.export.metadata import with_metadata
from keras_litesr.export.opening import require_openable
from keras_litesr.export.operators import count_float_islands
from keras_litesr.export.quantization import checked_representative, prepare_int8, with_level_skip
from keras_litesr.export.tuning import tune
from keras_litesr.images.pixels import to_float
from keras_litesr.models.copies import copied
from keras_litesr.models.cost import receptive_radius, scale_of
from keras_litesr.zoo.contents import CALIBRATED_DTYPES, TFLITE_DTYPES

DTYPES = TFLITE_DTYPES
_FIRST_KERAS = (3, 15)


def export(
    model: keras.Model,
    path: str | Path,
    *,
    dtype: str = "float32",
    input_size: tuple[int, int] | None = None,
    representative: Sequence[np.ndarray] | None = None,
    tune_steps: int = 0,
    aware_steps: int = 0,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Converts a model to a TFLite file of built-in operators.

    Keras' own LiteRT export freezes the weights and fuses the activations, so that the network
    runs in XNNPACK as a whole. The file appears whole or not at all, equal input gives equal
    bytes, and what the converter prints is shown only when it fails.

    | dtype | weights | computes in | takes and gives |
    |---|---|---|---|
    | `float32` | float32 | float32 | float32 in [0, 1], not clipped |
    | `float16` | float16, half the size | float32 | the same |
    | `dynamic` | int8 | float32 and int8 by turns | the same |
    | `int8` | int8 | int8 | uint8 pixels |
    | `int16x8` | int8 | int16, slow on CPUs | float32 in [0, 1] |

    A `dynamic` file takes its ranges from the picture at hand, so that of tiles may differ by a
    level from that of the whole.

    Args:
        model: Functional super-resolution model.
        path: Target, ending in `.tflite`; an existing file is replaced by rename, so a process
            that has it mapped keeps the old one.
        dtype: One of `DTYPES`.
        input_size: `(height, width)` that the file is made for, one picture at a time, as
            delegates for phones want it; by default any size and number, or the only size that
            the model takes. The result takes less than 2 GiB in float32.
        representative: Low-resolution pictures `(height, width, 3)` uint8 from which `int8` and
            `int16x8` learn their ranges; training pictures, never a benchmark's. At least 8,
            better 50 or more.
        tune_steps: Steps of training by which an `int8` network learns to paint what the float
            one paints; 300 take a minute or two; 0.01 dB came back, and the mean colour.
        aware_steps: The same with weights that are rounded while they learn, by TensorFlow's
            toolkit (extra `compress`); instead of `tune_steps`.
        metadata: Further facts for the file, such as `license`; they win over the usual ones.

    Returns:
        The path.

    Raises:
        ValueError: For another suffix, an unknown dtype or size, too few pictures, or steps of
            both kinds or for another dtype; or a model that is not functional or not of RGB.
        ImportError: For `aware_steps` without the extra; the message says how to get it.
        ConversionError: When the converter fails, an operator is not built in, or LiteRT cannot
            open what came out.
    """
    path = Path(path)
    check_target(path, dtype)
    check_steps(dtype, tune_steps, aware_steps)
    scale = scale_of(model)
    input_size = only_size(model, input_size)
    if input_size is not None:
        check_size(input_size, scale)
    require_keras()
    pictures = checked_representative(representative, dtype) if dtype in CALIBRATED_DTYPES else []
    check_pictures(model, pictures)
    if isinstance(model, keras.Sequential):
        model = copied(model)
    facts = {**_facts(model, dtype, input_size, scale), **(metadata or {})}
    source = model
    if dtype == "int8":
        source = _int8_network(model, pictures, tune_steps, aware_steps)
    elif dtype in ("dynamic", "int16x8"):
        source = with_level_skip(model)
    content = with_metadata(_converted(source, dtype, input_size, pictures), facts)
    _refuse_unopenable(content, model.name, dtype)
    if dtype == "int8":
        _warn_of_float_islands(content, model.name)
    with published(path) as temporary:
        temporary.write_bytes(content)
    return path


def weights_sha256(model: keras.Model) -> str:
    """Hashes the weights in the model's order, as little-endian float32, in hex."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()


def _int8_network(
    model: keras.Model, pictures: Sequence[np.ndarray], tune_steps: int, aware_steps: int
) -> keras.Model:
    network = prepare_int8(model, pictures)
    if tune_steps:
        tune(network, model, pictures, steps=tune_steps)
    if aware_steps:
        from keras_litesr.export.awareness import train_aware

        return train_aware(network, model, pictures, steps=aware_steps)
    return network


def _converted(
    model: keras.Model,
    dtype: str,
    input_size: tuple[int, int] | None,
    pictures: Sequence[np.ndarray],
) -> bytes:
    advice = "" if input_size else " For one `input_size`, such as 128x128, more layers convert."
    # Not beside the target: a conversion that is killed must not leave a folder in a preset's.
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "converted.tflite"
        with converting(model.name, "TFLite", advice=advice):
            model.export(
                path,
                format="litert",
                verbose=False,
                input_signature=[_signature(model, input_size)],
                **_options(dtype, _tiles(pictures, input_size)),
            )
        return path.read_bytes()


def _refuse_unopenable(content: bytes, name: str, dtype: str) -> None:
    try:
        require_openable(content)
    except (RuntimeError, ValueError) as error:
        more = ", or representative pictures of more kinds" if dtype in CALIBRATED_DTYPES else ""
        raise ConversionError(
            f"Expected a file that LiteRT opens, received one of {name} in {dtype} that it does "
            f"not: {error}. Choose another dtype{more}."
        ) from error


def _warn_of_float_islands(content: bytes, name: str) -> None:
    if islands := count_float_islands(content):
        warnings.warn(
            f"{name} computes in float32 at {islands} places of its int8 file, which costs "
            "time: between layers that have no int8 form, such as a batch normalisation that does "
            "not follow a convolution.",
            stacklevel=3,
        )


def require_keras() -> None:
    """Refuses a Keras that cannot export to LiteRT.

    Raises:
        ConversionError: For one older than 3.15, as there is for Python 3.10.
    """
    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < _FIRST_KERAS:
        raise ConversionError(
            f"Expected Keras {'.'.join(map(str, _FIRST_KERAS))} or newer to export to LiteRT, "
            f"received {keras.__version__}. Convert on Python 3.11 or newer."
        )


def _facts(
    model: keras.Model, dtype: str, input_size: tuple[int, int] | None, scale: int
) -> dict[str, Any]:
    pixels = {"dtype": "uint8", "range": [0, 255], "normalization": "none"}
    floats = {"dtype": "float32", "range": [0, 1], "normalization": "pixel / 255"}
    door = pixels if dtype == "int8" else floats
    return {
        "name": model.name,
        "scale": scale,
        "receptive_radius": _known_radius(model),
        "dtype": dtype,
        "input_size": None if input_size is None else list(input_size),
        "channels": "RGB",
        "layout": "NHWC",
        "input": door,
        "output": {**door, "clipped": dtype == "int8"},
        "weights_sha256": weights_sha256(model),
    }


def _known_radius(model: keras.Model) -> int | None:
    """Computes how far a pixel sees, or gives None where the reach of a layer is not known."""
    try:
        return receptive_radius(model)
    except ValueError:
        return None


def _signature(model: keras.Model, input_size: tuple[int, int] | None) -> keras.InputSpec:
    channels = model.input_shape[-1]
    shape = (None, None, None, channels) if input_size is None else (1, *input_size, channels)
    return keras.InputSpec(shape=shape, dtype="float32", name="low_res")


def _tiles(pictures: Sequence[np.ndarray], size: tuple[int, int] | None) -> Sequence[np.ndarray]:
    """Cuts pictures into tiles of the one size that a file takes; small ones are repeated."""
    if size is None:
        return pictures
    height, width = size
    return [
        picture.take(range(top, top + height), 0, mode="wrap").take(
            range(left, left + width), 1, mode="wrap"
        )
        for picture in pictures
        for top in range(0, max(picture.shape[0] - height, 0) + 1, height)
        for left in range(0, max(picture.shape[1] - width, 0) + 1, width)
    ]


def _options(dtype: str, pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """Gives the converter's settings; without Flex operators, which phones lack."""
    import tensorflow as tf

    ops = tf.lite.OpsSet
    optimized: dict[str, Any] = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    builtins: dict[str, Any] = {"target_spec": {"supported_ops": [ops.TFLITE_BUILTINS]}}
    if dtype == "float32":
        return builtins
    if dtype == "float16":
        builtins["target_spec"]["supported_types"] = [tf.float16]
    if dtype == "int8":
        optimized |= {"inference_input_type": tf.uint8, "inference_output_type": tf.uint8}
    if dtype == "int16x8":
        # The pixel shuffle has no int16 kernel, hence the float one as second choice.
        wide = ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        builtins["target_spec"]["supported_ops"] = [wide, ops.TFLITE_BUILTINS]
        optimized["representative_dataset"] = lambda: ([to_float(p)[None]] for p in pictures)
    return {**optimized, **builtins}
