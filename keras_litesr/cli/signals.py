"""Signals that end a command as an exception does, so that what is half-written is removed."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

# What `kill`, `timeout` and a shutdown send, and a terminal that is closed; not all on Windows.
_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Turns the signals into `SystemExit` with 128 and their number, in the main thread only.

    One that is ignored, as `nohup` asks for, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]

    def end(number: int, _: object) -> NoReturn:
        for each in taken:  # A shutdown sends several, which must not disturb the removal.
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
