"""How long the TFLite files of presets take, all in turns, as their `results.json` keep it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_litesr.cli.measuring import file_facts, tflite_files
from keras_litesr.evaluation.invocation import invocation
from keras_litesr.evaluation.machine import machine_name
from keras_litesr.timing import alternate, milliseconds, ratio
from keras_litesr.zoo import folders

# Every time is stated as a multiple of this file's, too: a machine is seldom quiet.
_UNIT, _UNIT_FILE = "bicubic_x4", "bicubic_x4_float32.tflite"
_SIZE = (128, 128)


def time_presets(
    presets: Sequence[Path], *, threads: int, rounds: int, command: str
) -> dict[Path, dict[str, Any]]:
    """Times every TFLite file of the presets for one picture of 128x128.

    Args:
        presets: Preset folders whose quality was measured.
        threads: CPU threads.
        rounds: At least 1; medians are taken over them.
        command: How a reader can measure the same; the card shows it.

    Returns:
        The presets' results with `timing` (machine, size, rounds, the bicubic network's time) and
        for every file `milliseconds` (median, fastest, slowest, multiple of bicubic's).

    Raises:
        PresetError: When a preset was not measured, or its files are others than those that were.
    """
    measured = {folder: _measured(folder) for folder in presets}
    unit = folders.preset_folder(_UNIT) / _UNIT_FILE
    paths = [path for folder in presets for path in tflite_files(folder).values()]
    runs = {str(path): invocation(path, _SIZE, threads=threads) for path in (unit, *paths)}
    times = alternate(runs, rounds)
    timing = {
        "machine": machine_name(threads),
        "size": f"{_SIZE[1]}x{_SIZE[0]}",
        "rounds": rounds,
        "bicubic_ms": milliseconds(times[str(unit)])["median_ms"],
        "command": command,
    }
    rows = {label: _row(seconds, times[str(unit)]) for label, seconds in times.items()}
    return {folder: _with_times(measured[folder], folder, timing, rows) for folder in presets}


def _row(seconds: Sequence[float], unit: Sequence[float]) -> dict[str, float]:
    return {**milliseconds(seconds), "times_bicubic": round(ratio(seconds, unit), 2)}


def _measured(folder: Path) -> dict[str, Any]:
    figures = folders.results(folder)
    known = {dtype: row.get("sha256") for dtype, row in figures.get("files", {}).items()}
    found = {dtype: folders.sha256(path) for dtype, path in tflite_files(folder).items()}
    if known != found:
        raise folders.PresetError(
            f"Expected files in {folder} whose quality is in {folders.RESULTS}, received "
            f"{', '.join(found) or 'none'} with other bytes or not measured. "
            f"Run tools/measure_zoo.py {folder.name} --data FOLDER first."
        )
    return figures


def _with_times(
    figures: Mapping[str, Any],
    folder: Path,
    timing: dict[str, Any],
    rows: Mapping[str, dict[str, float]],
) -> dict[str, Any]:
    files = {
        dtype: {
            **file_facts(path),
            "milliseconds": rows[str(path)],
            "quality": figures["files"][dtype]["quality"],
        }
        for dtype, path in tflite_files(folder).items()
    }
    return {**figures, "timing": timing, "files": files}
