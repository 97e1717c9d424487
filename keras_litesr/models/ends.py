"""What a model takes and gives: one batch of RGB pictures each."""

import keras

_FUNCTIONAL = "Build it with keras.Model(inputs, outputs)."


def check_ends(model: keras.Model) -> None:
    """Refuses a model that does not make RGB pictures of RGB pictures, or does not say so.

    Raises:
        TypeError: For something else than a Keras model.
        ValueError: For a model that is not functional, such as a `WGANGP`, or has several inputs or
            outputs, or other colours; the message names what it takes and gives.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"Expected a Keras model, received {model!r}. Load one with keras_litesr.load."
        )
    takes, gives = (getattr(model, name, None) for name in ("inputs", "outputs"))
    if takes is None or gives is None:
        raise ValueError(
            f"Expected a functional Keras model, received {model.name}, a {type(model).__name__}. "
            + ("Give its `generator`." if hasattr(model, "generator") else _FUNCTIONAL)
        )
    if not (_is_rgb(takes) and _is_rgb(gives)):
        ends = [" and ".join(str(tuple(tensor.shape)) for tensor in end) for end in (takes, gives)]
        raise ValueError(
            "Expected a model from one batch of RGB pictures (any, height, width, 3) to another, "
            f"received {model.name}, which takes {ends[0]} and gives {ends[1]}. Make grey pictures "
            "RGB by repeating their channel."
        )


def _is_rgb(end: list) -> bool:
    return len(end) == 1 and len(end[0].shape) == 4 and end[0].shape[-1] in (3, None)
