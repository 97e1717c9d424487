"""Pictures in, larger pictures out: `upscale` for one, `Upscaler` for many."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from keras_litesr.images import resize
from keras_litesr.images.files import Photo, to_pil
from keras_litesr.images.transparency import painted_on
from keras_litesr.inference.ensemble import SelfEnsemble
from keras_litesr.inference.networks import opened
from keras_litesr.inference.pictures import array_of, photo_of
from keras_litesr.inference.runtimes import Blend
from keras_litesr.inference.tiling import check_tile, enlarge_in_tiles_of, enlarge_tiled
from keras_litesr.zoo.checks import Checks, KeyFiles, key_files

if TYPE_CHECKING:
    import keras

# LiteRT crashes when the system grants it fewer threads than it asks for.
MOST_THREADS = 256
# Time per megapixel is flat from 192 to 512, 1.2 times as long at 128; memory grows with the area.
_TILE = 256

Progress = Callable[[int, int], None]


class Upscaler:
    """A model made ready to enlarge pictures of any size and kind, one at a time.

    Args:
        model: Name from `keras_litesr.presets()`, preset folder, Keras model, or path of a
            `.tflite` file of any origin that enlarges RGB pictures; see
            `models.tflite_files.open_tflite`.
        runtime: `litert` runs the preset's `.tflite` file and needs no TensorFlow, `keras` the
            Keras model; `auto` takes LiteRT where there is a file for it.
        tile: Longest side of a tile in low-resolution pixels; automatic when None or 0. The
            result does not depend on it, memory does. A `.tflite` file of a fixed size has its
            own.
        threads: CPU threads of LiteRT, 1 to 256; all cores by default.
        dtype: Which of the preset's `.tflite` files LiteRT runs. `float16` gives the same picture
            in the same time, `int8` is often faster and a little less exact; `fastest` times the
            preset's files on this machine, once, so it may be any of them.
        blend: A second preset, trained on from the first or from the same model, and its share
            from 0 to 1: what runs has the weights of both, interpolated. In float32 only.
        self_ensemble: Whether to average what the network makes of the eight orientations of
            every tile: better by about a tenth of a dB, and eight times slower.
        verify: `auto`, `require` or `off`, for presets and files as in `keras_litesr.load`.
        trusted_keys: File of a public key to trust, or several, besides the release keys of this
            package.

    Attributes:
        name: The model's name.
        version: Day on which its weights were saved; empty for a Keras model.
        scale: Its enlargement per side.
        overlap: How far it sees, in low-resolution pixels.
        runtime: `litert` or `keras`.
        dtype: Of the file that runs; `float32` for Keras.
        tile: Longest side of its tiles.
        is_seamless: Whether the result is known not to depend on the tiles: not for a foreign
            file that sees further than could be measured.

    Raises:
        PresetError: For an unknown name, a file that is missing, altered or not listed, or a
            signature by a trusted key that fails or, with `require`, is not there.
        TypeError: For a model or keys of another kind, or a tile that is no whole number.
        ValueError: For an unknown runtime, another number of threads, a tile no larger than twice
            the model's receptive radius, a Keras model that is to run in LiteRT, or a `.tflite`
            file that is missing, damaged or no model of this kind (what it takes and gives is
            named), or of a fixed size that cannot be turned.

    Example:
        >>> upscaler = Upscaler("bicubic_x4")
        >>> upscaler(np.zeros((5, 7, 3), np.uint8)).shape
        (20, 28, 3)
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | keras.Model = "lite_x4",
        *,
        runtime: str = "auto",
        tile: int | None = None,
        threads: int | None = None,
        dtype: str = "float32",
        blend: Blend | None = None,
        self_ensemble: bool = False,
        verify: str = "auto",
        trusted_keys: KeyFiles = (),
    ):
        if blend and (dtype != "float32" or not isinstance(model, (str, os.PathLike))):
            raise ValueError(
                f"Expected two presets in float32 to blend, received {model} in {dtype}. Leave out "
                "the dtype, and blend Keras models with keras_litesr.blend."
            )
        if not isinstance(tile, (Integral, type(None))):
            raise TypeError(f"Expected a whole number of pixels as tile, received {tile!r}.")
        is_number = isinstance(threads, Integral) and 1 <= threads <= MOST_THREADS
        if threads is not None and not is_number:
            raise ValueError(
                f"Expected 1 to {MOST_THREADS} threads, or None for all, received {threads!r}."
            )
        network = opened(
            model,
            runtime=runtime,
            threads=threads,
            dtype=dtype,
            blend=blend,
            checks=Checks(verify, key_files(trusted_keys)),
        )
        self.name, self.version, self.scale = network.name, network.version, network.scale
        self.runtime, self.dtype = network.runtime, network.dtype
        self.overlap, self.is_seamless = network.overlap, network.is_seamless
        self._enlarge, self._size, self._step = network.enlarge, network.size, network.step
        if self_ensemble:
            self._enlarge = self._ensemble()
        self.tile = self._tile(tile)

    def __call__(
        self,
        image: str | os.PathLike[str] | Image.Image | Photo | np.ndarray,
        *,
        outscale: float | None = None,
        progress: Progress | None = None,
    ):
        """Enlarges one picture.

        Colour goes through the network; grey as RGB, averaged again afterwards; transparency is
        enlarged bicubically on its own. Pixels that are wholly transparent take the colour of the
        nearest visible ones before, so that edges have no fringes.

        Args:
            image: uint8 or uint16 array `(height, width, 3)`, `(height, width, 4)` with alpha or
                `(height, width)` grey; a Pillow image; a `Photo`; or a path.
            outscale: Final enlargement per side, at most the model's, by antialiased reduction
                of its result.
            progress: Called with the numbers of tiles done and in all.

        Returns:
            The same kind of picture; a Pillow image for a path.

        Raises:
            ImageFileError: When a path does not lead to a readable picture.
            TypeError: For another kind of object, an array of another dtype, or an `outscale` that
                is no number.
            ValueError: For an array of another shape, an empty one, or a wrong `outscale`.
        """
        large = self._photo(photo_of(image), outscale, progress)
        if isinstance(image, np.ndarray):
            return array_of(large)
        return large if isinstance(image, Photo) else to_pil(large)

    def size_after(self, size: tuple[int, int], outscale: float | None = None) -> tuple[int, int]:
        """Computes `(height, width)` of the result for a picture of `size`.

        Raises:
            TypeError: When `outscale` is no number.
            ValueError: When it is not in (0, scale].
        """
        outscale = self.scale if outscale is None else outscale
        if not isinstance(outscale, Real):
            raise TypeError(
                f"Expected a number as outscale, received {outscale!r}. Give one above 0 and at "
                f"most {self.scale}."
            )
        if not 0 < outscale <= self.scale:
            raise ValueError(
                f"Expected an enlargement above 0 and at most {self.scale}, which is what "
                f"{self.name} gives, received {outscale:g}."
            )
        height, width = (max(1, math.floor(side * outscale + 0.5)) for side in size)
        return height, width

    def _photo(self, photo: Photo, outscale: float | None, progress: Progress | None) -> Photo:
        size = self.size_after(photo.size, outscale)
        if photo.alpha is not None:
            # Beside the network, the resizing of its result and that of alpha see two pixels far.
            reach = self.overlap + math.ceil(4 * max(1, 1 / (outscale or self.scale)))
            photo = replace(photo, colour=painted_on(photo.colour, photo.alpha, reach))
        colour = self._colour(photo, progress)
        if photo.is_grey:
            colour = colour[..., 0]
        if colour.shape[:2] != size:
            colour = resize.bicubic(colour, size)
        alpha = None if photo.alpha is None else resize.bicubic(photo.alpha, size)
        return replace(photo, colour=colour, alpha=alpha)

    def _colour(self, photo: Photo, progress: Progress | None) -> np.ndarray:
        enlarge = self._enlarge_grey if photo.is_grey else self._enlarge
        pixels = photo.colour[..., None] if photo.is_grey else photo.colour
        known: dict[str, Any] = {"scale": self.scale, "overlap": self.overlap, "progress": progress}
        if self._size:
            return enlarge_in_tiles_of(enlarge, pixels, size=self._size, **known)
        return enlarge_tiled(enlarge, pixels, tile=self.tile, step=self._step, **known)

    def _enlarge_grey(self, low_res: np.ndarray) -> np.ndarray:
        return self._enlarge(np.repeat(low_res, 3, axis=3)).mean(axis=3, keepdims=True)

    def _ensemble(self) -> SelfEnsemble:
        if self._size and self._size[0] != self._size[1]:
            raise ValueError(
                f"Expected tiles that can be turned for a self-ensemble, received {self.name}, "
                f"which takes {self._size[1]}x{self._size[0]} pixels and no others. Leave it out, "
                "or make a file for any size with `litesr convert`."
            )
        return SelfEnsemble(self._enlarge)

    def _tile(self, tile: int | None) -> int:
        if not self._size:
            tile = tile or max(_TILE, 4 * self.overlap)
            check_tile(tile, self.overlap)
            return tile
        if tile:
            raise ValueError(
                f"Expected no tile for {self.name}, which takes {self._size[1]}x{self._size[0]} "
                f"pixels and no others, received {tile}. Leave it out, or make a file for any size "
                "with `litesr convert`."
            )
        return max(self._size)


