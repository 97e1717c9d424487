"""What may lie in a preset folder: files, and none of them a secret key."""

import re
from pathlib import Path

from keras_litesr.zoo.manifests import BESIDE, PresetError

# Of a key pair for signatures, of SSH, and of an owner, whose format `protection.keys` writes.
_SECRET = re.compile(
    rb'^-----BEGIN [A-Z ]*PRIVATE KEY-----|"format"\s*:\s*"keras_litesr owner key', re.MULTILINE
)
_HEAD_BYTES = 4096
TFLITE_DTYPES = ("float32", "float16", "dynamic", "int8", "int16x8")
# Those whose ranges are learnt from pictures.
CALIBRATED_DTYPES = ("int8", "int16x8")


def promised_dtype(file_name: str, name: str) -> str | None:
    """Gives the dtype that the name of a preset's `.tflite` file promises, for any size.

    Args:
        file_name: Of the file.
        name: The preset's.

    Returns:
        None for a file that the preset does not run, as its name is another.
    """
    dtypes = {f"{name}_{dtype}.tflite": dtype for dtype in TFLITE_DTYPES}
    return dtypes.get(file_name)


def require_only_files(folder: Path) -> None:
    """Refuses a folder with subfolders, links or secret keys.

    Raises:
        PresetError: When there is one; the message names it.
    """
    for path in sorted(folder.iterdir()):
        if path.name in BESIDE:
            continue
        if path.is_symlink() or not path.is_file():
            raise PresetError(
                f"Expected only files in the preset folder {folder}, but {path.name} is a link or "
                "a folder. Move it elsewhere."
            )
        require_no_secret_key(path)


def require_no_secret_key(path: Path) -> None:
    """Refuses a file that holds a secret key, by its content, whatever its name.

    Raises:
        PresetError: For such a file.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if _SECRET.search(head):
        raise PresetError(
            f"{path} is a secret key, but everything in a preset folder is published. Move it "
            "elsewhere, and make a new one if others had access."
        )
