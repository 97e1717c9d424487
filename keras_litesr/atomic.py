"""Files that appear whole or not at all."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def published(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Yields a hidden new name beside the target, then makes the file durable and renames it.

    The new name ends as the target's does, by which writers choose their format.

    Raises:
        FileExistsError: When the target is there in the end and may not be replaced.
    """
    ending = ".weights.h5" if path.name.endswith(".weights.h5") else path.suffix
    temporary = path.with_name(f".{secrets.token_hex(8)}{ending}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        if overwrite:
            os.replace(temporary, path)
        else:
            _rename_to_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _rename_to_new(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)  # unlike a rename, fails where a file has appeared meanwhile
    except OSError:  # so it does on a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(occupied(path)) from None
        os.replace(temporary, path)


def require_writable(folder: Path) -> None:
    """Tries a folder that is to be written to, before the work whose result it gets.

    Args:
        folder: May be missing; then the nearest folder above it is tried.

    Raises:
        OSError: When no file can be made there, as within a file.
    """
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(
            f"Expected a folder to write to, received {str(folder)!r}, which is none. Choose "
            "another name."
        )
    with tempfile.NamedTemporaryFile(dir=folder, prefix="."):
        pass


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Writes a file that must not exist yet, with its permissions from the first byte on.

    Raises:
        FileExistsError: When it exists.
    """
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)
    except BaseException:
        path.unlink()
        raise


def occupied(path: Path) -> str:
    """Says that something lies at a path that is to be new, and what to do."""
    what, advice = "an existing file", "Allow overwriting or choose another name."
    if path.is_dir():
        what, advice = "a folder", "Choose another name."
    return f"Expected a new file name, received {str(path)!r}, {what}. {advice}"


def unwritable(path: Path, reason: str) -> str:
    """Says that nothing can be written at a path, and what to do."""
    return (
        f"Expected a place to write {str(path)!r}, received an error ({reason}). "
        "Check permissions and free space, or choose another folder."
    )


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes a JSON file."""
    with published(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")
