"""Presets on Kaggle Models, through its own client and cache."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from keras_litesr.zoo.addresses import Address
from keras_litesr.zoo.hubs import (
    HubError,
    NotOnHubError,
    Result,
    TooManyRequestsError,
    UnreachableError,
    client,
    patiently,
    retry_after,
)
from keras_litesr.zoo.manifests import BESIDE, MANIFEST

_LOGIN = (
    "set KAGGLE_API_TOKEN to a token from kaggle.com/settings, or save it as ~/.kaggle/access_token"
)
# Connections that may break within a file; the client goes on where it stopped.
_BREAKS = 3


def revision_of(address: Address) -> tuple[str, bool]:
    """Finds the version that an address means now.

    Returns:
        Its number, and whether the cache says so because the hub cannot be reached.

    Raises:
        HubError: When there is no such model, or not for this user, or the hub cannot be reached
            and the cache holds no version.
    """
    if address.is_pinned:
        return address.revision, False
    try:
        return file(address, MANIFEST).parent.name, False
    except UnreachableError as error:
        cache = _cache(address)
        versions = [int(path.parent.name) for path in cache.glob(f"[0-9]*/{MANIFEST}")]
        if versions:
            return str(max(versions)), True
        raise UnreachableError(f"{error} The cache {cache} does not hold {address}.") from error


def file(address: Address, name: str, *, again: bool = False) -> Path:
    """Gets a file from the cache, or else from the hub.

    Args:
        address: Where the preset lies; with a pinned one, nothing is asked for what is cached.
        name: Plain name of the file.
        again: Download it even if it is cached.

    Raises:
        NotOnHubError: When the hub does not have it.
        HubError: When it refuses, or cannot be reached, or the connection keeps breaking.
    """
    handle = f"{address.name}/{address.revision}" if address.revision else address.name

    def download() -> Path:
        hub = client("kagglehub")
        return Path(hub.model_download(handle, name, force_download=again))

    return _asked(address, lambda: _through_breaks(download))


def push(address: Address, folder: Path, *, licence: str) -> Address:
    """Uploads a folder as a new version; the model is made, not public, if it does not exist.

    Args:
        address: Without a version.
        folder: Its files are uploaded, but not what belongs to git.
        licence: Identifier such as `apache-2.0`; any other has to be chosen on Kaggle's page.

    Returns:
        The address; Kaggle does not say which version it makes.

    Raises:
        HubError: When the hub refuses or cannot be reached.
    """
    kaggle_licence = "Apache 2.0" if licence == "apache-2.0" else None

    # A name stands for a file, with a slash for all of a folder.
    ignored = [each for name in sorted(BESIDE) for each in (name, f"{name}/")]

    def upload() -> None:
        client("kagglehub").model_upload(
            address.name, str(folder), license_name=kaggle_licence, ignore_patterns=ignored
        )

    _asked(address, upload)
    return address


def _cache(address: Address) -> Path:
    return Path(client("kagglehub.config").get_cache_folder()) / "models" / address.name


def _through_breaks(download: Callable[[], Path]) -> Path:
    broken = client("requests.exceptions").ChunkedEncodingError
    for _ in range(_BREAKS):
        with suppress(broken):
            return download()
    return download()


def _asked(address: Address, call: Callable[[], Result]) -> Result:
    def once() -> Result:
        with _quiet(), _explained(address):
            return call()

    return patiently(once)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the client's news from stdout, where a command's own answer goes."""
    client("kagglehub")
    logger = logging.getLogger("kagglehub")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    requests, kaggle = client("requests.exceptions"), client("kagglehub.exceptions")
    try:
        yield
    except requests.HTTPError as error:
        raise _refusal(error, address) from error
    except (requests.ConnectionError, requests.Timeout, requests.ChunkedEncodingError) as error:
        raise UnreachableError(
            f"Cannot reach Kaggle ({type(error).__name__}); try again with a connection."
        ) from error
    except (kaggle.BackendError, kaggle.DataCorruptionError) as error:
        said = " ".join(str(error).split())
        raise HubError(f"Kaggle did not complete {address}: {said} Try again.") from error


def _refusal(error: Any, address: Address) -> HubError:
    status = error.response.status_code
    if status == 429:
        return TooManyRequestsError(retry_after(error.response.headers.get("retry-after")))
    if status == 404:
        return NotOnHubError(
            f"Expected a model with the files of a preset at {address}, Kaggle shows none (404). "
            f"Check the name and the version; if it is private, {_LOGIN}."
        )
    if status in (401, 403):
        return HubError(f"Kaggle refuses {address} ({status}). To go on, {_LOGIN}.")
    return HubError(f"Kaggle answered {status} about {address}. Try again later.")
