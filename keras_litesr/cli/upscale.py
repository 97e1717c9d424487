"""`litesr upscale`: files and folders in, enlarged files out."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
from tqdm import tqdm

from keras_litesr import __version__
from keras_litesr.images.files import (
    OUTPUT_SUFFIXES,
    ImageFileError,
    Photo,
    check_output,
    find_images,
    losses,
    read,
    write,
)
from keras_litesr.inference.upscaler import RUNTIMES, Upscaler

_FORMATS = ("same", "auto", "png", "jpg", "webp")


@dataclass
class Job:
    """One picture to enlarge, and afterwards what became of it."""

    source: Path
    target: Path
    status: str = "waiting"
    error: str | None = None
    size: tuple[int, int] | None = None
    seconds: float | None = None
    notices: list[str] = field(default_factory=list)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("-i", "--input", "inputs", multiple=True, type=click.Path(path_type=Path),
              help="The same as PATHS.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="File (for one picture) or folder; default: beside the input.")  # fmt: skip
@click.option("-m", "-n", "--model", default="lite_x4", show_default=True,
              help="Name from `litesr list`, or a preset folder.")  # fmt: skip
@click.option("-s", "--outscale", type=float,
              help="Final enlargement, up to the model's, for instance 2.5; the model's result "
                   "is reduced to it.")  # fmt: skip
@click.option("--format", "--ext", "-f", "file_format", type=click.Choice(_FORMATS),
              default="same", show_default=True,
              help="Format of the output; `same` (or `auto`) keeps the input's, PNG where that "
                   "cannot be written.")  # fmt: skip
@click.option("--suffix", help="Put behind the name; default: x and the enlargement, as in "
                               "photo_x4.png. Empty keeps the name.")  # fmt: skip
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True,
              help="Of JPEG and WebP.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace existing outputs.")
@click.option("--skip-existing", is_flag=True,
              help="Leave pictures out whose output exists: goes on where an earlier run "
                   "stopped.")  # fmt: skip
@click.option("--strip-metadata", is_flag=True,
              help="Write no EXIF and XMP (place, time, camera). Without it EXIF, XMP and the "
                   "colour profile are kept, orientation and size corrected; the colour profile "
                   "is kept in any case.")  # fmt: skip
@click.option("--runtime", type=click.Choice(RUNTIMES), default="auto", show_default=True,
              help="`auto` takes LiteRT where the model has a .tflite file.")  # fmt: skip
@click.option("-t", "--tile", type=click.IntRange(0), default=0, show_default=True,
              help="Side of the tiles in pixels of the input; 0 chooses by itself. The result "
                   "does not depend on it, memory does.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1), help="CPU threads; default: all cores.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a picture.")
def upscale(
    paths: tuple[Path, ...],
    inputs: tuple[Path, ...],
    output: Path | None,
    model: str,
    outscale: float | None,
    file_format: str,
    suffix: str | None,
    quality: int,
    overwrite: bool,
    skip_existing: bool,
    strip_metadata: bool,
    runtime: str,
    tile: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Enlarges pictures and folders of pictures.

    Folders are searched with their subfolders, whose structure is kept. PNG, JPEG, TIFF, WebP,
    BMP, GIF and AVIF are read; transparency, grey, 16 bits and metadata are kept where the format
    can hold them. An output appears whole or not at all.

    \b
    litesr upscale photo.jpg
    litesr upscale scans/ -o large/ --format png --skip-existing
    litesr upscale logo.png -s 2.5 -o logo_large.png
    """
    upscaler = Upscaler(model, runtime=runtime, tile=tile, threads=threads)
    factor = upscaler.scale if outscale is None else outscale
    upscaler.size_after((1, 1), factor)
    ending = f"x{factor:g}" if suffix is None else suffix
    jobs = list(_plan([*inputs, *paths], output, ending, file_format))
    if overwrite and skip_existing:
        raise click.UsageError("--overwrite and --skip-existing exclude each other.")
    made_from: dict[Path, Path] = {}
    bar = tqdm(jobs, unit="picture", disable=True if as_json or len(jobs) == 1 else None)
    for job in bar:
        bar.set_postfix_str(job.source.name)
        if skip_existing and job.target.exists():
            job.status = "skipped"
        elif job.target in made_from:
            job.error = f"{job.target} was already made from {made_from[job.target]} in this run."
        else:
            made_from[job.target] = job.source
            _run(job, upscaler, factor, overwrite, strip_metadata, quality, quiet=as_json)
        job.status = "failed" if job.error else job.status
        _report(job, as_json)
    failed = [job for job in jobs if job.error]
    if len(jobs) > 1 and not as_json:
        click.echo(_summary(jobs), err=True)
    if failed:
        raise SystemExit(1)


