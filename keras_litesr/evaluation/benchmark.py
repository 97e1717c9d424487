"""Benchmarks: an upscaler measured on the pictures of a folder."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.evaluation.protocols import STANDARD, Protocol
from keras_litesr.images.files import find_images, read_rgb
from keras_litesr.images.resize import crop_to_multiple, reduce

Row = dict[str, str | float]
_ENERGY = "high_frequency_energy"


@dataclass(frozen=True)
class Pair:
    """A high-resolution file and, where there is one, the file that was made from it.

    Attributes:
        high_res: The reference.
        low_res: Its reduction; `None` to make it with `images.resize.reduce`.
    """

    high_res: Path
    low_res: Path | None = None

    def read(self, scale: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads `low_res` `(h, w, 3)` and `high_res` `(scale * h, scale * w, 3)`, uint8 RGB.

        The reference is cropped to a multiple of `scale`, grey becomes RGB, alpha is left out.

        Raises:
            ImageFileError: When a file cannot be decoded; the message names it.
            ValueError: When the sizes do not fit; the message names the pair.
        """
        reference = read_rgb(self.high_res)
        if min(reference.shape[:2]) < scale:
            raise ValueError(
                f"Expected at least {scale}x{scale} pixels, received {_size(reference)} in "
                f"{self.high_res}. Leave the file out."
            )
        high_res = crop_to_multiple(reference, scale)
        low_res = reduce(high_res, scale) if self.low_res is None else read_rgb(self.low_res)
        if high_res.shape != (low_res.shape[0] * scale, low_res.shape[1] * scale, 3):
            raise ValueError(
                f"Expected {self.low_res} to be {high_res.shape[1] // scale}x"
                f"{high_res.shape[0] // scale} pixels, 1/{scale} of {self.high_res}, received "
                f"{_size(low_res)}. Reduce it again, or leave out the low-resolution folder."
            )
        return low_res, high_res


@dataclass(frozen=True)
class Measurements:
    """What one protocol measured.

    Attributes:
        protocol: The protocol.
        rows: One per picture, in the order of the pairs: `protocol`, `image`, then the metrics.
    """

    protocol: Protocol
    rows: list[Row]

    @property
    def mean(self) -> Row:
        """The row of the averages over pictures, with `mean` as its image.

        Pictures in `without_energy` are left out of the mean of that measure.
        """
        names = [name for name in self.rows[0] if name not in ("protocol", "image")]
        averages = {name: float(np.mean(self._values(name))) for name in names}
        return {"protocol": self.protocol.name, "image": "mean", **averages}

    @property
    def without_energy(self) -> list[str]:
        """Flat pictures, in which no share of the high frequencies can be restored."""
        return [str(row["image"]) for row in self.rows if math.isinf(float(row.get(_ENERGY, 0)))]

    def _values(self, name: str) -> list[float]:
        values = [float(row[name]) for row in self.rows]
        finite = [value for value in values if math.isfinite(value)]
        return finite if name == _ENERGY and finite else values


def find_pairs(
    folder: str | Path, *, low_res: str | Path | None = None, scale: int = 4
) -> list[Pair]:
    """Finds the pictures of a benchmark set.

    Where `folder` holds a folder `high_res`, the references are there, and a folder
    `low_res_x<scale>` beside it, if present, holds what the upscaler sees: a set's own reduction
    is part of the set, and published figures are measured on it. Otherwise the references are in
    `folder` itself and are reduced when read. So `folder / "high_res"` measures the same set on
    our own reduction.

    Args:
        folder: A folder of high-resolution images, or one that holds `high_res`; or its name,
            which `datasets.data_folders.find_folder` knows.
        low_res: Folder of reduced images, instead of what would be found; a file belongs to the
            reference of the same name, whatever its ending, or else of the name without its final
            `x<scale>`.
        scale: Enlargement per side.

    Returns:
        At least one pair, in the order of the names.

    Raises:
        ValueError: When a folder is missing or holds no image, when references have no partner,
            or two of them the same, or one of them two; the message names them.
    """
    folder = find_folder(folder)
    inner = folder / "high_res"
    high_res = inner if inner.is_dir() else folder
    if low_res is None and inner.is_dir() and (folder / f"low_res_x{scale}").is_dir():
        low_res = folder / f"low_res_x{scale}"
    references = _images(high_res)
    if low_res is None:
        return [Pair(path) for path in references]
    _refuse_namesakes(references)
    names = {path.stem for path in references}
    partners = _partners(_images(Path(low_res)), names, scale)
    missing = [path.name for path in references if path.stem not in partners]
    if missing:
        raise ValueError(
            f"Expected a file in {low_res} for each reference, found none for "
            f"{', '.join(missing)}. Add them, or leave out the low-resolution folder."
        )
    return [Pair(path, partners[path.stem]) for path in references]


