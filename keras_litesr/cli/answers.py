"""What a big model answers to photos: all that a student derived from it ever sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.datasets.degradation import Pair
from keras_litesr.datasets.sources import leave_out
from keras_litesr.images import resize
from keras_litesr.images.files import ImageFileError, find_images, read_rgb
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.zoo.folders import sha256 as sha256_of


@dataclass(frozen=True)
class Photo:
    """A file that was shown.

    Attributes:
        name: Below the folder that was named, which comes first.
        sha256: Of the file, in hex.
    """

    name: str
    sha256: str


def ask(
    big: Upscaler,
    folders: Sequence[Path],
    *,
    at_least: int,
    besides: Sequence[Photo] = (),
) -> tuple[list[Pair], list[Photo]]:
    """Shows a model the reductions of photos and notes its answers.

    Args:
        big: The model.
        folders: Searched recursively; a photo that is met twice counts once.
        at_least: Smallest side of a photo, in high-resolution pixels; smaller ones are left out.
        besides: Photos that are left out, such as those for validation.

    Returns:
        Reductions with the answers in the originals' place, and which photos they are, in the
        same order.

    Raises:
        ImageFileError: When no photo can be used, or more than 5 % cannot be decoded.
    """
    places = [find_folder(folder) for folder in folders]
    found = {path.resolve(): (path, place) for place in places for path in find_images(place)}
    known = {photo.sha256 for photo in besides}
    pairs, photos, problems, small, twice = [], [], [], 0, 0
    for path, folder in tqdm(found.values(), desc="asking", leave=False, disable=None):
        try:
            original = read_rgb(path)
        except ImageFileError as error:
            problems.append(str(error))
            continue
        if min(original.shape[:2]) < at_least:
            small += 1
            continue
        sha256 = sha256_of(path)
        if sha256 in known:
            twice += 1
            continue
        low_res = resize.reduce(original, big.scale)
        pairs.append(Pair(low_res, big(low_res)))
        name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
        photos.append(Photo(name, sha256))
    leave_out(problems, len(found), warn=_warn)
    if small:
        _warn(f"left out: {small} photos, smaller than {at_least}x{at_least} pixels")
    if twice:
        _warn(f"left out: {twice} photos, which are for validation")
    named = ", ".join(map(str, folders))
    if not pairs and twice:
        raise ImageFileError(
            f"Expected photos in {named} besides those for validation, found "
            "none. Name other folders, or leave --validation out."
        )
    if not pairs:
        raise ImageFileError(
            f"Expected photos of at least {at_least}x{at_least} pixels in {named}, found none. "
            "Name a folder of larger ones."
        )
    return pairs, photos


def _warn(line: str) -> None:
    click.echo(line, err=True)


def as_sums(photos: Sequence[Photo]) -> str:
    """Lists photos in the format of the `sha256sum` tool."""
    return "".join(f"{photo.sha256}  {photo.name}\n" for photo in photos)
