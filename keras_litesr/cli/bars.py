"""Progress bars, which only a terminal shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from keras_litesr.inference.upscaler import Progress


@contextmanager
def bar(title: str, **options: Any) -> Iterator[Progress]:
    """Yields what is called with the numbers done and in all; the options are those of `tqdm`."""
    with tqdm(desc=title, **{"leave": False, "disable": None, **options}) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress
