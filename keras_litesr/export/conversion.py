"""Converters as they should fail: in one kind of error that has what they printed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from keras_litesr.silence import captured_output


class ConversionError(ValueError):
    """A model that did not convert; names the operator where the converter does."""


@contextmanager
def converting(name: str, kind: str, *, advice: str = "") -> Iterator[None]:
    """Shows what a converter prints in the block only when it fails.

    Args:
        name: The model's.
        kind: Format that it is converted to.
        advice: What the message ends with.

    Raises:
        ConversionError: When the block raises anything but `MemoryError`.
    """
    with captured_output() as printed:
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:
            said = f"{error}\n{printed()}"
            reason = f"{_reason(said)}{advice}"
            raise ConversionError(f"{name} did not convert to {kind}{reason}") from error


def _reason(said: str) -> str:
    place = r'"[^"/]+/([^"/@]+)[^"]*@[^\n]*'
    missing = re.search(rf"(?:{place})?'(tf\.\w+)' op is neither", said)
    if missing is None:
        return f": {said}"
    where = f" in the layer {missing[1]}" if missing[1] else ""
    return (
        f", which has no operator for {missing[2]}{where}. Express the layer in operations that "
        "phones have."
    )
