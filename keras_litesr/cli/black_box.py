"""A model as a black box: pictures in, larger pictures out, whatever file it is in."""

from pathlib import Path

from keras_litesr.inference.upscaler import Upscaler


def black_box(model: str | Path) -> Upscaler:
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
    if path.suffix == ".tflite" and not path.is_file():
        raise ValueError(f"There is no file {path}. Name a preset, its folder, or a .tflite.")
    return Upscaler(model)
