"""Files of a preset folder as bytes: read once, not through links, compared with their hashes."""

import re
from pathlib import Path

MANIFEST = "SHA256SUMS"
SIGNATURE = "model.sig"
# What a clone of a repository holds beside the preset; never read, and not part of a signature.
BESIDE = frozenset({".git", ".gitattributes", ".github", ".gitignore"})
_LARGEST_TEXT = 4 * 2**20
_LARGEST_FILE = 512 * 2**20


class PresetError(ValueError):
    """A preset that does not exist, is incomplete, or is not what its manifest says."""


def unchecked(folder: Path, file_name: str) -> bytes:
    """Reads a preset's file without comparing it with anything.

    Raises:
        PresetError: When the file is missing, a link, or larger than such files are.
    """
    path = folder / file_name
    if path.is_symlink():
        raise PresetError(
            f"{path} is a symbolic link and could lead anywhere. Expected a file; get the preset "
            "again."
        )
    if not path.is_file():
        raise PresetError(f"{path} is missing; get the preset again.")
    require_few_bytes(path, file_name, path.stat().st_size)
    return path.read_bytes()


def require_few_bytes(place: object, file_name: str, size_bytes: int) -> None:
    """Refuses a file that is larger than such files of a preset are.

    Args:
        place: What messages call it, its path for instance.
        file_name: What it is called in the preset.
        size_bytes: Of the file.

    Raises:
        PresetError: When it is.
    """
    is_text = file_name.endswith(".json") or file_name in (MANIFEST, SIGNATURE)
    most = _LARGEST_TEXT if is_text else _LARGEST_FILE
    if size_bytes > most:
        raise PresetError(f"{place} is larger than {most / 2**20:.0f} MiB, so it is not opened.")


def parsed_manifest(content: bytes, path: Path) -> dict[str, str]:
    """Parses the content of a `SHA256SUMS`; `path` names it in messages."""
    listed: dict[str, str] = {}
    for line in content.decode(errors="replace").splitlines():
        digest, _, name = line.partition(" ")
        if not line.strip():
            continue
        name = name[1:] if name[:1] in (" ", "*") else name
        if not is_sha256(digest) or not name:
            raise PresetError(
                f"{path} is not a list of SHA-256 and file name; get the preset again."
            )
        if not is_plain_name(name) or name in listed:
            raise PresetError(
                f"{path} lists {name!r}, which is listed twice or leads out of the folder. "
                "Expected plain file names; do not use this preset."
            )
        listed[name] = digest
    return listed


def is_sha256(value: object) -> bool:
    """Whether a value is a SHA-256 in lower-case hexadecimal digits."""
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value))


def is_plain_name(name: str) -> bool:
    """Whether a name stays in its folder: no separators, drives, dots alone or odd characters."""
    return name.isprintable() and name not in ("", ".", "..") and not set(name) & set("/\\:")
