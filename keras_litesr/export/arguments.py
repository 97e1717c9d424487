"""What `export.tflite.export` is asked for, checked before it works."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from keras_litesr.zoo.contents import TFLITE_DTYPES

_LARGEST_BYTES = 2**31


def check_target(path: Path, dtype: str) -> None:
    """Refuses a path that is no `.tflite` file's, and an unknown dtype."""
    if path.suffix != ".tflite":
        raise ValueError(f"Expected a path ending in .tflite, received {path}.")
    if path.is_dir():
        raise ValueError(
            f"Expected the name of a file, received {path}, a folder. Choose another name."
        )
    if dtype not in TFLITE_DTYPES:
        raise ValueError(
            f"Expected one of the dtypes {', '.join(TFLITE_DTYPES)}, received {dtype!r}."
        )


def only_size(model: keras.Model, input_size: tuple[int, int] | None) -> tuple[int, int] | None:
    """Gives the size that is asked for, or else the one that the model is tied to."""
    height, width = model.input_shape[1:3]
    if not height or not width:
        return input_size
    if input_size is not None and tuple(input_size) != (height, width):
        raise ValueError(
            f"Expected `input_size` to be {(height, width)}, the only one that {model.name} takes, "
            f"received {input_size}. Leave it out, or build the model for any size."
        )
    return height, width


def check_pictures(model: keras.Model, pictures: Sequence[np.ndarray]) -> None:
    """Refuses pictures of another size than the one that the model is tied to."""
    size = model.input_shape[1:3]
    odd = [picture.shape[:2] for picture in pictures if picture.shape[:2] != size]
    if None not in size and odd:
        raise ValueError(
            f"Expected representative pictures of {size}, the only size that {model.name} takes, "
            f"received one of {odd[0]}. Cut them to that size."
        )


def check_size(input_size: tuple[int, int], scale: int) -> None:
    """Refuses what is no size, and one whose result takes 2 GiB or more."""
    if len(input_size) != 2 or not all(isinstance(s, int) and s >= 1 for s in input_size):
        raise ValueError(
            "Expected `input_size` to be (height, width) in low-resolution pixels, or None for any "
            f"size, received {input_size!r}."
        )
    height, width = input_size
    needed = height * width * scale**2 * 3 * 4
    if needed >= _LARGEST_BYTES:
        raise ValueError(
            f"Expected a size whose result takes less than {_LARGEST_BYTES >> 30} GiB of memory, "
            f"received {width}x{height}, which takes {needed / 2**30:,.1f}. Choose a smaller one, "
            "such as 128x128; a larger picture is enlarged in tiles of that size."
        )


def check_steps(dtype: str, tune_steps: int, aware_steps: int) -> None:
    """Refuses steps of both kinds, or for a dtype that is not trained."""
    given = {"tune_steps": tune_steps, "aware_steps": aware_steps}
    received = [f"{name}={steps}" for name, steps in given.items() if steps]
    if len(received) > 1 or (received and dtype != "int8"):
        raise ValueError(
            "Expected at most one of tune_steps and aware_steps, and for int8, received "
            f"{' and '.join(received)} for {dtype}. Leave one of them out."
        )
