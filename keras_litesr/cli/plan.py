"""Which picture or video becomes which file, settled before any work begins."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from keras_litesr.cli.left_out import FOREIGN_SUFFIXES, left_out
from keras_litesr.images.files import OUTPUT_SUFFIXES, SUFFIXES, find_images, unreadable
from keras_litesr.inference import video

_WRITTEN = (*OUTPUT_SUFFIXES, *video.OUTPUT_SUFFIXES)
_OTHERS = (*SUFFIXES, *video.SUFFIXES, *FOREIGN_SUFFIXES)
STATUSES = ("done", "skipped", "failed")


@dataclass
class Job:
    """One picture or video to enlarge, and afterwards what became of it.

    Attributes:
        source: The picture or video.
        target: The file that is made of it.
        status: `waiting`, then one of `STATUSES`.
        error: Why it failed.
        width: Of the result, in pixels.
        height: Of the result, in pixels.
        seconds: From reading to the written file.
        notices: What the person should know about the result.
    """

    source: Path
    target: Path
    status: str = "waiting"
    error: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def is_video(self) -> bool:
        """Whether the source is a video, by its name."""
        return self.source.suffix.lower() in video.SUFFIXES

    def fail(self, reason: str) -> None:
        """Notes why there is no output."""
        self.status, self.error = "failed", reason


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How outputs are called.

    Attributes:
        output: File for one picture or video, or folder; None for beside the input.
        ending: Put behind the name after an underscore; empty keeps the name.
        suffix: `.png`, `.jpg` or `.webp` for pictures; None for that of the input.
    """

    output: Path | None
    ending: str
    suffix: str | None

    @property
    def to_file(self) -> bool:
        """Whether `output` is one file."""
        if self.output is None or os.path.isdir(self.output):
            return False
        return self.output.suffix.lower() in _WRITTEN

    def name(self, source: Path) -> str:
        """Names the output, PNG or Matroska where the input's own format cannot be written."""
        if source.suffix.lower() in video.SUFFIXES:
            suffix = _written_or(video.OUTPUT_SUFFIXES, source.suffix, ".mkv")
        else:
            suffix = _written_or(OUTPUT_SUFFIXES, self.suffix or source.suffix, ".png")
        return f"{source.stem}_{self.ending}{suffix}" if self.ending else f"{source.stem}{suffix}"


def _written_or(written: tuple[str, ...], wanted: str, otherwise: str) -> str:
    return wanted if wanted.lower() in written else otherwise


def plan(paths: Sequence[Path], naming: Naming) -> list[Job]:
    """Lists the pictures and videos behind paths with their outputs; of a folder, the pictures.

    What is itself the output of another picture, or lies in the output folder, is left out, so
    that a second run does not enlarge the results of the first. Of two pictures with one output
    the second has failed already, and so has a folder that cannot be searched.

    Raises:
        UsageError: When the paths and the output do not go together.
        ImageFileError: When a folder holds no pictures.
    """
    _check_output(paths, naming)
    jobs = {_real(job.source): job for path in paths for job in _jobs(path, naming)}
    made_from: dict[str, Path] = {}
    for source, job in jobs.items():
        target = _real(job.target)
        if target == source or (not naming.ending and target in jobs):
            job.fail(f"{job.target} is itself an input. Choose another --output or --suffix.")
        elif target in made_from:
            job.fail(
                f"{job.target} is already made from {made_from[target]}. Enlarge {job.source} by "
                "itself with another --output or --suffix."
            )
        else:
            made_from[target] = job.source
    return [job for source, job in jobs.items() if job.error or source not in made_from]


def _check_output(paths: Sequence[Path], naming: Naming) -> None:
    if not paths:
        raise click.UsageError("Name at least one picture or folder: litesr upscale photo.jpg")
    if os.path.basename(naming.ending) != naming.ending:
        raise click.UsageError(f"Expected --suffix without folders, received {naming.ending!r}.")
    output = naming.output
    if output is None or os.path.isdir(output):
        return
    if naming.to_file:
        if len(paths) > 1 or os.path.isdir(paths[0]):
            raise click.UsageError(f"Several pictures cannot go into {output}. Name a folder.")
        suffix = output.suffix.lower().replace(".jpeg", ".jpg")
        if naming.suffix and suffix != naming.suffix:
            raise click.UsageError(f"--format {naming.suffix[1:]} contradicts the name {output}.")
    elif output.suffix.lower() in _OTHERS or _means_file(paths, output):
        raise click.UsageError(
            f"{output.suffix} cannot be written. Expected {', '.join(_WRITTEN)} or a folder. If "
            f"{output} is to be a folder, make it first."
        )
    elif os.path.lexists(output):
        raise click.UsageError(f"{output} is a file, expected a folder. Choose another --output.")


def _means_file(paths: Sequence[Path], output: Path) -> bool:
    """Guesses whether a new name is one of a file: one input, and an ending that is no number."""
    return len(paths) == 1 and not os.path.isdir(paths[0]) and output.suffix[1:2].isalpha()


def _jobs(path: Path, naming: Naming) -> Iterator[Job]:
    if not os.path.isdir(path):
        if naming.to_file and naming.output:
            yield Job(path, naming.output)
        else:
            yield Job(path, (naming.output or path.parent) / naming.name(path))
        return
    root = naming.output or _beside(path, naming.ending)
    errors: list[OSError] = []
    found = find_images(path, on_error=errors.append)
    files = [file for file in found if not _is_inside(file, root, path)]
    for error in errors:
        job = Job(Path(error.filename), root / Path(error.filename).relative_to(path))
        job.fail(unreadable(error))
        yield job
    if not files and not errors:
        raise click.UsageError(_nothing_in(path))
    for file in files:
        yield Job(file, root / file.relative_to(path).parent / naming.name(file))


def _nothing_in(folder: Path) -> str:
    if others := left_out(folder):
        return f"There are no pictures in {folder} that can be read here; left out: {others}."
    return f"There are no pictures in {folder}. Check the path; videos are named one by one."


def _beside(folder: Path, ending: str) -> Path:
    absolute = Path(os.path.abspath(folder))
    beside = absolute.parent / f"{absolute.name}_{ending or 'large'}"
    return beside if folder.is_absolute() else Path(os.path.relpath(beside))


def _is_inside(file: Path, root: Path, folder: Path) -> bool:
    """Whether a found file lies in an output folder that is a part of the input folder."""
    inner, outer = Path(os.path.realpath(root)), Path(os.path.realpath(folder))
    return inner != outer and outer in inner.parents and inner in Path(_real(file)).parents


def _real(path: Path) -> str:
    # The folder's links are followed, the file's own is not: two links are two pictures.
    return os.path.join(os.path.realpath(path.parent), path.name)
