"""Signs preset folders in the format of OpenSSF model signing, with the owner's own key pair."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

from keras_litesr.atomic import published, write_new
from keras_litesr.zoo.integrity import listed_folder
from keras_litesr.zoo.manifests import BESIDE, SIGNATURE

_CURVES = ("secp256r1", "secp384r1", "secp521r1")


def generate_key_pair(private_path: str | Path, public_path: str | Path) -> str:
    """Makes a key pair for signatures: ECDSA on P-256, PEM files without password.

    Args:
        private_path: New file that only its owner may read. Keep it, and keep it secret.
        public_path: New file for those who verify.

    Returns:
        The public key's fingerprint: SHA-256 of its file, in hex.

    Raises:
        FileExistsError: When one of the files exists; nothing is made or replaced then.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private_path, public_path = Path(private_path), Path(public_path)
    for path in (private_path, public_path):
        if path.exists():
            raise FileExistsError(
                f"{path} exists and is not replaced, as a lost key cannot be made again. Name "
                "another file."
            )
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_new(private_path, secret, mode=0o600)
    try:
        write_new(public_path, public, mode=0o644)
    except BaseException:
        private_path.unlink()
        raise
    return hashlib.sha256(public).hexdigest()


def sign(folder: str | Path, private_key: str | Path) -> Path:
    """Signs every file of a preset folder; an earlier signature is replaced.

    Every file is compared with the manifest first, so nothing is signed by accident.

    Args:
        folder: Preset folder with a manifest that fits.
        private_key: PEM file of an ECDSA key on P-256, P-384 or P-521, outside of the folder.

    Returns:
        The signature file.

    Raises:
        ImportError: When `model-signing` is not installed; the message says how to install it.
        PresetError: When the folder is not what its manifest says.
        ValueError: For a key of another type, or one that lies in the folder.
    """
    folder, private_key = Path(folder), Path(private_key)
    hashing, signing = _model_signing()
    if folder.resolve() in private_key.resolve().parents:
        raise ValueError(
            f"{private_key} lies in the folder that is to be signed and published. Keep it "
            "elsewhere, and make a new one if it was published before."
        )
    _check_private_key(private_key)
    files = listed_folder(folder)
    files.require_unaltered()
    # Not signed: the old signature, and what a clone of a repository holds.
    unsigned = {SIGNATURE, *BESIDE} - set(files.digests or ())
    config = signing.Config().use_elliptic_key_signer(private_key=private_key)
    config.set_hashing_config(
        hashing.Config().set_ignored_paths(paths=sorted(unsigned), ignore_git_paths=False)
    )
    with published(folder / SIGNATURE) as temporary:
        config.sign(folder, temporary)
    return folder / SIGNATURE


def _model_signing() -> tuple[ModuleType, ModuleType]:
    try:
        from model_signing import hashing, signing
    except ImportError as error:
        raise ImportError(
            "Signing needs model-signing and pyOpenSSL: pip install 'keras_litesr[protect]'. "
            "Verifying needs neither."
        ) from error
    return hashing, signing


def _check_private_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except TypeError as error:
        raise ValueError(
            f"Expected a private key without password, received {path}, which has one. Decrypt it "
            "with `openssl pkey` while you sign."
        ) from error
    except ValueError as error:
        raise ValueError(
            f"Expected a private key in PEM format, received {path}, which is something else. "
            "`litesr protect keygen` makes key pairs."
        ) from error
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name not in _CURVES:
        raise ValueError(
            f"Expected an ECDSA key on P-256, P-384 or P-521, received {path}, which is of another "
            "type. `litesr protect keygen` makes key pairs."
        )
