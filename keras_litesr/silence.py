"""Captures what C++ libraries print, which `sys.stdout` and `sys.stderr` never see."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def captured_output() -> Iterator[Callable[[], str]]:
    """Sends the process's stdout and stderr to a file while the block runs.

    TensorFlow prints pages about the processor when it is imported.

    Yields:
        A function that returns what was printed so far.
    """
    with tempfile.TemporaryFile() as log:
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield lambda: _content(log)
        finally:
            for number, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, number)
                os.close(copy)


def hush_tensorflow() -> None:
    """Keeps TensorFlow's own log to fatal errors, unless the environment says otherwise.

    Has to be called before TensorFlow is imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _content(log) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")
