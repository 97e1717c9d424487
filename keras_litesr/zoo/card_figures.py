"""The figures of a card: quality, sharpness, and what each TFLite file costs."""

from typing import Any

from keras_litesr.zoo.card_prose import filled, table


def figures(metadata: dict[str, Any], results: dict[str, Any]) -> str:
    """Writes the section of the figures, in Markdown.

    Args:
        metadata: The preset's.
        results: The preset's, empty when it was not measured; operators and times are shown where
            they are in it.
    """
    size = f"{metadata['parameter_count']:,} parameters"
    radius = f"an output pixel sees {metadata['receptive_radius']} low-resolution pixels far"
    scale = metadata["scale"]
    if not results:
        text = filled(f"{size}; {radius}. Enlargement x{scale}. Its quality was not measured.")
        return f"## Figures\n\n{text}"
    text = filled(f"""\
{size}; {results["multiply_adds"] / 1e6:,.1f} million multiply-adds from 128x128 to
{128 * scale}x{128 * scale}; {radius}. Enlargement x{scale}, measured through the TFLite file in
LiteRT by `{results["command"]}`.""")
    protocols = f"""\
*standard*: BT.601 luma of the rounded picture without a border of {scale} pixels.
*paper*: RGB, whole picture. Sharpness: share of the reference's energy above the low-resolution
Nyquist frequency that is restored (1 is all), and gradient magnitude similarity deviation (0 is
equal)."""
    sections = ["## Figures", text, _quality(results), protocols, _sharpness(results)]
    sections.append(_files(metadata["name"], results))
    if "timing" in results:
        sections.append(_timing(results["timing"]))
    if all("operators" in row for row in results["files"].values()):
        sections.append(_operators(results["files"]))
    return "\n\n".join(sections)


def _quality(results: dict[str, Any]) -> str:
    rows = [
        [data, protocol, f"{row[protocol]['psnr']:.2f}", f"{row[protocol]['ssim']:.4f}"]
        for data, row in results["files"]["float32"]["quality"].items()
        for protocol in ("standard", "paper")
    ]
    return table(["set", "protocol", "PSNR (dB)", "SSIM"], rows, left=2)


def _sharpness(results: dict[str, Any]) -> str:
    quality = results["files"]["float32"]["quality"]
    sharpness = ((data, row["sharpness"]) for data, row in quality.items())
    rows = [
        [data, f"{row['high_frequency_energy']:.3f}", f"{row['gmsd']:.4f}"]
        for data, row in sharpness
    ]
    return table(["set", "high-frequency energy", "GMSD"], rows)


def _files(name: str, results: dict[str, Any]) -> str:
    files = results["files"]
    sets = list(files["float32"]["quality"])
    times = ["ms", "times bicubic"] if "timing" in results else []
    rows = []
    for dtype, row in files.items():
        cells = [f"`{name}_{dtype}.tflite`", f"{row['size_bytes'] / 1000:,.0f}"]
        cells += [f"{row['quality'][data]['standard']['psnr']:.2f}" for data in sets]
        if times:
            took = row["milliseconds"]
            cells += [f"{took['median_ms']:.1f}", f"{took['times_bicubic']:.2f}"]
        rows.append(cells)
    whole = " `int8` takes and gives 8-bit pixels." if "int8" in files else ""
    text = filled(f"""\
PSNR in dB of each file in the standard protocol. Those of `float32` and `float16` take and give
float32 RGB in [0, 1].{whole} All take any size.""")
    return f"{text}\n\n{table(['file', 'kB', *sets, *times], rows)}"


def _timing(timing: dict[str, Any]) -> str:
    return filled(f"""\
Milliseconds for {timing["size"]} in LiteRT on {timing["machine"]}: medians of {timing["rounds"]}
rounds in which all files took turns, the float32 file of `bicubic_x4` ({timing["bicubic_ms"]:.1f}
ms) among them, by `{timing["command"]}`. On another machine compare the multiples.""")


def _operators(files: dict[str, Any]) -> str:
    rows = []
    for dtype, row in files.items():
        counted = ", ".join(f"{count} {name}" for name, count in row["operators"].items())
        rows.append([f"`{dtype}`", counted, str(row["partitions"])])
    return table(["file", "operators", "parts in XNNPACK"], rows, left=2)
