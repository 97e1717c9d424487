"""Text for stdout, which cannot encode every file name."""

import sys


def printable(text: str) -> str:
    """Replaces what stdout cannot encode, so that saying a file's name does not fail."""
    # Stderr escapes it by itself.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
