"""What a model made, minus the original, where the two can be compared at all."""

import keras
from keras import ops


def difference(high_res, super_res):
    """Subtracts the original from what a model made, pixel by pixel.

    TensorFlow and Torch would repeat a grey original for three colours, and one picture for a
    whole batch, without a word.

    Args:
        high_res: `(batch, height, width, channels)` floating point, the original.
        super_res: The same shape, what the model made.

    Raises:
        TypeError: For originals that are integers.
        ValueError: When the shapes differ.
    """
    kind = keras.backend.standardize_dtype(getattr(high_res, "dtype", "float32"))
    if "float" not in kind:
        raise TypeError(
            f"Expected originals as floating point in [0, 1], received {kind}. Divide pixels of 0 "
            "to 255 by 255, also those that the model is given."
        )
    expected, received = tuple(super_res.shape), tuple(high_res.shape)
    known = zip(expected, received, strict=False)
    if len(expected) != len(received) or any(a != b for a, b in known if None not in (a, b)):
        raise ValueError(
            f"Expected originals of {expected}, as the model makes them, received {received}. Make "
            "grey pictures RGB by repeating their channel, and pairs of the model's scale."
        )
    return ops.subtract(super_res, high_res)
