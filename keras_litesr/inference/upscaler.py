"""Pictures in, larger pictures out: `upscale` for one, `Upscaler` for many."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from keras_litesr.images import resize
from keras_litesr.images.files import Photo, from_pil, read, to_pil
from keras_litesr.inference.runtimes import Keras, LiteRT
from keras_litesr.inference.tiling import enlarge_tiled
from keras_litesr.zoo import folders

if TYPE_CHECKING:
    import keras

RUNTIMES = ("auto", "litert", "keras")
# A larger tile wastes less on overlaps; beyond this, it no longer fits the caches.
_TILE = 256

Progress = Callable[[int, int], None]
Picture = TypeVar("Picture", np.ndarray, Image.Image, Photo)


class Upscaler:
    """A model made ready to enlarge pictures of any size and kind.

    Args:
        model: Name from `keras_litesr.presets()`, preset folder, or Keras model.
        runtime: `litert` runs the preset's `.tflite` file and needs no TensorFlow, `keras` the
            Keras model; `auto` takes LiteRT where there is a file for it.
        tile: Side of a tile in low-resolution pixels; automatic when None or 0.
        threads: CPU threads of LiteRT; all cores by default.

    Attributes:
        name: The model's name.
        scale: Its enlargement per side.
        runtime: `litert` or `keras`.

    Raises:
        PresetError: For an unknown name, or a file that is missing or altered.
        ValueError: For an unknown runtime, a tile no larger than twice the model's receptive
            radius, or a Keras model that is to run in LiteRT.

    Example:
        >>> upscaler = Upscaler("bicubic_x4")
        >>> upscaler(np.zeros((5, 7, 3), np.uint8)).shape
        (20, 28, 3)
    """

    def __init__(
        self,
        model: str | Path | keras.Model = "lite_x4",
        *,
        runtime: str = "auto",
        tile: int | None = None,
        threads: int | None = None,
    ):
        if runtime not in RUNTIMES:
            raise ValueError(f"Expected runtime {', '.join(RUNTIMES)}, received {runtime!r}.")
        if isinstance(model, (str, Path)):
            self._open_preset(folders.preset_folder(model), runtime, threads)
        else:
            self._open_model(model, runtime)
        self.tile = tile or max(_TILE, 4 * self.overlap)
        if self.tile <= 2 * self.overlap:
            raise ValueError(
                f"Expected a tile of more than {2 * self.overlap} pixels for {self.name}, which "
                f"sees {self.overlap} pixels far, received {tile}. Choose 0 for automatic."
            )

    def __call__(
        self, image: Picture, *, outscale: float | None = None, progress: Progress | None = None
    ) -> Picture:
        """Enlarges one picture.

        Colour goes through the network; grey as RGB, averaged again afterwards; transparency is
        enlarged bicubically on its own.

        Args:
            image: uint8 or uint16 array `(height, width, 3)`, `(height, width, 4)` with alpha or
                `(height, width)` grey; a Pillow image; or a `Photo`.
            outscale: Final enlargement per side, at most the model's, by antialiased reduction
                of its result.
            progress: Called with the numbers of tiles done and in all.

        Returns:
            The same kind of picture.
        """
        if isinstance(image, Photo):
            return self._photo(image, outscale, progress)
        if isinstance(image, Image.Image):
            return to_pil(self._photo(from_pil(image), outscale, progress))
        photo = self._photo(_photo_of_array(image), outscale, progress)
        return photo.colour if photo.alpha is None else np.dstack([photo.colour, photo.alpha])

    def size_after(self, size: tuple[int, int], outscale: float | None = None) -> tuple[int, int]:
        """Computes `(height, width)` of the result for a picture of `size`.

        Raises:
            ValueError: When `outscale` is not in (0, scale].
        """
        outscale = self.scale if outscale is None else outscale
        if not 0 < outscale <= self.scale:
            raise ValueError(
                f"Expected an enlargement above 0 and at most {self.scale}, which is what "
                f"{self.name} gives, received {outscale:g}."
            )
        height, width = (max(1, round(side * outscale)) for side in size)
        return height, width

    def _photo(self, photo: Photo, outscale: float | None, progress: Progress | None) -> Photo:
        size = self.size_after(photo.size, outscale)
        rgb = np.repeat(photo.colour[..., None], 3, axis=2) if photo.is_grey else photo.colour
        colour = enlarge_tiled(
            self._enlarge,
            rgb,
            scale=self.scale,
            tile=self.tile,
            overlap=self.overlap,
            progress=progress,
        )
        if photo.is_grey:
            colour = _mean_of_channels(colour)
        if colour.shape[:2] != size:
            colour = resize.bicubic(colour, size)
        alpha = None if photo.alpha is None else resize.bicubic(photo.alpha, size)
        return replace(photo, colour=colour, alpha=alpha)

    def _open_preset(self, folder: Path, runtime: str, threads: int | None) -> None:
        facts = folders.metadata(folder)
        self.name, self.scale = facts["name"], facts["scale"]
        self.overlap = facts["receptive_radius"]
        file_name = f"{self.name}_float32.tflite"
        if runtime == "keras" or (runtime == "auto" and not (folder / file_name).is_file()):
            from keras_litesr.zoo.registry import load

            self._enlarge, self.runtime = Keras(load(folder)), "keras"
        else:
            path = folders.verified(folder, file_name)
            self._enlarge, self.runtime = LiteRT(path, threads=threads), "litert"

    def _open_model(self, model: keras.Model, runtime: str) -> None:
        from keras_litesr.models.cost import receptive_radius

        if runtime == "litert":
            raise ValueError(
                "Expected a preset for the runtime litert, received a Keras model. Save it with "
                "keras_litesr.save_to_preset, or choose the runtime keras."
            )
        self.name = model.name
        self.scale = model.compute_output_shape((1, 8, 8, 3))[1] // 8
        self.overlap = receptive_radius(model)
        self._enlarge, self.runtime = Keras(model), "keras"


def upscale(
    image: str | os.PathLike[str] | Image.Image | np.ndarray,
    *,
    model: str | Path | keras.Model = "lite_x4",
    runtime: str = "auto",
    tile: int | None = None,
) -> Image.Image | np.ndarray:
    """Enlarges one picture; for many, keep an `Upscaler`.

    Args:
        image: Path, Pillow image, or uint8 array `(height, width, 3)`.
        model: Name from `keras_litesr.presets()`, preset folder, or Keras model.
        runtime: `auto`, `litert` or `keras`; see `Upscaler`.
        tile: Side of a tile in low-resolution pixels; automatic when None or 0.

    Returns:
        The same kind of picture; a Pillow image for a path.

    Raises:
        ImageFileError: When a path does not lead to a readable picture.
        PresetError: When there is no such model.

    Example:
        >>> upscale(np.zeros((6, 4, 3), np.uint8), model="bicubic_x4").shape
        (24, 16, 3)
    """
    upscaler = Upscaler(model, runtime=runtime, tile=tile)
    if isinstance(image, (str, os.PathLike)):
        return to_pil(upscaler(read(image)))
    return upscaler(image)


def _photo_of_array(pixels: np.ndarray) -> Photo:
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return Photo(pixels[..., :3], pixels[..., 3])
    return Photo(pixels)


def _mean_of_channels(rgb: np.ndarray) -> np.ndarray:
    return ((rgb.sum(axis=2, dtype=np.uint32) * 2 + 3) // 6).astype(rgb.dtype)
