#!/usr/bin/env python3
"""Shows which roundings of a preset's int8 network the picture suffers from, and how much.

The float network's picture is compared with that of the network in which only some of the stored
tensors are rounded to eight bits: all, those of one kind, all but those of one kind. The error is
the mean square over all pixels in squared grey levels of 255, before the picture itself is rounded
(which costs 1/12 in every file). The weights of the bicubic skip are rounded throughout; nothing is
tuned.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.places import load_pictures
from keras_litesr.evaluation.tables import as_markdown
from keras_litesr.images.pixels import to_float
from keras_litesr.silence import captured_output, hush_tensorflow
from keras_litesr.zoo import folders

hush_tensorflow()
with captured_output():
    import keras

_SIDE = 96
# Kind of tensor by what its layer's name holds; the first that fits.
_KINDS = {
    "picture, in and out": ("low_res", "global_skip", "high_res"),
    "bicubic skip": ("bicubic",),
    "last two convolutions": ("subpixels",),
    "long skip": ("long_skip",),
    "additions of the blocks": ("_skip",),
    "convolutions and activations of the blocks": ("block",),
    "first convolution": ("shallow",),
}


def main() -> None:
    """Parses the command line and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("preset", help="name from `litesr list`, or a preset folder")
    parser.add_argument("--representative", type=Path, required=True, help="training photos")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="photos to judge by")
    arguments = parser.parse_args()
    try:
        with captured_output():
            rows = _rows(arguments)
    except (ValueError, OSError) as error:
        parser.exit(2, f"quantization_error.py: {error}\n")
    print(as_markdown(rows))


def _rows(arguments: argparse.Namespace) -> list[dict[str, str | float | int]]:
    from keras_litesr.export.quantization import (
        FakeQuantize,
        checked_representative,
        prepare_int8,
        representative_crops,
    )
    from keras_litesr.zoo.registry import load

    folder = folders.preset_folder(arguments.preset)
    scale = folders.metadata(folder)["scale"]
    model = load(folder)
    crops = representative_crops(arguments.representative, scale=scale)
    prepared = prepare_int8(model, checked_representative(crops, "int8"))
    pairs = degrade(load_pictures(arguments.data), scale)
    pictures = [to_float(pair.low_res[:_SIDE, :_SIDE])[None] for pair in pairs]
    exact = _enlarged(model, pictures)
    roundings = [layer.name for layer in prepared.layers if isinstance(layer, FakeQuantize)]

    def error(kept: Sequence[str]) -> float:
        return _error(exact, _enlarged(_rounding_only(prepared, kept), pictures))

    rows = [_row("all", roundings, error(roundings), error([]))]
    for kind in _KINDS:
        names = [name for name in roundings if _kind(name) == kind]
        others = [name for name in roundings if name not in names]
        if names:
            rows.append(_row(kind, names, error(names), error(others)))
    return rows


def _row(kind: str, names: list[str], alone: float, without: float) -> dict[str, str | float | int]:
    return {
        "rounded tensors": kind,
        "number": len(names),
        "error of these alone": round(alone, 3),
        "of all others": round(without, 3),
    }


def _kind(name: str) -> str:
    return next(
        (kind for kind, parts in _KINDS.items() if any(part in name for part in parts)), "others"
    )


def _rounding_only(prepared: keras.Model, kept: Sequence[str]) -> keras.Model:
    from keras_litesr.export.quantization import FakeQuantize
    from keras_litesr.models.layers import BicubicSubpixels

    def layer_for(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, FakeQuantize) and layer.name not in kept:
            return keras.layers.Identity(name=layer.name)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(prepared, clone_function=layer_for)
    copy.set_weights(prepared.get_weights())
    for layer in prepared.layers:
        if isinstance(layer, BicubicSubpixels):  # its rounded kernel is no weight
            copy.get_layer(layer.name).kernel = layer.kernel
    return copy


def _enlarged(model: keras.Model, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [np.clip(model(picture, training=False), 0, 1) for picture in pictures]


def _error(exact: Sequence[np.ndarray], rounded: Sequence[np.ndarray]) -> float:
    squares = [np.mean((one - other) ** 2) for one, other in zip(exact, rounded, strict=True)]
    return float(np.mean(squares)) * 255**2


if __name__ == "__main__":
    main()
