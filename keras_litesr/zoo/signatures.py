"""Verifies the signature of a preset folder, without the packages that made it.

The format is OpenSSF model signing: a Sigstore bundle around a DSSE envelope around an in-toto
statement with every file's SHA-256, signed with ECDSA.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_litesr.zoo.manifests import SIGNATURE, PresetError, is_plain_name, is_sha256

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

RELEASE_KEYS = Path(__file__).with_name("keys")
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://model_signing/signature/v1.0"
# How the DER form of a public key begins, to its curve and the hash that goes with it. Keys are
# read by hand, because the module that can do it takes as long to import as all the rest.
_KINDS = {
    bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"): ("SECP256R1", "SHA256"),
    bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200"): ("SECP384R1", "SHA384"),
    bytes.fromhex("30819b301006072a8648ce3d020106052b8104002303818600"): ("SECP521R1", "SHA512"),
}
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")
_CERTIFICATE = "of a certificate"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)

Keys = Mapping[str, "EllipticCurvePublicKey"]


class SignatureError(PresetError):
    """A signature that is missing, damaged, by another key, or of other files."""


@dataclass(frozen=True)
class Envelope:
    """A signature file's content, nothing of which is proven.

    Attributes:
        key: Fingerprint of the key that it says it was made with; empty where it says nothing.
        payload: What is signed.
        signature: ECDSA signature in DER.
    """

    key: str
    payload: bytes
    signature: bytes


def public_keys(paths: Iterable[str | Path] = ()) -> Keys:
    """Reads the release keys of this package and further public keys, by fingerprint.

    Raises:
        SignatureError: For a file that is no PEM file of an ECDSA public key.
    """
    return named_keys([*sorted(RELEASE_KEYS.glob("*.pub")), *paths])


def named_keys(paths: Iterable[str | Path]) -> Keys:
    """Reads public keys by fingerprint: what `sha256sum` prints for their files.

    Raises:
        SignatureError: For a file that is no PEM file of an ECDSA public key.
    """
    return dict(_public_key(Path(path)) for path in paths)


def parsed(content: bytes, path: Path) -> Envelope:
    """Parses a `model.sig`; `path` names it in messages.

    Raises:
        SignatureError: When it is damaged, or in another format.
    """
    try:
        bundle = json.loads(content)
        _require("media type", _BUNDLE, bundle["mediaType"])
        material, envelope = bundle["verificationMaterial"], bundle["dsseEnvelope"]
        _require("payload type", _PAYLOAD, envelope["payloadType"])
        (entry,) = envelope["signatures"]
        # Other ways of signing name a certificate instead of a key.
        key = material["publicKey"].get("hint") if "publicKey" in material else _CERTIFICATE
        return Envelope(str(key or ""), _base64(envelope["payload"]), _base64(entry["sig"]))
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def signer(envelope: Envelope, keys: Keys, path: Path) -> str | None:
    """Finds the key that made a signature.

    Args:
        envelope: From `parsed`. Where it names no key, every key is tried.
        keys: Keys to trust, from `public_keys`.
        path: Where it comes from, for messages.

    Returns:
        Its fingerprint, the SHA-256 of its PEM text in hex, or None when none of the keys did.

    Raises:
        SignatureError: When the key that it names did not make it.
    """
    named = {name: key for name, key in keys.items() if name == envelope.key}
    found = _signer(envelope, named if envelope.key else keys)
    if found is None and named:
        raise SignatureError(
            f"{path} says that it was made with the key {envelope.key}, but that key did not sign "
            "what it holds. Do not use this preset."
        )
    return found


def listed(envelope: Envelope, path: Path) -> dict[str, str]:
    """Reads which files a signature is of, as name to SHA-256, whoever made it.

    Raises:
        SignatureError: When it is of something else than a list of files.
    """
    try:
        return _digests(json.loads(envelope.payload))
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _public_key(path: Path) -> tuple[str, EllipticCurvePublicKey]:
    """Reads a PEM file; its fingerprint is what `sha256sum` prints for it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    match = _PEM.fullmatch(path.read_bytes().strip())
    if match is None:
        raise SignatureError(
            f"Expected a public key in PEM format, received {path}, which is something else. "
            "`litesr protect keygen` makes key pairs."
        )
    try:
        der = base64.b64decode(b"".join(match[1].split()), validate=True)
        (start,) = (each for each in _KINDS if der.startswith(each))
        curve = getattr(ec, _KINDS[start][0])()
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, der[len(start) :])
    except ValueError as error:
        raise SignatureError(
            f"Expected an ECDSA key on P-256, P-384 or P-521, received {path}, which is of another "
            "type. `litesr protect keygen` makes key pairs."
        ) from error
    text = base64.b64encode(der)
    rows = [text[first : first + 64] for first in range(0, len(text), 64)]
    pem = [b"-----BEGIN PUBLIC KEY-----", *rows, b"-----END PUBLIC KEY-----", b""]
    return hashlib.sha256(b"\n".join(pem)).hexdigest(), key


def _signer(envelope: Envelope, keys: Keys) -> str | None:
    """Finds the key that made a signature."""
    if not keys:
        return None
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    kind = _PAYLOAD.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(envelope.payload), envelope.payload)
    for name, key in keys.items():
        algorithm = getattr(hashes, dict(_KINDS.values())[key.curve.name.upper()])()
        with suppress(InvalidSignature):
            key.verify(envelope.signature, message, ec.ECDSA(algorithm))
            return name
    return None


def _digests(statement: Any) -> dict[str, str]:
    _require("statement", _STATEMENT, statement["_type"])
    _require("predicate", _PREDICATE, statement["predicateType"])
    (subject,) = statement["subject"]
    predicate = statement["predicate"]
    _require("way of listing", "files", predicate["serialization"]["method"])
    digests: dict[str, str] = {}
    for resource in predicate["resources"]:
        name, digest = resource["name"], resource["digest"]
        _require("hash", "sha256", resource["algorithm"])
        if not is_plain_name(name) or name in digests or name == SIGNATURE:
            raise ValueError(f"it lists {name!r}, which is listed twice or leads out of the folder")
        if not is_sha256(digest):
            raise ValueError(f"it has no SHA-256 for {name}")
        digests[name] = digest
    whole = hashlib.sha256(b"".join(map(bytes.fromhex, digests.values()))).hexdigest()
    _require("digest of all files", whole, subject["digest"]["sha256"])
    return digests


def _damaged(path: Path, error: Exception) -> SignatureError:
    reason = f"it lacks {error}" if isinstance(error, KeyError) else error
    return SignatureError(
        f"{path} is not a signature in the format of OpenSSF model signing: {reason}. Get the "
        "preset again."
    )


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _require(name: str, expected: str, received: Any) -> None:
    if received != expected:
        raise ValueError(f"expected the {name} {expected}, received {str(received)[:100]!r}")