def upscale(
    image: str | os.PathLike[str] | Image.Image | np.ndarray,
    *,
    model: str | os.PathLike[str] | keras.Model = "lite_x4",
    runtime: str = "auto",
    tile: int | None = None,
    verify: str = "auto",
) -> Image.Image | np.ndarray:
    """Enlarges one picture; for many, keep an `Upscaler`.

    Args:
        image: Path, Pillow image, or array as for `Upscaler`, as a rule uint8
            `(height, width, 3)`.
        model: Name from `keras_litesr.presets()`, preset folder, `.tflite` file, or Keras model.
        runtime: `auto`, `litert` or `keras`; see `Upscaler`.
        tile: Longest side of a tile in low-resolution pixels; automatic when None or 0.
        verify: `auto`, `require` or `off`; see `keras_litesr.load`.

    Returns:
        The same kind of picture; a Pillow image for a path.

    Raises:
        ImageFileError: When a path does not lead to a readable picture.
        PresetError: When there is no such model.
        TypeError: For another kind of image, or an array of another dtype.
        ValueError: For an array of another shape, or an empty one.

    Example:
        >>> upscale(np.zeros((6, 4, 3), np.uint8), model="bicubic_x4").shape
        (24, 16, 3)
    """
    return Upscaler(model, runtime=runtime, tile=tile, verify=verify)(image)
