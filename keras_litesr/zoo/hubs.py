"""What both hubs have in common: errors in one line, and patience when asked to wait."""

import re
import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from keras_litesr.zoo.folders import PresetError

Result = TypeVar("Result")

# A hub may ask for more in all, but then a person is better told than kept waiting.
LONGEST_WAIT = 60.0
_FIRST_WAIT = 1.0


class HubError(PresetError):
    """A hub that does not give or take what it was asked for."""


class NotOnHubError(HubError):
    """A repository, revision or file that a hub does not have, or does not show to this user."""


class UnreachableError(HubError):
    """A hub that cannot be asked: no network, no answer in time, or asking is forbidden."""


class TooManyRequestsError(HubError):
    """A hub that asks to wait.

    Attributes:
        wait: Seconds that it asks for, or None.
    """

    def __init__(self, wait: float | None):
        super().__init__("The hub answered 429, too many requests.")
        self.wait = wait


def client(module: str) -> ModuleType:
    """Imports a hub's client library.

    Raises:
        PresetError: When it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise PresetError(
            f"Sharing needs the package {module}, which is not installed. Run pip install "
            "'keras_litesr[hub]'."
        ) from error


def patiently(call: Callable[[], Result], *, longest: float = LONGEST_WAIT) -> Result:
    """Calls again when a hub asks to wait, after the time that it asks for.

    Args:
        call: Something that raises `TooManyRequestsError` when asked to wait.
        longest: Seconds to wait in all.

    Raises:
        HubError: When the hub asks for more time than is left; the message says how much.
    """
    left, guess = longest, _FIRST_WAIT
    while True:
        try:
            return call()
        except TooManyRequestsError as error:
            wait = guess if error.wait is None else error.wait
            if wait > left:
                raise HubError(
                    f"The hub answered 429, too many requests, and asks to wait {wait:.0f} s; "
                    f"waited {longest - left:.0f} s already, at most {longest:.0f} s in all. Try "
                    "again later."
                ) from error
            time.sleep(wait)
            # Each wait costs something, so that a hub that always says 0 comes to an end.
            left -= max(wait, _FIRST_WAIT)
            guess *= 2


def retry_after(value: str | None) -> float | None:
    """Reads the header `Retry-After`; a date or nonsense is None."""
    return float(value) if value and re.fullmatch(r"[0-9]{1,6}", value.strip()) else None
