"""A model as a black box: pictures in, larger pictures out, whatever file it is in."""

from pathlib import Path

import numpy as np

from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.inference.runtimes import LiteRT
from keras_litesr.inference.upscaler import Upscaler

_PROBE = 16


class TFLiteFile:
    """Enlarges pictures whole by a TFLite file of which nothing else is known.

    Args:
        path: File with one input `(batch, height, width, 3)` of free size, RGB.

    Attributes:
        name: The file's, without ending.
        scale: Its enlargement per side.

    Raises:
        ValueError: When the file is no TFLite file, or does not enlarge pictures of any size.
    """

    def __init__(self, path: Path):
        self.name = path.stem
        self._runtime = LiteRT(path)
        try:
            large = self._runtime(np.zeros((1, _PROBE, _PROBE, 3), np.float32))
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                f"Expected a file that enlarges RGB pictures of any size, received {path}, which "
                f"refuses one of {_PROBE}x{_PROBE}: {error}. Convert it without a fixed size."
            ) from error
        self.scale = large.shape[1] // _PROBE
        if large.shape != (1, self.scale * _PROBE, self.scale * _PROBE, 3) or not self.scale:
            raise ValueError(
                f"Expected a file that enlarges RGB pictures, received {path}, which makes "
                f"{large.shape} of (1, {_PROBE}, {_PROBE}, 3). Name a super-resolution model."
            )

    def __call__(self, low_res: np.ndarray) -> np.ndarray:
        """Enlarges `(height, width, 3)` uint8 RGB."""
        return to_uint8(self._runtime(to_float(low_res)[None])[0])


BlackBox = Upscaler | TFLiteFile


def black_box(model: str | Path) -> BlackBox:
    """Opens a model that is asked for pictures only.

    Args:
        model: Name from `litesr list`, preset folder, or `.tflite` file.

    Returns:
        From `(height, width, 3)` uint8 RGB to the same, `scale` times as large; it knows its
        `name` and `scale`.

    Raises:
        ValueError: For anything else.
    """
    path = Path(model)
    if path.is_file() or path.suffix == ".tflite":
        if not path.is_file():
            raise ValueError(f"There is no file {path}. Name a preset, its folder, or a .tflite.")
        return TFLiteFile(path)
    return Upscaler(model)
