"""What earlier runs of `tools/reproduce_paper.py` left, and when it holds."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras_litesr
from keras_litesr.evaluation.benchmark import Pair
from keras_litesr.evaluation.protocols import PAPER, STANDARD

PROTOCOLS = (PAPER, STANDARD)
METRICS = ("psnr", "ssim")
# Folders of the package on whose code the figures depend.
_MEASURING = ("evaluation", "images", "inference", "models")


def figures_in(cache: Path) -> dict:
    """Reads the figures of earlier runs, by what they hold for."""
    try:
        kept = json.loads(cache.read_text()) if cache.is_file() else {}
    except ValueError:
        kept = None
    if not (isinstance(kept, dict) and all(map(_are_figures, kept.values()))):
        raise ValueError(
            f"Expected the figures of an earlier run in {cache}, received something else. Remove "
            "it; all is measured again then."
        )
    return kept


def _are_figures(row: Any) -> bool:
    try:
        figures = [row[protocol.name][metric] for protocol in PROTOCOLS for metric in METRICS]
    except (TypeError, KeyError):
        return False
    return all(isinstance(figure, float) for figure in figures)


def measured_tables(path: Path) -> set[str]:
    """Reads which tables of the paper an earlier run has figures for, by their numbers."""
    try:
        rows = json.loads(path.read_text())["quality"] if path.is_file() else []
        return {row["table"] for row in rows if isinstance(row[PAPER.name], dict)}
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"Expected the tables of an earlier run in {path}, received something else. Remove it, "
            "or name another folder with --out."
        ) from error


def pictures_hash(pairs: Sequence[Pair]) -> str:
    """Tells other pictures from those that were measured."""
    return _sha256(filter(None, (path for pair in pairs for path in (pair.high_res, pair.low_res))))


def code_hash() -> str:
    """Tells other code from that which measured."""
    package = Path(keras_litesr.__file__).parent
    sources = [path for name in _MEASURING for path in sorted((package / name).glob("*.py"))]
    return f"{keras_litesr.__version__} {_sha256(sources)}"


def _sha256(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
