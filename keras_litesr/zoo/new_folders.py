"""Preset folders that appear whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_litesr.zoo.folders import CONFIG, PresetError


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Refuses a place where something lies that is not to be replaced.

    Raises:
        PresetError: For a file or a folder that is not empty; with `overwrite`, for one that is
            no preset folder.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not overwrite:
        raise PresetError(
            f"{folder} exists. Choose another folder, or add --overwrite (overwrite=True) to "
            "replace it."
        )
    if not (folder / CONFIG).is_file():
        raise PresetError(f"Expected a preset folder to replace, received {folder}, which is none.")


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Yields a hidden folder beside the target, then puts it in the target's place.

    When the block raises, nothing of it is left and the target is as it was.

    Args:
        folder: Target; its parents are made, and what lies there is replaced.
    """
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    old = temporary.with_name(f"{temporary.name}.old")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if folder.exists():
            os.replace(folder, old)
        os.replace(temporary, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
