"""The README's tables of all presets: quality, and what their files lose, weigh and take."""

from collections.abc import Iterable, Mapping
from typing import Any

from keras_litesr.zoo.card_prose import filled, table
from keras_litesr.zoo.presets import Preset

_MISSING = "not measured"


def quality_table(
    presets: Mapping[str, Preset], metadata: Mapping[str, Any], results: Mapping[str, Any]
) -> str:
    """Writes terms, parameters, multiply-adds, PSNR and SSIM of the float32 files, in Markdown.

    Args:
        presets: Facts of each preset, by name.
        metadata: Of each preset, by name, in the order of the rows.
        results: Of the same.
    """
    sets = _sets(results.values())
    rows = [
        [
            _link(name),
            presets[name].licence,
            f"{metadata[name]['parameter_count']:,}",
            f"{figures['multiply_adds'] / 1e6:,.0f} M",
            *(_psnr_and_ssim(figures["files"]["float32"]["quality"].get(data)) for data in sets),
        ]
        for name, figures in results.items()
    ]
    return table(["model", "terms", "parameters", "multiply-adds", *sets], rows)


def published_note(rows: Mapping[str, Preset]) -> str:
    """Names the figures that others published for the baselines; empty without any.

    Args:
        rows: Of the baselines, by name.
    """
    if not rows:
        return ""
    each = (
        f"`{name}` {' / '.join(f'{psnr:.2f}' for psnr in row.published.values())} dB ({row.source})"
        for name, row in rows.items()
    )
    sets = " / ".join(dict.fromkeys(data for row in rows.values() for data in row.published))
    return filled(f"""\
The baselines were trained here on the pictures of the lightweight models, for half an hour to
two hours, as their cards say.
Figures published after longer trainings, on {sets}: {"; ".join(each)}.""")


def critic_tables(metadata: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Compares each model that learnt against a critic with the one it began as, in Markdown.

    Args:
        metadata: Of each preset, by name, in the order of the rows.
        results: Of the same.

    Returns:
        A table a pair, float32 files in the standard protocol, of the sets that both were measured
        on; empty where no start is among the presets.
    """
    tables = []
    for name, facts in metadata.items():
        training = facts.get("training", {})
        if "adversarial_weight" in training and training["start"] in results:
            tables.append(_critic_table(name, training["start"], results))
    return "\n\n".join(tables)


def files_table(results: Mapping[str, Any]) -> str:
    """Writes PSNR of the int8 files and its loss, sizes, and times, in Markdown.

    Args:
        results: Of each preset, by name, in the order of the rows.
    """
    sets = _sets(results.values())
    heads = ["file", *(f"int8 {data} (loss)" for data in sets), "float16 kB", "int8 kB"]
    heads += ["float32 time", "int8 time"]
    rows = []
    for name, figures in results.items():
        files = figures["files"]
        row = [name, *(_with_loss(files, data) for data in sets)]
        row += [_size(files.get(dtype)) for dtype in ("float16", "int8")]
        row += [_time(files.get(dtype)) for dtype in ("float32", "int8")]
        rows.append(row)
    return table(heads, rows)


def times_note(results: Mapping[str, Any]) -> str:
    """Says on which machines and how the times of `files_table` were taken; empty without any."""
    runs = [figures["timing"] for figures in results.values() if "timing" in figures]
    if not runs:
        return ""
    took = dict.fromkeys(f"{run['bicubic_ms']:.1f} ms on {run['machine']}" for run in runs)
    rounds = " or ".join(dict.fromkeys(str(run["rounds"]) for run in runs))
    return filled(f"""\
Time: for {runs[0]["size"]} in LiteRT, as a multiple of what the float32 file of `bicubic_x4` takes
in the same run, {" or ".join(took)}; medians of {rounds} rounds in which all files took turns.""")


def _sets(results: Iterable[dict[str, Any]]) -> list[str]:
    found = (data for row in results for data in row["files"]["float32"]["quality"])
    return list(dict.fromkeys(found))


def _critic_table(name: str, start: str, results: Mapping[str, Any]) -> str:
    sharp, soft = (results[each]["files"]["float32"]["quality"] for each in (name, start))
    sets = [data for data in sharp if data in soft]
    psnr, energy, gmsd = ["PSNR (dB)"], ["high-frequency energy"], ["GMSD"]
    for data in sets:
        before, after = soft[data]["standard"]["psnr"], sharp[data]["standard"]["psnr"]
        psnr.append(f"{before:.2f} to {after:.2f} ({after - before:+.2f})")
        before, after = (row[data]["sharpness"]["high_frequency_energy"] for row in (soft, sharp))
        energy.append(f"{before:.3f} to {after:.3f} (x {after / before:.2f})")
        before, after = (row[data]["sharpness"]["gmsd"] for row in (soft, sharp))
        gmsd.append(f"{before:.4f} to {after:.4f}")
    return table([f"from {start} to {name}", *sets], [psnr, energy, gmsd])


def _link(name: str) -> str:
    return f"[{name}](saved_models/{name}/README.md)"


def _psnr_and_ssim(protocols: dict | None) -> str:
    if protocols is None:
        return _MISSING
    row = protocols["standard"]
    return f"{row['psnr']:.2f} / {row['ssim']:.4f}"


def _with_loss(files: dict[str, Any], data: str) -> str:
    if "int8" not in files:
        return "no file"
    exact, rounded = (files[dtype]["quality"].get(data) for dtype in ("float32", "int8"))
    if exact is None or rounded is None:
        return _MISSING
    psnr = rounded["standard"]["psnr"]
    # Adding zero turns the -0.0 of rounding into 0.0.
    gain = round(psnr - exact["standard"]["psnr"], 2) + 0.0
    return f"{psnr:.2f} ({gain:+.2f})"


def _size(row: dict[str, Any] | None) -> str:
    return "no file" if row is None else f"{row['size_bytes'] / 1000:,.0f}"


def _time(row: dict[str, Any] | None) -> str:
    if row is None:
        return "no file"
    return f"{row['milliseconds']['times_bicubic']:.2f}" if "milliseconds" in row else _MISSING
