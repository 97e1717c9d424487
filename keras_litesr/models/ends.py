"""What a model takes and gives: one batch of RGB pictures each."""

import keras

_FUNCTIONAL = "Build it with keras.Model(inputs, outputs)."


def check_ends(model: keras.Model) -> None:
    """Refuses a model that does not make RGB pictures of RGB pictures, or does not say so.

    Raises:
        TypeError: For something else than a Keras model.
        ValueError: For a model that is not functional, such as a `WGANGP`, or has several inputs or
            outputs, a dictionary of them, or other colours; the message names what it takes and
            gives.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"Expected a Keras model, received {model!r}. Load one with keras_litesr.load."
        )
    if not (getattr(model, "inputs", None) and getattr(model, "outputs", None)):
        raise ValueError(
            f"Expected a functional Keras model, received {model.name}, a {type(model).__name__}. "
            + ("Give its `generator`." if hasattr(model, "generator") else _FUNCTIONAL)
        )
    if isinstance(model, keras.Sequential):
        ends = model.inputs[0], model.outputs[0]
    else:
        ends = model.input, model.output
    if not all(map(_is_rgb, ends)):
        takes, gives = keras.tree.map_structure(lambda tensor: tuple(tensor.shape), ends)
        raise ValueError(
            "Expected a model from one batch of RGB pictures (any, height, width, 3) to another, "
            f"received {model.name}, which takes {takes} and gives {gives}. Take the part that "
            "makes the picture; make grey ones RGB by repeating their channel."
        )


def _is_rgb(end) -> bool:
    return isinstance(end, keras.KerasTensor) and end.ndim == 4 and end.shape[-1] in (3, None)
