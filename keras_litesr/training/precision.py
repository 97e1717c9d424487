"""The precision that layers compute in, chosen while they are built."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def layers_in(policy: str) -> Iterator[None]:
    """Gives the layers that are built inside the block a Keras dtype policy.

    Args:
        policy: `float32` or `mixed_bfloat16`. A layer that names its own dtype keeps it, as those
            of the zoo's models do which hold the picture.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
