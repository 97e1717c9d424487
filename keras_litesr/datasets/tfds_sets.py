"""TensorFlow Datasets: sets by name, a builder for any folder, patches for `model.fit`."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.sources import leave_out
from keras_litesr.images.files import ImageFileError, find_images, read_rgb
from keras_litesr.silence import captured_output

try:
    import tensorflow as tf
    import tensorflow_datasets as tfds
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"Expected TensorFlow Datasets, which is not installed ({error}). "
        "Run `pip install 'keras_litesr[tfds]'`, or name a folder instead."
    ) from error

_HIGH_RES = ("high_res", "hr", "image")


def load_tfds(name: str) -> list[np.ndarray]:
    """Reads the high-resolution pictures of a set, which is downloaded if it is not there yet.

    They are held in memory: the 800 of `div2k` take 7 GB.

    Args:
        name: Of a set with a feature `high_res`, `hr` or `image`, and perhaps a split behind a
            colon: `div2k`, `div2k/bicubic_x4:validation`; the split is `train` by default.

    Returns:
        `(height, width, 3)` uint8 RGB each, in the order of the set.

    Raises:
        ImageFileError: When there is no such set, it cannot be downloaded, or it holds no
            pictures.
    """
    name, _, split = name.partition(":")
    try:
        examples = tfds.load(name, split=split or "train", shuffle_files=False)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ImageFileError(
            f"Expected a set of TensorFlow Datasets, received {name!r} ({reason}). "
            "tensorflow.org/datasets lists them. Or name a folder."
        ) from error
    except (tfds.download.DownloadError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # of this machine, not of the download
            raise
        reason = str(error).strip().splitlines()[0]
        raise ImageFileError(
            f"Expected to download the set {name!r} of TensorFlow Datasets, received an error "
            f"({reason}). Check the network. Or load the set on another machine, copy its "
            "tensorflow_datasets folder here and name that in the variable TFDS_DATA_DIR. Or name "
            "a folder of pictures."
        ) from error
    return [_rgb(example, name) for example in tfds.as_numpy(examples)]


@dataclass
class FolderConfig(tfds.core.BuilderConfig):
    """Which folder, and by how much its pictures are reduced.

    Attributes:
        folder: Of pictures, searched recursively.
        scale: Reduction per side.
    """

    folder: str = ""
    scale: int = 4


class LowResHighRes(tfds.core.GeneratorBasedBuilder):
    """Pairs of low- and high-resolution pictures of any folder, for `tfds.load`.

    Features are `low_res` and `high_res`, uint8 RGB, and `name`, the file's within the folder. The
    one split is `train`. What is prepared belongs to the folder's files as they were; other files
    or times make another configuration. Files that cannot be decoded and pictures smaller than
    `scale` are named and left out.

    Args:
        folder: Of pictures; a path, or a name that `find_folder` knows.
        scale: Reduction per side, bicubic and antialiased.
        **kwargs: What else a builder takes, for instance `data_dir`.

    Raises:
        ImageFileError: When the folder is missing or holds no picture, or, while the set is
            prepared, when more than 5 % of the files cannot be decoded or no picture is left.
        ValueError: When `scale` is below 1.

    Example:
        `tfds.load("low_res_high_res", builder_kwargs={"folder": "photos"})`, once this module
        has been imported.
    """

    VERSION = tfds.core.Version("1.0.0")
    # Nothing is downloaded, so no checksums lie beside this module to be looked for.
    code_path = None

    def __init__(self, *, folder: str | Path, scale: int = 4, **kwargs: Any):
        if scale < 1:
            raise ValueError(f"Expected a scale of at least 1, received {scale}. Choose another.")
        folder = find_folder(folder)
        self.files = find_images(folder)
        if not self.files:
            raise ImageFileError(f"Expected pictures in {folder}, found none. Name another folder.")
        config = FolderConfig(
            name=_config_name(folder, self.files, scale), folder=str(folder), scale=scale
        )
        super().__init__(**{**kwargs, "config": config})

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "low_res": tfds.features.Image(shape=(None, None, 3)),
            "high_res": tfds.features.Image(shape=(None, None, 3)),
            "name": tfds.features.Text(),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features), supervised_keys=("low_res", "high_res")
        )

    def _split_generators(self, dl_manager) -> dict:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[str, dict]]:
        folder, scale = Path(self.builder_config.folder), self.builder_config.scale
        problems, made = [], 0
        for path in self.files:
            try:
                picture = read_rgb(path)
            except ImageFileError as error:
                problems.append(str(error))
                continue
            if min(picture.shape[:2]) < scale:
                print(f"left out: {path}, smaller than {scale}x{scale} pixels")
                continue
            (pair,) = degrade([picture], scale)
            name = path.relative_to(folder).as_posix()
            yield name, {"low_res": pair.low_res, "high_res": pair.high_res, "name": name}
            made += 1
        leave_out(problems, len(self.files))
        if not made:
            raise ImageFileError(
                f"Expected pictures of at least {scale}x{scale} pixels in {folder}, received "
                f"{len(self.files)} files, none of them such. Name another folder."
            )


def patches_of(
    pairs: "tf.data.Dataset",
    *,
    scale: int = 4,
    patch_size: int = 24,
    batch_size: int = 16,
    seed: int = 0,
    first: int = 0,
) -> "tf.data.Dataset":
    """Makes endless batches of random patches, flipped and turned, of a set of pairs.

    The same seed, set and `tf.random.set_seed` give the same batches, so a training that was
    stopped goes on with a new dataset whose `first` is the number of batches it has had. Train
    with `fit(..., steps_per_epoch=..., shuffle=False)`.

    Args:
        pairs: Of `tfds.load`, each a dictionary with `low_res` and `high_res`, or with `lr` and
            `hr` as `div2k` has them. Those smaller than a patch are left out.
        scale: Enlargement per side.
        patch_size: Side of a patch in low-resolution pixels.
        batch_size: Patches a batch.
        seed: Any integer.
        first: Batches left out at the beginning; what follows is what would have followed them.

    Returns:
        Dataset of `(low_res, high_res)`, `(batch, side, side, 3)` float32 RGB in [0, 1].

    Raises:
        ValueError: When no picture is as large as a patch, the examples are no such dictionaries
            or of another scale, or `first` is negative.
    """
    if first < 0:
        raise ValueError(f"Expected first to be 0 or more batches, received {first}.")
    _require_pairs(pairs, scale)

    def is_large(example):
        return tf.reduce_min(tf.shape(_pair(example)[0])[:2]) >= patch_size

    def patch(number, example):
        low_res, high_res = _pair(example)
        draw = tf.random.stateless_uniform((4,), tf.stack([tf.cast(seed, number.dtype), number]))
        height, width = tf.shape(low_res)[0], tf.shape(low_res)[1]
        room = tf.cast(tf.stack([height, width]) - patch_size + 1, tf.float32)
        top, left = tf.unstack(tf.cast(draw[:2] * room, tf.int32))
        turns, mirrored = tf.cast(draw[2] * 4, tf.int32), draw[3] < 0.5
        crops = [
            low_res[top : top + patch_size, left : left + patch_size],
            high_res[
                scale * top : scale * (top + patch_size), scale * left : scale * (left + patch_size)
            ],
        ]
        sides = (patch_size, scale * patch_size)
        return tuple(
            _turned(crop, turns, mirrored, side) for crop, side in zip(crops, sides, strict=True)
        )

    large = pairs.filter(is_large)
    with captured_output():  # TensorFlow warns of a set that is not read to its end
        is_empty = not any(True for _ in large.take(1))
    if is_empty:
        side = scale * patch_size
        raise ValueError(
            f"Expected pictures of at least {side}x{side} pixels, received "
            f"{sum(1 for _ in pairs)} pictures, none that large. Add larger pictures or choose a "
            "smaller patch."
        )
    numbered = large.cache().shuffle(256, seed=seed).repeat().enumerate().skip(first * batch_size)
    batches = numbered.map(patch, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size)
    return batches.prefetch(tf.data.AUTOTUNE)


def _require_pairs(pairs: "tf.data.Dataset", scale: int) -> None:
    """Refuses a set whose examples are no pairs, or whose first pair is of another scale."""
    if not isinstance(pairs.element_spec, dict):
        raise ValueError(
            "Expected a dictionary with low_res and high_res for every example, received a tuple. "
            "Leave `as_supervised` out of `tfds.load`."
        )
    with captured_output():  # TensorFlow warns of a set that is not read to its end
        sizes = [tuple(each.shape[:2] for each in _pair(first)) for first in pairs.take(1)]
    for (height, width), high_res in sizes:
        if tuple(high_res) != (scale * height, scale * width):
            received = high_res[0] / height
            raise ValueError(
                f"Expected pairs of scale {scale}, received a first one of {height}x{width} and "
                f"{high_res[0]}x{high_res[1]} pixels, about {received:.3g}. Name another "
                f"configuration, such as `div2k/bicubic_x{scale}`, or the scale of this one."
            )


def _pair(example: dict) -> tuple:
    low_res = example["low_res"] if "low_res" in example else example["lr"]
    return low_res, example["high_res"] if "high_res" in example else example["hr"]


def _turned(crop, turns, mirrored, side: int):
    crop = tf.image.rot90(crop, turns)
    crop = tf.where(mirrored, crop[:, ::-1], crop)
    return tf.cast(tf.ensure_shape(crop, (side, side, 3)), tf.float32) / 255


def _rgb(example: dict, name: str) -> np.ndarray:
    found = [example[key] for key in _HIGH_RES if key in example]
    if not found or found[0].ndim != 3 or found[0].dtype != np.uint8:
        raise ImageFileError(
            f"Expected 8-bit pictures as {', '.join(_HIGH_RES)} in the set {name}, received "
            f"{', '.join(example)}. Choose another set."
        )
    picture = found[0]
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[..., :3]


def _config_name(folder: Path, files: list[Path], scale: int) -> str:
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    stem = re.sub(r"\W+", "_", folder.resolve().name) or "folder"
    return f"{stem}_x{scale}_{digest}"
