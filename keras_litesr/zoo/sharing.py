"""Preset folders to and from the hubs: `hf://user/name`, `kaggle://user/model/keras/variation`."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from keras_litesr.atomic import write_json
from keras_litesr.zoo import folders, huggingface, kaggle
from keras_litesr.zoo.addresses import Address, parse
from keras_litesr.zoo.cache import cache_folder
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.hubs import HubError, NotOnHubError, UnreachableError
from keras_litesr.zoo.integrity import checked_folder, listed_folder
from keras_litesr.zoo.manifests import require_few_bytes
from keras_litesr.zoo.new_folders import appearing, require_free
from keras_litesr.zoo.publishing import head_of, problems, published_files

Progress = Callable[[int, int], None]

_HUBS = {"hf": huggingface, "kaggle": kaggle}
# Those of the zoo have some ten files and 20 MB.
_MOST_FILES, _MOST_BYTES = 64, 2 * 2**30


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """A preset that was pulled.

    Attributes:
        folder: Where it lies now.
        address: Where it came from, with the commit or version.
        record: File beside the folder that says so.
        from_cache: Whether the hub could not be reached, so that the cache said which revision
            was meant.
    """

    folder: Path
    address: Address
    record: Path
    from_cache: bool


def upload_preset(uri: str, folder: str | Path, *, private: bool = False) -> str:
    """Uploads a preset folder to a hub.

    Args:
        uri: `hf://user/name` or `kaggle://user/model/keras/variation`; what does not exist there
            is made.
        folder: Preset folder with a complete card.
        private: Whether a repository that is made is private; on Kaggle it always is until its
            owner publishes it.

    Returns:
        The address with the commit that was made; on Kaggle, which numbers versions later, the
        address itself.

    Raises:
        PresetError: When the folder is incomplete or altered, `litesr share check` lists why; or
            the hub refuses or cannot be reached.
    """
    address, folder = parse(uri), Path(folder)
    if address.revision:
        raise PresetError(
            f"Expected an address without revision to upload to, received {uri}. Leave out "
            f"{address.revision!r}: the hub makes a new one."
        )
    if found := problems(folder):
        more = f" {len(found) - 1} more: litesr share check {folder}" if len(found) > 1 else ""
        raise PresetError(f"{folder} cannot be published. {found[0]}{more}")
    if address.hub == "hf":
        return str(huggingface.push(address, published_files(folder), private=private))
    return str(kaggle.push(address, folder, licence=str(head_of(folder)["license"])))


def pull(
    uri: str,
    folder: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Pulled:
    """Downloads a preset into a folder, which appears whole and verified or not at all.

    Only what the preset's manifest lists is downloaded, and its signature. What an interrupted
    download had got is taken from the client's cache. Beside the folder, `FOLDER.source.json`
    records the commit or version.

    Args:
        uri: `hf://user/name[@revision]` or `kaggle://user/model/keras/variation[/version]`.
        folder: New folder; its parents are made.
        overwrite: Replace an earlier preset folder.
        progress: Called with the numbers of files done and in all.

    Raises:
        PresetError: When the folder exists, or another file in the record's place; a file is not
            what the manifest says or, if it bears a release key's signature, what was signed; when
            there are more files or bytes than presets have; or the hub refuses or cannot be
            reached and the cache does not help.
    """
    address, folder = parse(uri), Path(folder)
    require_free(folder, overwrite=overwrite)
    record = record_of(folder)
    _require_record(record)
    revision, from_cache = _HUBS[address.hub].revision_of(address)
    pinned = address.at(revision)
    with appearing(folder, check=partial(require_free, overwrite=overwrite)) as temporary:
        # Kaggle's cache does not know what the hub lacks: without network it cannot tell.
        _fetch(pinned, temporary, progress, may_lack_signature=from_cache)
        # First the record, as it names the manifest that it belongs to.
        write_json(
            record,
            {
                "source": str(address),
                "pinned": str(pinned),
                "revision": revision,
                "manifest_sha256": folders.sha256(temporary / folders.MANIFEST),
                "date": datetime.now(timezone.utc).date().isoformat(),
            },
        )
    return Pulled(folder=folder, address=pinned, record=record, from_cache=from_cache)


def cached_preset(uri: str) -> Path:
    """Finds a verified local copy of a preset on a hub, and makes it where there is none.

    Copies are kept by revision in `KERAS_LITESR_CACHE`, by default `~/.cache/keras_litesr`.

    Raises:
        PresetError: As `pull`.
    """
    address = parse(uri)
    revision, _ = _HUBS[address.hub].revision_of(address)
    target = cache_folder() / address.hub / address.name / revision
    if not _is_intact(target):
        with appearing(target, keep=_is_intact) as temporary:
            _fetch(address.at(revision), temporary)
    return target


def record_of(folder: Path) -> Path:
    """Names the file beside a folder that records where it was pulled from."""
    return folder.with_name(f"{folder.name}.source.json")


def _require_record(record: Path) -> None:
    """Refuses a file of something else where the record is to be written."""
    if not record.exists():
        return
    try:
        known = "pinned" in json.loads(record.read_bytes())
    except (OSError, ValueError, TypeError):
        known = False
    if not known:
        raise PresetError(
            f"Expected the record of an earlier pull in {record}, received something else, which "
            "would be replaced. Move it elsewhere, or pull into a folder of another name."
        )


def _fetch(
    pinned: Address,
    target: Path,
    progress: Progress | None = None,
    *,
    may_lack_signature: bool = False,
) -> None:
    _copy(pinned, folders.MANIFEST, target)
    # Also refuses names that lead out of the folder.
    listed = folders.manifest(target)
    if folders.WEIGHTS not in listed or folders.CONFIG not in listed:
        raise PresetError(f"The manifest of {pinned} lists no model, so it is no preset.")
    if len(listed) > _MOST_FILES:
        raise PresetError(
            f"The manifest of {pinned} lists {len(listed)} files, expected at most {_MOST_FILES}. "
            "Ask its owner for a preset that is no larger."
        )
    size_bytes = 0
    for done, (name, digest) in enumerate(listed.items()):
        if progress:
            progress(done, len(listed))
        _copy_verified(pinned, name, digest, target)
        size_bytes += (target / name).stat().st_size
        if size_bytes > _MOST_BYTES:
            raise PresetError(
                f"The files of {pinned} are together larger than {_MOST_BYTES / 2**20:.0f} MiB, so "
                "the rest is not downloaded. Ask its owner for a preset that is no larger."
            )
    passed_over = (NotOnHubError, UnreachableError) if may_lack_signature else (NotOnHubError,)
    with suppress(*passed_over):
        _copy(pinned, folders.SIGNATURE, target)
    _require_true_signature(pinned, target)
    if progress:
        progress(len(listed), len(listed))


def _require_true_signature(pinned: Address, target: Path) -> None:
    """Refuses files that a release key signed otherwise."""
    try:
        checked_folder(target)
    except PresetError as error:
        # The person has never seen the folder's hidden name.
        raise type(error)(str(error).replace(str(target), str(pinned))) from error


def _copy_verified(pinned: Address, name: str, digest: str, target: Path) -> None:
    _copy(pinned, name, target)
    if folders.sha256(target / name) != digest:
        # The copy in the cache may be damaged where the hub's is not.
        _copy(pinned, name, target, again=True)
    received = folders.sha256(target / name)
    if received != digest:
        raise HubError(
            f"{name} of {pinned} is not what its manifest lists: expected SHA-256 {digest}, "
            f"received {received}. Do not use this preset, and tell its owner."
        )


def _copy(pinned: Address, name: str, target: Path, **options: bool) -> None:
    downloaded = _HUBS[pinned.hub].file(pinned, name, **options)
    require_few_bytes(downloaded, name, downloaded.stat().st_size)
    shutil.copyfile(downloaded, target / name)


def _is_intact(folder: Path) -> bool:
    try:
        listed_folder(folder).require_unaltered()
    except PresetError:
        return False
    return True