def _plan(
    paths: list[Path], output: Path | None, ending: str, file_format: str
) -> Iterator[Job]:
    if not paths:
        raise click.UsageError("Name at least one picture or folder: litesr upscale photo.jpg")
    to_file = output is not None and output.suffix.lower() in OUTPUT_SUFFIXES
    if to_file and (len(paths) > 1 or paths[0].is_dir()):
        raise click.UsageError(f"{output} is one file, but several pictures go in; name a folder.")
    for path in paths:
        if not path.is_dir():
            name = _name(path, ending, file_format)
            folder = output or path.parent
            yield Job(path, output if to_file and output else folder / name)
            continue
        files = find_images(path)
        if not files:
            raise ImageFileError(f"There are no pictures in {path}. Check the path.")
        root = output or path.resolve().with_name(f"{path.resolve().name}_{ending or 'large'}")
        for file in files:
            target = root / file.relative_to(path).parent / _name(file, ending, file_format)
            yield Job(file, target)


def _name(source: Path, ending: str, file_format: str) -> str:
    keeps = file_format in ("same", "auto")
    suffix = source.suffix if keeps else f".{file_format}"
    if suffix.lower() not in OUTPUT_SUFFIXES:
        suffix = ".png"
    return f"{source.stem}_{ending}{suffix}" if ending else f"{source.stem}{suffix}"


def _run(
    job: Job,
    upscaler: Upscaler,
    factor: float,
    overwrite: bool,
    strip_metadata: bool,
    quality: int,
    *,
    quiet: bool,
) -> None:
    begin = time.perf_counter()
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        photo = read(job.source)
        job.size = upscaler.size_after(photo.size, factor)
        height, width = job.size
        check_output(job.target, height=height, width=width, overwrite=overwrite)
        large = _enlarge(photo, upscaler, factor, job.source.name, quiet)
        job.notices = [*photo.notices, *losses(large, job.target)]
        write(
            large,
            job.target,
            overwrite=overwrite,
            strip_metadata=strip_metadata,
            software=f"keras_litesr {__version__}, {upscaler.name}",
            quality=quality,
        )
        job.status = "done"
    except (ImageFileError, OSError, ValueError) as error:
        job.error = str(error)
    except MemoryError:
        job.error = (
            f"{job.source} does not fit into memory when enlarged {factor:g} times. Cut it into "
            "pieces, or enlarge it less with --outscale."
        )
    job.seconds = round(time.perf_counter() - begin, 3)


def _enlarge(photo: Photo, upscaler: Upscaler, factor: float, name: str, quiet: bool) -> Photo:
    with tqdm(
        desc=name, unit="tile", leave=False, delay=1, disable=True if quiet else None
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return upscaler(photo, outscale=factor, progress=progress)


def _report(job: Job, as_json: bool) -> None:
    if as_json:
        facts = asdict(job) | {"source": str(job.source), "target": str(job.target)}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for notice in job.notices:
        tqdm.write(f"note: {notice}", file=click.get_text_stream("stderr"))
    if job.error:
        tqdm.write(f"failed: {job.error}", file=click.get_text_stream("stderr"))
    elif job.status == "done" and job.size:
        height, width = job.size
        tqdm.write(f"{job.target}  {width}x{height}  {job.seconds:.1f} s")


def _summary(jobs: list[Job]) -> str:
    counts = {status: sum(job.status == status for job in jobs) for status in
              ("done", "skipped", "failed")}  # fmt: skip
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)
