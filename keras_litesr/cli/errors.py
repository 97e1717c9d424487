"""Errors in the words of the command line."""

import errno
import os
from pathlib import Path

from keras_litesr.atomic import unwritable
from keras_litesr.failures import TrainingError

# What the libraries below say in errors of other kinds.
_OUT_OF_MEMORY = ("std::bad_alloc", "OOM when allocating", "Unable to allocate")
_UNWRITABLE = (errno.EROFS, errno.ENOSPC, errno.EACCES, errno.EPERM)


def explained(error: Exception) -> str:
    """Puts an error into a line for a person: our own as it is, others with what they are."""
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY):
        return "There is not enough memory for this. Close other programs, or take less at once."
    if isinstance(error, OSError) and _is_unwritable(error):
        path = Path(os.fsdecode(error.filename))
        # A hidden name is a temporary one, which the person has never seen.
        place = path.parent if path.name.startswith(".") else path
        return unwritable(place, error.strerror or type(error).__name__)
    if isinstance(error, (ValueError, OSError, TrainingError)) and str(error):
        return str(error)
    # The import system says which module it did not find; our sentences say what to install.
    if isinstance(error, ImportError) and not (error.name or error.path):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}. Run again with --debug and report it."


def _is_unwritable(error: OSError) -> bool:
    """Tells a file that cannot be made from one that is there and cannot be read."""
    if error.errno not in _UNWRITABLE or not isinstance(error.filename, (str, bytes, os.PathLike)):
        return False
    return not os.path.isfile(error.filename)
