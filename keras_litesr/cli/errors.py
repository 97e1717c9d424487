"""Errors in the words of the command line."""

import errno
import os
from pathlib import Path

from keras_litesr.atomic import unwritable
from keras_litesr.failures import TrainingError

# What the libraries below say in errors of other kinds.
_OUT_OF_MEMORY = ("std::bad_alloc", "OOM when allocating", "Unable to allocate")
_UNWRITABLE = (errno.EROFS, errno.ENOSPC, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)


def explained(error: Exception) -> str:
    """Puts an error into a line for a person: our own as it is, others with what they are."""
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY):
        return "There is not enough memory for this. Close other programs, or take less at once."
    if isinstance(error, OSError) and isinstance(error.filename, (str, bytes, os.PathLike)):
        path = Path(os.fsdecode(error.filename))
        # A hidden name is a temporary one, which the person has never seen.
        is_temporary = path.name.startswith(".")
        if _is_unwritable(error) or (error.errno == errno.ENOENT and is_temporary):
            place = path.parent if is_temporary else path
            return unwritable(place, error.strerror or type(error).__name__)
        if error.errno == errno.ENOENT:
            return _missing(path)
    if isinstance(error, (ValueError, OSError, TrainingError)) and str(error):
        return str(error)
    # The import system says which module it did not find; our sentences say what to install.
    if isinstance(error, ImportError) and not (error.name or error.path):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}. Run again with --debug and report it."


def _is_unwritable(error: OSError) -> bool:
    """Tells a file that cannot be made from one that is there and cannot be read."""
    return error.errno in _UNWRITABLE and not os.path.isfile(error.filename)


def _missing(path: Path) -> str:
    """Says what is missing of a file that was to be read or made."""
    if path.parent.is_dir():
        return f"Expected a file at {str(path)!r}, received nothing: no such file. Check the path."
    return (
        f"Expected a folder for {str(path)!r}, received {str(path.parent)!r}, which is none. Check "
        "the path, or make the folder first."
    )
