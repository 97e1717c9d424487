"""How presets are to be verified, handed to whatever opens them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keras_litesr.zoo.integrity import CheckedFolder, checked_folder, require_known_mode
from keras_litesr.zoo.manifests import PresetError

KeyFiles = str | Path | Iterable[str | Path]


@dataclass(frozen=True)
class Checks:
    """How presets are verified before they are used; see `checked_folder`.

    Attributes:
        verify: `auto`, `require` or `off`.
        trusted_keys: Files of public keys, beside the release keys of this package.

    Raises:
        ValueError: For another mode.
    """

    verify: str = "auto"
    trusted_keys: tuple[str | Path, ...] = ()

    def __post_init__(self) -> None:
        require_known_mode(self.verify)

    def folder(self, path: Path) -> CheckedFolder:
        """Checks a folder; raises as `checked_folder`."""
        return checked_folder(path, verify=self.verify, trusted_keys=self.trusted_keys)

    def refuse_unsigned_file(self, path: str | os.PathLike[str]) -> None:
        """Refuses a `.tflite` file without its preset where signatures are required.

        Raises:
            PresetError: With `require`.
        """
        if self.verify == "require":
            raise PresetError(
                f"{path} is not signed: a file alone cannot be. Get the signed preset that it is "
                "from."
            )


def key_files(trusted_keys: KeyFiles) -> tuple[str | Path, ...]:
    """Lists the files of public keys that a caller names, one or several.

    Raises:
        TypeError: For anything but paths.
    """
    if isinstance(trusted_keys, str) or not isinstance(trusted_keys, Iterable):
        trusted_keys = (trusted_keys,)
    keys = tuple(trusted_keys)
    for key in keys:
        if not isinstance(key, (str, os.PathLike)):
            raise TypeError(
                f"Expected files of public keys as trusted_keys, received {key!r}. Give a path "
                "such as 'release.pub', or several."
            )
    return keys
