"""Weight files read strictly: plain arrays, each where the model expects it, and nothing else."""

from pathlib import Path

import h5py
import keras
import numpy as np

from keras_litesr.zoo.folders import PresetError


def load_weights(model: keras.Model, path: Path) -> None:
    """Loads a `.weights.h5` file by layer name, with every array in its place.

    Keras' own loader leaves a layer that the file lacks with its fresh weights; here the file must
    hold exactly the model's arrays. Shapes are compared before data are read, so a file cannot ask
    for more memory than its model.

    Args:
        model: Functional model without nested models.
        path: File written by `keras.Model.save_weights`.

    Raises:
        PresetError: When an array is missing, too many, of another shape or type, or a link; the
            message names the layer.
    """
    try:
        with h5py.File(path, "r") as file:
            groups = _groups_by_layer(file, path)
            expected = {layer.name: layer for layer in model.layers if layer.weights}
            found = {name for name, variables in groups.items() if len(variables)}
            if found != set(expected):
                odd = ", ".join(sorted(found ^ set(expected)))
                raise PresetError(f"{path} and its configuration disagree about the layers {odd}.")
            arrays = {name: _arrays(groups[name], layer, path) for name, layer in expected.items()}
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, PresetError):
            raise
        raise PresetError(f"{path} is not a weight file: {error}. Get the preset again.") from error
    for name, layer in expected.items():
        layer.set_weights(arrays[name])


def _groups_by_layer(file: h5py.File, path: Path) -> dict[str, h5py.Group]:
    layers = _member(file, "layers", h5py.Group, path)
    groups = {}
    for key in layers:
        variables = _member(_member(layers, key, h5py.Group, path), "vars", h5py.Group, path)
        name = str(variables.attrs["name"])
        if name in groups:
            raise PresetError(f"{path} holds the layer {name} twice.")
        groups[name] = variables
    return groups


def _arrays(variables: h5py.Group, layer: keras.Layer, path: Path) -> list[np.ndarray]:
    if set(variables) != {str(index) for index in range(len(layer.weights))}:
        raise PresetError(
            f"{path} holds {len(variables)} arrays for the layer {layer.name}, expected "
            f"{len(layer.weights)}."
        )
    arrays = []
    for index, weight in enumerate(layer.weights):
        data = _member(variables, str(index), h5py.Dataset, path)
        if data.shape != tuple(weight.shape) or data.dtype != np.float32:
            raise PresetError(
                f"{path} holds {data.dtype} {data.shape} for the layer {layer.name}, expected "
                f"float32 {tuple(weight.shape)}."
            )
        if data.external or data.is_virtual:
            raise PresetError(f"{path} keeps the layer {layer.name} outside of itself.")
        arrays.append(data[()])
    return arrays


def _member(group: h5py.Group, name: str, kind: type, path: Path):
    """Opens a member of a group; a soft or external link could lead to another file."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise PresetError(f"{path} lacks {group.name}/{name}, or has a link in its place.")
    member = group[name]
    if not isinstance(member, kind):
        raise PresetError(f"{path} holds something else than expected at {member.name}.")
    return member
