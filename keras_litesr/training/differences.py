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
    if shapes_differ(high_res, super_res):
        raise ValueError(
            f"Expected originals of {tuple(super_res.shape)}, as the model makes them, received "
            f"{tuple(high_res.shape)}. Make grey pictures RGB by repeating their channel, and "
            "pairs of the model's scale."
        )
    return ops.subtract(super_res, high_res)


def shapes_differ(first, second) -> bool:
    """Tells whether two tensors differ in rank or in a side that both know."""
    sides = list(zip(first.shape, second.shape, strict=False))
    is_other_rank = len(first.shape) != len(second.shape)
    return is_other_rank or any(None not in pair and pair[0] != pair[1] for pair in sides)
