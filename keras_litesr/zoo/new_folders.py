"""Preset folders that appear whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_litesr.atomic import require_writable
from keras_litesr.zoo.folders import CONFIG, METADATA, PresetError, manifest
from keras_litesr.zoo.manifests import MANIFEST, SIGNATURE, is_plain_name


def require_plain_name(folder: Path) -> None:
    """Refuses a folder whose name cannot be that of a model, such as `.` or `a:b`.

    Raises:
        PresetError: For such a name.
    """
    if not is_plain_name(folder.name):
        raise PresetError(
            f"Expected a folder with a name that a model can have, received {str(folder)!r}. Name "
            "one such as mine_x4."
        )


def is_preset(folder: Path) -> bool:
    """Tells whether a folder is one of a preset, into which no other folder belongs."""
    return all((folder / name).is_file() for name in (MANIFEST, METADATA))


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Refuses a place where something lies that is not to be replaced.

    Raises:
        PresetError: For a link; for a file or a folder that is not empty; with `overwrite`, for
            one that is no preset folder or holds more than its manifest lists; for a name that no
            model can have; for a place inside of a preset folder, which may hold only files.
        OSError: When no file can be made beside it.
    """
    require_plain_name(folder)
    if is_preset(folder.parent):
        raise PresetError(
            f"{folder} would be a folder inside of the preset folder {folder.parent}, which holds "
            "only files. Choose a place elsewhere."
        )
    if folder.is_symlink():
        raise PresetError(
            f"Expected a place for a folder, received {folder}, which is a symbolic link. Name the "
            "folder that it leads to, or another one."
        )
    require_writable(folder.parent)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not overwrite:
        raise PresetError(
            f"{folder} exists. Choose another folder, or add --overwrite (overwrite=True) to "
            "replace it."
        )
    require_nothing_else(folder)


def require_nothing_else(folder: Path, *, beside: Collection[str] = ()) -> None:
    """Refuses a folder that is not a preset's alone, as what else it holds would be lost.

    Args:
        folder: Exists.
        beside: Names that may lie in it.

    Raises:
        PresetError: When it is no preset folder or holds more than its manifest lists.
    """
    if not (is_preset(folder) and (folder / CONFIG).is_file()):
        raise PresetError(
            f"Expected a preset folder to replace, received {folder}, which is none. Choose a new "
            "folder."
        )
    known = {*manifest(folder), MANIFEST, SIGNATURE, *beside}
    for path in sorted(folder.iterdir()):
        is_file = path.name in beside or (path.is_file() and not path.is_symlink())
        if path.name not in known or not is_file:
            raise PresetError(
                f"{folder} holds {path.name}, which is not the preset's and would be lost. Move it "
                "elsewhere, or choose another folder."
            )


@contextmanager
def appearing(
    folder: Path,
    *,
    check: Callable[[Path], None] = lambda folder: None,
    keep: Callable[[Path], bool] = lambda folder: False,
) -> Iterator[Path]:
    """Yields a hidden folder beside the target, then puts it in the target's place.

    When the block raises, nothing of it is left and the target is as it was.

    Args:
        folder: Target; its parents are made, and what lies there is replaced.
        check: Called with the target at the end, such as `require_free`: raises where something
            has appeared meanwhile that is not to be replaced.
        keep: Asked about the target at the end: whether it stays, for instance because another
            process was quicker.
    """
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    old = temporary.with_name(f"{temporary.name}.old")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if keep(folder):
            return
        check(folder)
        if os.path.lexists(folder):
            os.replace(folder, old)
        os.replace(temporary, folder)
    except BaseException:
        if os.path.lexists(old) and not os.path.lexists(folder):
            os.replace(old, folder)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)