def check_pairs(
    pairs: Iterable[Pair], scale: int = 4, *, protocols: Sequence[Protocol] = ()
) -> None:
    """Reads every pair once, so that a bad file is known before hours of upscaling.

    Raises:
        ValueError: When there are no pairs, or files that cannot be decoded, do not fit or are too
            small for a protocol; the message names all of them.
    """
    pairs, problems = list(pairs), []
    if not pairs:
        raise ValueError("Expected at least one pair of images, received none. Use find_pairs.")
    for pair in pairs:
        try:
            _, high_res = pair.read(scale)
            _require_size(high_res, pair, protocols, scale)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))


def evaluate(
    upscaler: Callable[[np.ndarray], np.ndarray],
    pairs: Sequence[Pair],
    *,
    protocols: Sequence[Protocol] = (STANDARD,),
    scale: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> list[Measurements]:
    """Upscales each picture once and measures it with each protocol.

    Args:
        upscaler: `(h, w, 3)` uint8 RGB to `(scale * h, scale * w, 3)` uint8 RGB.
        pairs: From `find_pairs`.
        protocols: How to measure.
        scale: Enlargement per side.
        progress: Called with the numbers of pictures done and in all after each picture.

    Returns:
        One entry per protocol, in their order.

    Raises:
        ValueError: When pairs are bad (see `check_pairs`, which runs first) or the upscaler returns
            another shape or dtype.
    """
    check_pairs(pairs, scale, protocols=protocols)
    results = [Measurements(protocol, []) for protocol in protocols]
    for done, pair in enumerate(pairs, start=1):
        low_res, high_res = pair.read(scale)
        super_res = _checked(upscaler(low_res), high_res.shape)
        for result in results:
            try:
                metrics = result.protocol.measure(high_res, super_res, scale)
            except ValueError as error:
                raise ValueError(f"{pair.high_res}: {error}") from error
            row = {"protocol": result.protocol.name, "image": pair.high_res.name}
            result.rows.append({**row, **metrics})
        if progress is not None:
            progress(done, len(pairs))
    return results


def _require_size(
    high_res: np.ndarray, pair: Pair, protocols: Sequence[Protocol], scale: int
) -> None:
    for protocol in protocols:
        smallest = protocol.smallest_side(scale)
        if min(high_res.shape[:2]) < smallest:
            raise ValueError(
                f"Expected at least {smallest}x{smallest} pixels for the protocol {protocol.name}, "
                f"received {_size(high_res)} in {pair.high_res}. Leave the file out."
            )


def _images(folder: Path) -> list[Path]:
    """Lists a folder without its subfolders, which may hold other sets or other sizes."""
    images = [path for path in find_images(folder) if path.parent == folder]
    if not images:
        raise ValueError(f"Expected images in {folder}, found none. Name the folder they are in.")
    return images


def _refuse_namesakes(references: Sequence[Path]) -> None:
    first: dict[str, Path] = {}
    for path in references:
        if first.setdefault(path.stem, path) != path:
            raise ValueError(
                f"Expected one reference for each low-resolution file, found {first[path.stem]} "
                f"and {path}. Rename one, and its reduction with it."
            )


def _partners(files: Iterable[Path], references: set[str], scale: int) -> dict[str, Path]:
    partners: dict[str, Path] = {}
    for path in files:
        is_exact = path.stem in references
        name = path.stem if is_exact else path.stem.removesuffix(f"x{scale}")
        if name in partners:
            raise ValueError(
                f"Expected one low-resolution file for {name}, found {partners[name].name} and "
                f"{path.name} in {path.parent}. Remove one."
            )
        partners[name] = path
    return partners


def _checked(super_res: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if super_res.shape != shape or super_res.dtype != np.uint8:
        raise ValueError(
            f"Expected the upscaler to return uint8 of shape {shape}, received {super_res.dtype} "
            f"of {super_res.shape}. Convert it with images.pixels.to_uint8; check its scale."
        )
    return super_res


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
