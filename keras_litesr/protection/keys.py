"""Owner keys: 32 secret bytes and a name, from which everything keyed is derived."""

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_litesr.atomic import write_new

NAME_BYTES = 16
PAYLOAD_BITS = 8 * NAME_BYTES
_SECRET_BYTES = 32
_FORMAT = "keras_litesr owner key 1"
_COMMITMENT_LABEL = b"keras_litesr commitment 1\0"
_STREAM_LABEL = "keras_litesr stream 1: "


class KeyFileError(ValueError):
    """A file that is no owner key, is damaged, or is open to other users."""


@dataclass(frozen=True)
class OwnerKey:
    """An owner's secret and name; printing it never shows the secret.

    Attributes:
        secret: 32 random bytes.
        name: The owner's name or id, 1 to 16 bytes of UTF-8: the payload of the mark.

    Raises:
        ValueError: For a secret or a name of another length.
    """

    secret: bytes = field(repr=False)
    name: str

    def __post_init__(self) -> None:
        if len(self.secret) != _SECRET_BYTES:
            raise ValueError(
                f"Expected a secret of {_SECRET_BYTES} bytes, received {len(self.secret)}. Make a "
                "key with keys.generate."
            )
        size = len(self.name.encode())
        if not 1 <= size <= NAME_BYTES or not self.name.isprintable():
            raise ValueError(
                f"Expected a name of 1 to {NAME_BYTES} bytes of printable UTF-8, received "
                f"{self.name!r} of {size} bytes. Shorten it, or take initials or an id."
            )

    def stream(self, label: str, size: int) -> bytes:
        """Derives bytes for one purpose: HKDF-SHA256 for the label, expanded with SHAKE-256.

        They are the same on every machine and in every version.

        Args:
            label: Purpose; another label gives unrelated bytes.
            size: Number of bytes; a longer stream begins with the shorter one.
        """
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = HKDF(SHA256(), 32, salt=None, info=(_STREAM_LABEL + label).encode())
        return hashlib.shake_256(derived.derive(self.secret)).digest(size)

    @property
    def payload(self) -> bytes:
        """The name in UTF-8, filled up with zeros to 16 bytes."""
        return self.name.encode().ljust(NAME_BYTES, b"\0")

    @property
    def bits(self) -> np.ndarray:
        """The payload as `(128,)` bits, the highest of the first byte first."""
        return np.unpackbits(np.frombuffer(self.payload, np.uint8))

    @property
    def commitment(self) -> str:
        """SHA-256 of label, secret and payload, in hex: may be published, gives nothing away."""
        return hashlib.sha256(_COMMITMENT_LABEL + self.secret + self.payload).hexdigest()


def generate(path: str | Path, *, name: str) -> OwnerKey:
    """Makes a random key and writes it to a new file that only its owner may read.

    Args:
        path: File to make; an existing one is never replaced.
        name: The owner's name or id, 1 to 16 bytes of UTF-8.

    Returns:
        The key.

    Raises:
        FileExistsError: When the file exists.
        ValueError: When the name is empty or too long.
    """
    path = Path(path)
    key = OwnerKey(secrets.token_bytes(_SECRET_BYTES), name)
    content = {
        "format": _FORMAT,
        "name": name,
        "secret": key.secret.hex(),
        "commitment": key.commitment,
    }
    try:
        write_new(path, (json.dumps(content, indent=1) + "\n").encode(), mode=0o600)
    except FileExistsError:
        raise FileExistsError(
            f"{path} exists and is not replaced, as a lost key cannot be made again. Name another "
            "file."
        ) from None
    return key


def read(path: str | Path) -> OwnerKey:
    """Reads a key file.

    The file names its own commitment, so that damage is found out.

    Raises:
        FileNotFoundError: When there is no such file.
        KeyFileError: When others may read the file, or it is short, damaged or something else.
    """
    path = Path(path)
    _refuse_open_file(path)
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != _FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        key = OwnerKey(bytes.fromhex(content["secret"]), content["name"])
        if key.commitment != content["commitment"]:
            raise ValueError("secret and name do not give the commitment that it names")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise KeyFileError(
            f"Expected an owner key as `litesr protect keygen` makes it, received {path}, which is "
            f"damaged or something else: {reason}. Take your backup."
        ) from None
    return key


def _refuse_open_file(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected an owner key, but {path} is no file. Make one with `litesr protect keygen`."
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(
            f"Expected a key file that only its owner may read (mode 600), received {path} of mode "
            f"{mode:03o}. Run `chmod 600 {path}`, and make a new key if others had access."
        )
