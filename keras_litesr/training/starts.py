"""Weights to begin a training with: those of a preset, of a run, or of a file."""

import re
from pathlib import Path

import keras
import numpy as np

from keras_litesr.training.records import BEST
from keras_litesr.zoo.addresses import is_address
from keras_litesr.zoo.folders import CONFIG, PresetError, preset_folder
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.weights import parsed, set_arrays

_BLOCK = re.compile(r"block\d+_")


def start_place(start: str | Path) -> Path:
    """Finds the weight file or the preset folder that `start` of `load_start` means.

    Raises:
        PresetError: When there is no such thing.
    """
    if isinstance(start, str) and (start in PRESETS or is_address(start)):
        return preset_folder(start)
    path = Path(start)
    if path.is_dir() and not (path / CONFIG).is_file():
        path = path / BEST
    if not path.exists():
        raise PresetError(
            f"Expected a preset, a run's folder with {BEST} or a weight file to start from, "
            f"received {str(start)!r}, which is none. Check the path."
        )
    return path


def load_start(model: keras.Model, start: str | Path) -> None:
    """Puts the weights to begin with into a model.

    A network that differs by smaller kernels alone is a start, too: its kernels are framed by
    zeros, so that training begins with the very same pictures. So is a shallower `lite`: the
    further blocks add nothing at first. Of a deeper one the further blocks are left out.

    Args:
        model: Functional model that is to be trained.
        start: Name, hub address or folder of a preset, a run's folder (its best weights count),
            or a file of a network's weights such as `best.weights.h5`. A name in the zoo is the
            zoo's preset; a folder that is called the same is named as `./lite_x4`.

    Raises:
        PresetError: When there is no such thing, or its network is another one.

    Reference:
        Chen et al., 2016, Net2Net (function-preserving growth).
    """
    path = start_place(start)
    if path.is_dir():
        arrays = {layer.name: layer.get_weights() for layer in load(path).layers if layer.weights}
    else:
        arrays = parsed(path.read_bytes(), path)
    for layer in model.layers:
        shapes = [tuple(weight.shape) for weight in layer.weights]
        given = arrays.get(layer.name, [])
        if len(given) == len(shapes) > 0:
            arrays[layer.name] = list(map(_framed, given, shapes))
    arrays = _with_blocks_of(model, arrays)
    expected = {layer.name for layer in model.layers if layer.weights}
    if odd := sorted(expected ^ set(arrays)):
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        raise PresetError(
            f"{start} is of another network than {model.name}: only one of them has the layers "
            f"{', '.join(odd[:3])}{more}. Choose a start of the same architecture."
        )
    set_arrays(model, arrays, path)


def _with_blocks_of(
    model: keras.Model, arrays: dict[str, list[np.ndarray]]
) -> dict[str, list[np.ndarray]]:
    """Leaves out the blocks that only the start has, and adds those that only the model has."""
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    # Other networks' blocks have no layer that could be silenced.
    if "block0_project" not in layers or "block0_project" not in arrays:
        return arrays
    kept = {name: arrays[name] for name in arrays if name in layers or not _BLOCK.match(name)}
    added = {
        name: _silent(layer)
        for name, layer in layers.items()
        if name not in arrays and _BLOCK.match(name)
    }
    return kept | added


def _silent(layer: keras.Layer) -> list[np.ndarray]:
    """The fresh weights of a new block's layer; zeros for the one that adds to the stream."""
    fresh = layer.get_weights()
    return [np.zeros_like(array) for array in fresh] if layer.name.endswith("_project") else fresh


def _framed(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Frames a kernel by zeros to a larger one's shape; any other array is returned as it is."""
    missing = [size - present for size, present in zip(shape, array.shape, strict=False)]
    is_smaller_kernel = (
        array.ndim == len(shape) == 4
        and missing[2:] == [0, 0]
        and all(side >= 0 and side % 2 == 0 for side in missing)
    )
    return (
        np.pad(array, [(side // 2, side // 2) for side in missing]) if is_smaller_kernel else array
    )
