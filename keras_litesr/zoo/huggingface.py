"""Presets on the Hugging Face Hub, through its own client and cache."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from keras_litesr.zoo.addresses import Address
from keras_litesr.zoo.folders import CONFIG
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
from keras_litesr.zoo.manifests import (
    BESIDE,
    MANIFEST,
    SIGNATURE,
    parsed_manifest,
    require_few_bytes,
)

_SECONDS = 10
# What the hub may have made with the repository, beside what belongs to git.
_CARD = "README.md"
_LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that has the right to it"


def revision_of(address: Address) -> tuple[str, bool]:
    """Finds the commit that an address means now.

    Returns:
        The commit, and whether the cache says so because the hub cannot be reached.

    Raises:
        HubError: When there is no such repository or revision, or not for this user, or the hub
            cannot be reached and the cache does not know the address.
    """
    if address.is_pinned:
        return address.revision, False
    try:
        _asked(address, lambda: _api().model_info(**_repository(address), timeout=_SECONDS))
        # The client notes which commit a branch meant when it gets a file, not before.
        return file(address, MANIFEST).parent.name, False
    except UnreachableError as error:
        hub = client("huggingface_hub")
        known = hub.try_to_load_from_cache(filename=MANIFEST, **_repository(address))
        if isinstance(known, str):
            return Path(known).parent.name, True
        raise UnreachableError(
            f"{error} The cache {hub.constants.HF_HUB_CACHE} does not hold {address}."
        ) from error


def file(address: Address, name: str, *, again: bool = False) -> Path:
    """Gets a file from the cache, or else from the hub.

    Args:
        address: Where the preset lies; with a pinned one, nothing is asked for what is cached.
        name: Plain name of the file.
        again: Download it even if it is cached.

    Raises:
        NotOnHubError: When the hub does not have it.
        HubError: When it refuses or cannot be reached.
        PresetError: When it is larger than such files are; it is not downloaded then.
    """
    hub = client("huggingface_hub")
    known = hub.try_to_load_from_cache(filename=name, **_repository(address))
    if address.is_pinned and known is not None and not isinstance(known, str):
        raise NotOnHubError(f"{address} has no {name}, as the hub said before.")
    if again or not (address.is_pinned and known):
        _require_size(address, name)
    path = _asked(
        address,
        lambda: hub.hf_hub_download(
            filename=name, force_download=again, endpoint=_endpoint(), **_repository(address)
        ),
    )
    return Path(path)


def _require_size(address: Address, name: str) -> None:
    hub, at = client("huggingface_hub"), _repository(address)
    url = hub.hf_hub_url(filename=name, endpoint=_endpoint(), **at)
    # What the hub lacks is noted in the client's cache when it is asked for as a download.
    with suppress(NotOnHubError):
        facts = _asked(address, lambda: hub.get_hf_file_metadata(url, endpoint=_endpoint()))
        require_few_bytes(f"{name} of {address}", name, facts.size or 0)


def push(address: Address, files: Sequence[Path], *, private: bool) -> Address:
    """Uploads files in one commit; the repository is made if it does not exist.

    What an earlier version had and this one has not is deleted by the same commit.

    Args:
        address: Without a revision.
        files: They get their own names, without folders.
        private: Whether a repository that is made is private.

    Returns:
        The address with the new commit.

    Raises:
        HubError: When the repository holds something else than a preset, or the hub refuses or
            cannot be reached.
    """
    hub, api = client("huggingface_hub"), _api()
    _asked(address, lambda: api.create_repo(address.name, exist_ok=True, private=private or None))
    names = {path.name for path in files}
    changes = [hub.CommitOperationAdd(path.name, path) for path in files]
    changes += [hub.CommitOperationDelete(name) for name in _of_earlier_version(address) - names]
    made = _asked(
        address,
        lambda: api.create_commit(address.name, changes, commit_message="Upload with keras_litesr"),
    )
    return address.at(made.oid)


def _of_earlier_version(address: Address) -> set[str]:
    """Names the files of the preset that a repository holds, if it holds any.

    Raises:
        HubError: When it holds something else.
    """
    info = _asked(address, lambda: _api().model_info(address.name, timeout=_SECONDS))
    held = {each.rfilename for each in info.siblings or ()}
    if MANIFEST in held:
        path = file(address.at(info.sha), MANIFEST)
        listed = parsed_manifest(path.read_bytes(), path)
        if CONFIG in listed:
            return {*listed, SIGNATURE} & held
    foreign = sorted(name for name in held - {_CARD} if name.partition("/")[0] not in BESIDE)
    if foreign:
        raise HubError(
            f"Expected an earlier version of a preset at {address}, or nothing, received "
            f"a repository with {foreign[0]} and without a preset. Push to another name, or delete "
            "its files first."
        )
    return set()


def _repository(address: Address) -> dict[str, Any]:
    return {"repo_id": address.name, "revision": address.revision or None}


def _endpoint() -> str | None:
    # The client reads this variable only when it is imported.
    return os.environ.get("HF_ENDPOINT") or None


def _api() -> Any:
    return client("huggingface_hub").HfApi(endpoint=_endpoint())


def _asked(address: Address, call: Callable[[], Result]) -> Result:
    def once() -> Result:
        with _own_waits(), _explained(address):
            return call()

    return patiently(once)


@contextmanager
def _own_waits() -> Iterator[None]:
    """Turns every 429 into an error, because the client would wait as long as the hub says."""
    session = client("huggingface_hub").get_session()
    hooks = session.event_hooks

    def refuse(response: Any) -> None:
        if response.status_code == 429:
            raise TooManyRequestsError(retry_after(response.headers.get("retry-after")))

    session.event_hooks = {**hooks, "response": [*hooks["response"], refuse]}
    try:
        yield
    finally:
        session.event_hooks = hooks


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for cause in _causes(error):
            if known := _in_words(cause, address):
                raise known from error
        raise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _in_words(error: BaseException, address: Address) -> HubError | None:
    errors = client("huggingface_hub.errors")
    if isinstance(error, HubError):
        return error
    if isinstance(error, errors.HfHubHTTPError):
        return _refusal(error, address)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UnreachableError("HF_HUB_OFFLINE forbids asking the hub; unset it.")
    # The client's errors of transport are httpx's, of which there are two packages by now.
    if type(error).__module__.partition(".")[0] in ("httpx", "httpx2"):
        hub = _endpoint() or client("huggingface_hub").constants.ENDPOINT
        return UnreachableError(
            f"Cannot reach the hub at {hub} ({type(error).__name__}); try again with a connection."
        )
    return None


def _refusal(error: Any, address: Address) -> HubError:
    errors, status = client("huggingface_hub.errors"), error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        return NotOnHubError(f"{address} is gated. Accept its terms on its page, then {_LOGIN}.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return NotOnHubError(
            f"Expected a model at {address}, the hub shows none ({status}). Check the name; if it "
            f"is private, {_LOGIN}."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return NotOnHubError(
            f"Expected a branch, tag or commit of {address.name}, received "
            f"{address.revision!r}, which the hub does not have (404)."
        )
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return NotOnHubError(
            f"{address} does not have a file that a preset needs (404). Push the folder again "
            "with `litesr share push`."
        )
    if status in (401, 403):
        return HubError(f"The hub refuses {address} ({status}). To go on, {_LOGIN}.")
    return HubError(f"The hub answered {status} about {address}. Try again later.")
