"""`litesr protect overlap`: what two models share."""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_litesr.cli.bars import bar
from keras_litesr.cli.extras import require_scipy
from keras_litesr.cli.paths import NamedPath
from keras_litesr.evaluation.tables import as_text
from keras_litesr.silence import captured_output

if TYPE_CHECKING:
    from keras_litesr.protection.keys import OwnerKey
    from keras_litesr.protection.networks import Network
    from keras_litesr.protection.verdict import Verdict

_SHOWN = 5
_EPILOG = """\b
Examples:
  litesr protect overlap lite_psnr_x4 suspect.tflite
  litesr protect overlap big_preset light_preset --data validation/ --json
  litesr protect overlap mine_x4 theirs_x4 --key owner.key

Exit codes: 0 no evidence of shared weights, 1 evidence, 2 could not tell or wrong usage.
"""


@click.command(epilog=_EPILOG)
@click.argument("first")
@click.argument("second")
@click.option(
    "--key",
    "keys",
    multiple=True,
    type=NamedPath(),
    help="Owner key whose mark is looked for in both; may be repeated. A mark is evidence of the "
    "same owner and does not change the answer.",
)
@click.option(
    "--data",
    type=NamedPath(),
    help="Folder of photos on which the quality of both is measured.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every pair of kernels.")
def overlap(
    first: str, second: str, keys: tuple[Path, ...], data: Path | None, as_json: bool
) -> None:
    """Compares the weights of two models, and says where they are alike.

    FIRST and SECOND are names from `litesr list`, preset folders or .tflite files. Equal kernels
    are found by their hashes; copies that were trained on, quantised, rescaled or permuted by the
    correlation of every kernel with every other, which is judged against shuffled kernels and
    against all other pairs. A model trained from scratch on another's answers shares no weights
    with it; kernels of shapes that have fewer than 8 pairs are compared for equal numbers only. No
    evidence is no proof: a copy that was changed beyond recognition is not found.
    """
    require_scipy()
    from keras_litesr.protection import carriers
    from keras_litesr.protection.keys import read

    owners = [read(path) for path in keys]
    models = (first, second)
    with captured_output():
        networks = [carriers.read(model) for model in models]
    report = {"first": first, "second": second, **_comparison(networks, as_json)}
    report["marks"] = [mark for owner in owners for mark in _marks(models, networks, owner)]
    if data is not None:
        report["quality"] = [_quality(model, data) for model in models]
    click.echo(json.dumps(report, indent=2) if as_json else _in_words(report))
    sys.exit({"no evidence of shared weights": 0, "shared weights": 1}.get(report["answer"], 2))


def _comparison(networks: Sequence["Network"], all_pairs: bool) -> dict[str, Any]:
    from keras_litesr.protection.overlap import compare

    with bar("pairs of kernels") as progress:
        found = compare(*networks, progress=progress)
    shown = None if all_pairs else max(_SHOWN, len(found.shared))
    return {
        "answer": found.answer,
        "weights": list(found.weights),
        "ratio": found.ratio if math.isfinite(found.ratio) else None,
        "identical": [list(names) for names in found.identical],
        "shared": len(found.shared),
        "compared": len(found.likenesses),
        "judged": found.judged,
        "pairs": [asdict(each) for each in found.likenesses[:shown]],
    }


def _marks(
    models: Sequence[str], networks: Sequence["Network"], key: "OwnerKey"
) -> list[dict[str, Any]]:
    from keras_litesr.protection.verdict import MARKED

    rows: list[dict[str, Any]] = []
    for model, network in zip(models, networks, strict=True):
        row = {"model": model, "key": key.name}
        try:
            verdict = _verdict(network, key, networks[0] if model != models[0] else None)
        except ValueError as error:
            rows.append({**row, "found": False, "verdict": f"could not be read: {error}"})
            continue
        rows.append(
            {
                **row,
                "found": verdict.answer == MARKED,
                "matching": verdict.matching,
                "slots": verdict.slots,
                "p_value": verdict.p_value,
                "verdict": str(verdict),
            }
        )
    return rows


def _verdict(suspect: "Network", key: "OwnerKey", original: "Network | None") -> "Verdict":
    """Reads a mark; that of a copy with permuted channels by the side of its original."""
    from keras_litesr.protection import watermark
    from keras_litesr.protection.networks import ArchitectureError

    try:
        return watermark.verify(suspect, key, reference=original)
    except ArchitectureError:  # It is no copy of that one, and may bear the mark all the same.
        return watermark.verify(suspect, key)


def _quality(model: str, data: Path) -> dict[str, Any]:
    from keras_litesr.cli.evaluate import measured
    from keras_litesr.evaluation.benchmark import find_pairs
    from keras_litesr.inference.upscaler import Upscaler

    upscaler = Upscaler(model)
    pairs = find_pairs(data, scale=upscaler.scale)
    row = measured(model, upscaler, pairs, ["standard"], upscaler.scale)[0].mean
    return {"model": model, "psnr": row["psnr"], "ssim": row["ssim"]}


def _in_words(report: dict[str, Any]) -> str:
    sizes = [
        f"{report[place]} has {count:,} weights in its kernels"
        for place, count in zip(("first", "second"), report["weights"], strict=True)
    ]
    if report["ratio"] is not None:
        sizes[1] += f", {report['ratio']:.2f} times as many"
    parts = ["; ".join(sizes) + "."]
    equal = [" = ".join(names) for names in report["identical"]]
    parts.append(f"Identical kernels: {', '.join(equal) if equal else 'none'}.")
    if not report["pairs"]:
        parts.append("No kernel of one could be compared with one of the other.")
    else:
        rows = [{**pair, "p_value": f"{pair['p_value']:.0e}"} for pair in report["pairs"]]
        parts.append(
            f"{report['shared']} of {report['compared']} pairs of kernels are more alike than "
            f"strangers; the most alike, beside the highest of shuffled kernels (chance):\n\n"
            f"{as_text(rows)}\n"
        )
        if report["judged"] < report["compared"]:
            left = report["compared"] - report["judged"]
            parts.append(
                f"{left} pairs are too few of their shapes to be told from strangers but by equal "
                "numbers."
            )
    parts += [f"Mark of {m['key']} in {m['model']}: {m['verdict']}" for m in report["marks"]]
    if "quality" in report:
        one, other = (row["psnr"] for row in report["quality"])
        parts.append(f"Standard protocol: {one:.2f} dB and {other:.2f} dB, {other - one:+.2f} dB.")
    return "\n".join([*parts, f"Answer: {report['answer']}"])
