"""The H.264 stream of an enlarged video."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from keras_litesr.inference.video_look import CONVERSION, Look

# Constant rate factor of x264; nobody sees a loss at 17.
_RATE_FACTOR = "17"


class Encoder:
    """Encodes enlarged frames at the times of the original ones.

    Args:
        large: Open container of the new video.
        original: Video stream whose frames are enlarged.
        look: How they are shown.
        size: `(height, width)` of the new frames, even.
    """

    def __init__(self, large: Any, original: Any, look: Look, size: tuple[int, int]):
        self.count = 0
        self._large, self._look, self._size = large, look, size
        self._time_base = original.time_base
        rate = original.average_rate or original.guessed_rate or Fraction(25)
        self._step = round(1 / rate / self._time_base)
        self._last: int | None = None
        options = {"crf": _RATE_FACTOR, "preset": "medium"}
        self._stream = large.add_stream("libx264", rate=rate, options=options)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"
        coder = self._stream.codec_context
        coder.time_base = self._time_base
        coder.colorspace, coder.color_range = look.matrix, look.range_number
        coder.color_primaries, coder.color_trc = look.primaries, look.transfer
        ratio = original.sample_aspect_ratio
        if ratio:
            coder.sample_aspect_ratio = 1 / ratio if look.rotation % 180 else ratio

    def write(self, picture: np.ndarray, frame: Any) -> None:
        """Encodes a picture, uint8 RGB, at the time of a frame."""
        height, width = self._size
        cut = np.ascontiguousarray(picture[:height, :width])
        new = (
            type(frame)
            .from_ndarray(cut, "rgb24")
            .reformat(
                format="yuv420p",
                dst_colorspace=self._look.converter_matrix,
                dst_color_range=self._look.range_number,
                interpolation=CONVERSION,
            )
        )
        new.time_base = self._time_base
        self._last = new.pts = self._time(frame)
        self._large.mux(self._stream.encode(new))
        self.count += 1

    def _time(self, frame: Any) -> int:
        """Tells when a frame is shown, in units of the time base, always after the one before."""
        if self._last is None:
            return frame.pts or 0
        if frame.pts is None:
            return self._last + self._step
        return max(frame.pts, self._last + 1)

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._large.mux(self._stream.encode())
