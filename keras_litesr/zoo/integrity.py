"""Whether a preset folder is what its owner released: listing, hashes and signature."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from keras_litesr.zoo import folders, signatures
from keras_litesr.zoo.manifests import (
    BESIDE,
    MANIFEST,
    SIGNATURE,
    PresetError,
    parsed_manifest,
    unchecked,
)
from keras_litesr.zoo.signatures import Keys, SignatureError

VERIFY = ("auto", "require", "off")
_NEEDED = (folders.CONFIG, folders.WEIGHTS)


@dataclass(frozen=True)
class CheckedFolder:
    """A preset folder whose listing, manifest and signature were checked.

    The files themselves are compared with their hashes when they are read, unless that was asked
    for at once.

    Attributes:
        path: The folder.
        digests: File name to expected SHA-256; None when nothing is to be checked.
        manifest_digest: SHA-256 of the manifest itself.
        signer: Fingerprint of the trusted key that signed the folder, or None.
    """

    path: Path
    digests: dict[str, str] | None = None
    manifest_digest: str = ""
    signer: str | None = None

    def __contains__(self, file_name: str) -> bool:
        if self.digests is None:
            return (self.path / file_name).is_file()
        return file_name in self.digests

    def read(self, file_name: str) -> bytes:
        """Reads a file once and compares what was read with its hash.

        Raises:
            PresetError: When the file is missing, not listed, or has another SHA-256.
        """
        if self.digests is None:
            return unchecked(self.path, file_name)
        return folders.read(self.path, file_name, self.digests.get(file_name))

    def require_unaltered(self) -> None:
        """Compares all files that are listed with their hashes.

        Raises:
            PresetError: When one has another SHA-256.
        """
        for name in self.digests or ():
            self.read(name)


def require_known_mode(verify: str) -> None:
    """Refuses a word that stands for no way to verify.

    Raises:
        ValueError: For such a word.
    """
    if verify not in VERIFY:
        raise ValueError(f"Expected verify to be {', '.join(VERIFY)}, received {verify!r}.")


def checked_folder(
    folder: Path, *, verify: str = "auto", trusted_keys: Iterable[str | Path] = ()
) -> CheckedFolder:
    """Checks what a folder holds, its manifest and, where it can be judged, its signature.

    Without a trusted key a signature proves nothing, and `auto` passes over it as if it were not
    there: whoever alters a folder can remove its signature as well. Only `require` refuses that.

    Args:
        folder: Preset folder.
        verify: `auto` checks checksums always, and a signature that a trusted key made;
            `require` refuses a folder that no trusted key has signed, and reads all of its files;
            `off` checks nothing.
        trusted_keys: Files of public keys, beside the release keys of this package.

    Raises:
        PresetError: When a file is not listed, missing or a link, or the manifest is damaged; with
            `require`, when any file has another hash.
        SignatureError: When the signature is damaged, or not of these files; with `require`,
            when there is none by a trusted key.
        ValueError: For another mode.
    """
    require_known_mode(verify)
    if verify == "off":
        return CheckedFolder(folder)
    files = listed_folder(folder)
    envelope = signature_of(folder)
    if envelope is not None:
        keys = signatures.public_keys(trusted_keys)
        files = replace(files, signer=signer_of(files, envelope, keys))
    if verify == "require":
        if files.signer is None:
            raise _unsigned(folder, envelope)
        files.require_unaltered()
    return files


def listed_folder(folder: Path) -> CheckedFolder:
    """Compares what lies in a folder with its manifest, by name; signatures are left alone.

    Raises:
        PresetError: When a file is not listed, missing or a link, or the manifest is damaged.
    """
    content = unchecked(folder, MANIFEST)
    digests = parsed_manifest(content, folder / MANIFEST)
    for name in _NEEDED:
        if name not in digests:
            raise PresetError(f"{folder / MANIFEST} does not list {name}; get the preset again.")
    present = _files_in(folder, digests)
    if extra := sorted(present - set(digests) - {MANIFEST, SIGNATURE}):
        raise PresetError(
            f"{folder / extra[0]} is not listed in {MANIFEST}, so nobody released it. Move it out "
            "of the folder, or get the preset again."
        )
    if missing := sorted(set(digests) - present):
        raise PresetError(
            f"{folder / missing[0]} is missing although the manifest lists it; get the preset "
            "again."
        )
    return CheckedFolder(folder, digests, hashlib.sha256(content).hexdigest())


def signature_of(folder: Path) -> signatures.Envelope | None:
    """Reads a folder's signature file, unproven; None where there is none.

    Raises:
        SignatureError: When it is damaged.
    """
    path = folder / SIGNATURE
    if not path.exists():
        return None
    return signatures.parsed(unchecked(folder, SIGNATURE), path)


def signer_of(files: CheckedFolder, envelope: signatures.Envelope, keys: Keys) -> str | None:
    """Finds the key that signed exactly the files that a folder's manifest lists.

    Args:
        files: From `listed_folder`.
        envelope: The folder's signature.
        keys: Keys to trust.

    Returns:
        The key's fingerprint, or None when none of the keys made the signature.

    Raises:
        SignatureError: When the signature fails, or is of other files; the message names the file
            and both hashes.
    """
    signer = signatures.signer(envelope, keys, files.path / SIGNATURE)
    if signer is not None:
        require_signed(files, envelope)
    return signer


def require_signed(files: CheckedFolder, envelope: signatures.Envelope) -> None:
    """Compares the files that a signature is of with those of a folder's manifest.

    No key is asked for: whoever made it, a signature of other files is of no use here.

    Raises:
        SignatureError: When they differ; the message names a file and both hashes.
    """
    signed = signatures.listed(envelope, files.path / SIGNATURE)
    received = {**(files.digests or {}), MANIFEST: files.manifest_digest}
    odd = {name for name, _ in signed.items() ^ received.items()}
    if odd:
        # The manifest differs whenever another file does, and says less.
        name = min(odd, key=lambda each: (each == MANIFEST, each))
        raise SignatureError(
            f"{files.path / name} is not the file that was signed: expected SHA-256 "
            f"{signed.get(name, 'of none, it was not signed')}, received "
            f"{received.get(name, 'none, it is not listed')}. Get the preset again, and do not "
            "use this file."
        )


def _files_in(folder: Path, digests: dict[str, str]) -> set[str]:
    names = set()
    for path in folder.iterdir():
        if path.is_symlink():
            raise PresetError(
                f"{path} is a symbolic link and could lead anywhere. Expected a file; get the "
                "preset again."
            )
        if path.name in BESIDE - set(digests):
            continue
        if not path.is_file():
            raise PresetError(f"{path} is no file. Expected a folder of files; move it elsewhere.")
        names.add(path.name)
    return names


def _unsigned(folder: Path, envelope: signatures.Envelope | None) -> SignatureError:
    if envelope is None:
        return SignatureError(
            f"{folder} is not signed: expected {SIGNATURE}. Get a signed preset, or verify with "
            "`auto` if you trust where it comes from."
        )
    return SignatureError(
        f"{folder / SIGNATURE} was made with the key {envelope.key or 'of an unknown owner'}, "
        "which is not trusted. If you know whose it is, name its public key: --public-key of "
        "`litesr`, trusted_keys in Python."
    )
