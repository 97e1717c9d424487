"""A run over pictures and videos: each is read, enlarged, written and reported."""

import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from keras_litesr import __version__
from keras_litesr.cli.bars import bar
from keras_litesr.cli.errors import explained
from keras_litesr.cli.plan import STATUSES, Job
from keras_litesr.cli.printing import printable
from keras_litesr.images.files import ImageFileError, check_output, losses, read, write
from keras_litesr.inference.upscaler import Progress, Upscaler
from keras_litesr.inference.video import enlarge_video


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is the same for every picture of a run; the command's options of these names say more.

    Attributes:
        outscale: Final enlargement.
        quality: Of JPEG and WebP.
        overwrite: Replace existing outputs.
        skip_existing: Leave pictures out whose output exists.
        strip_metadata: Write no EXIF and XMP.
        as_json: Print JSON instead of text and bars.
        max_pixels: Larger pictures are refused.
        debug: Show tracebacks.
    """

    outscale: float
    quality: int
    overwrite: bool
    skip_existing: bool
    strip_metadata: bool
    as_json: bool
    max_pixels: int
    debug: bool


def run(jobs: list[Job], upscaler: Upscaler, options: Options) -> None:
    """Enlarges one picture after the other; one that fails does not keep the others back."""
    quiet = options.as_json or len(jobs) == 1
    with tqdm(jobs, unit="file", disable=True if quiet else None) as shown:
        for job in shown:
            shown.set_postfix_str(job.source.name)
            if not job.error:
                _enlarge_file(job, upscaler, options)
            _report(job, as_json=options.as_json)
    counts = Counter(job.status for job in jobs)
    if (len(jobs) > 1 or counts["skipped"]) and not options.as_json:
        known = [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
        click.echo(", ".join(known), err=True)


def _enlarge_file(job: Job, upscaler: Upscaler, options: Options) -> None:
    if options.skip_existing and os.path.lexists(job.target):
        job.status = "skipped"
        return
    begin = time.perf_counter()
    try:
        (_enlarge_video if job.is_video else _enlarge_picture)(job, upscaler, options)
        job.status = "done"
    except MemoryError:
        job.fail(
            f"{job.source} does not fit into memory when enlarged {options.outscale:g} times. Cut "
            "it into pieces."
        )
    except Exception as error:  # whatever is wrong with one picture, the others are enlarged
        if options.debug:
            traceback.print_exc()
        job.fail(explained(error))
    job.seconds = round(time.perf_counter() - begin, 3)


def _enlarge_picture(job: Job, upscaler: Upscaler, options: Options) -> None:
    photo = read(job.source, max_pixels=options.max_pixels)
    job.height, job.width = upscaler.size_after(photo.size, options.outscale)
    with _folder_if_needed(job.target.parent):
        check_output(job.target, height=job.height, width=job.width, overwrite=options.overwrite)
        kept: dict[str, Any] = {
            "strip_metadata": options.strip_metadata,
            "software": software_of(upscaler),
        }
        job.notices = [*photo.notices, *losses(photo, job.target, **kept)]
        with _bar_within(job, "tile", options) as progress:
            large = upscaler(photo, outscale=options.outscale, progress=progress)
        write(large, job.target, overwrite=options.overwrite, quality=options.quality, **kept)


def _enlarge_video(job: Job, upscaler: Upscaler, options: Options) -> None:
    with _folder_if_needed(job.target.parent), _bar_within(job, "frame", options) as progress:
        (job.height, job.width), notices = enlarge_video(
            job.source,
            job.target,
            upscaler,
            outscale=options.outscale,
            overwrite=options.overwrite,
            software=software_of(upscaler),
            strip_metadata=options.strip_metadata,
            max_pixels=options.max_pixels,
            progress=progress,
        )
    job.notices = [f"{job.target.name}: {notice}" for notice in notices]


def software_of(upscaler: Upscaler) -> str:
    """Names what a result was made with, as its metadata say it."""
    return f"keras_litesr {__version__}, {upscaler.name} {upscaler.version}"


@contextmanager
def _folder_if_needed(folder: Path) -> Iterator[None]:
    """Makes a folder and those above it; removes the new ones where nothing came into them."""
    new = [place for place in (folder, *folder.parents) if not place.is_dir()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageFileError(
            f"Expected a place for the folder {str(folder)!r}, received an error "
            f"({error.strerror}). Choose another --output."
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):
            for place in new:
                place.rmdir()


def _bar_within(job: Job, unit: str, options: Options) -> AbstractContextManager[Progress]:
    """Shows the progress within one file, once it takes longer than a second."""
    disable = True if options.as_json else None
    return bar(job.source.name, unit=unit, delay=1, disable=disable)


def _report(job: Job, *, as_json: bool) -> None:
    with tqdm.external_write_mode():
        if as_json:
            facts = asdict(job) | {"source": str(job.source), "target": str(job.target)}
            click.echo(json.dumps(facts))
            return
        for notice in job.notices:
            click.echo(f"note: {notice}", err=True)
        if job.error:
            click.echo(f"failed: {job.error}", err=True)
        elif job.status == "done":
            size = f"{job.width}x{job.height}"
            click.echo(f"{printable(str(job.target))}  {size}  {job.seconds:.1f} s")
