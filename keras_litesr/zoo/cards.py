"""Model cards and the zoo's table, made from what was measured."""

import textwrap
from pathlib import Path

from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS, Preset

CARD = "README.md"
PICTURE = "comparison.png"

_HEAD = """\
---
library_name: keras
pipeline_tag: image-to-image
license: {licence}
tags:
- super-resolution
- keras
- tflite
- {architecture}
metrics:
- psnr
- ssim
---
"""


def write_card(name: str, folder: Path) -> None:
    """Writes the preset's `README.md` from its row, metadata and results.

    Raises:
        PresetError: When the preset was not measured, or has weights whose training is not
            recorded in its metadata.
    """
    facts, measured = folders.metadata(folder), folders.results(folder)
    if not measured:
        raise folders.PresetError(
            f"{name} was not measured. Run tools/measure_zoo.py {name} --data FOLDER first."
        )
    if facts["parameter_count"] and "training" not in facts:
        raise folders.PresetError(
            f"The metadata of {name} say nothing of its training. Run tools/publish.py {name}."
        )
    row = PRESETS[name]
    head = _HEAD.format(licence=row.licence, architecture=row.architecture)
    sections = [f"# {name}", row.summary]
    if (folder / PICTURE).is_file():
        sections.append(f"![Low resolution, bicubic, {name} and the original]({PICTURE})")
    sections += [_use(name, row), _figures(facts, measured)]
    if "training" in facts:
        sections.append(_training(row, facts["training"]))
    (folder / CARD).write_text(head + "\n" + "\n\n".join(sections) + "\n")


def zoo_table() -> str:
    """Makes the README's table of all measured presets, in Markdown."""
    rows = {name: folders.preset_folder(name) for name in PRESETS}
    measured = {name: folders.results(folder) for name, folder in rows.items()}
    quality = {name: row["files"]["float32"]["quality"] for name, row in measured.items()}
    sets = list(dict.fromkeys(data for row in quality.values() for data in row))
    lines = [
        f"| model | parameters | multiply-adds | {' | '.join(sets)} |",
        f"| :-- | --: | --: |{' --: |' * len(sets)}",
    ]
    for name, folder in rows.items():
        facts, row = folders.metadata(folder), measured[name]
        cells = [_pair(quality[name].get(data)) for data in sets]
        lines.append(
            f"| [{name}](saved_models/{name}/README.md) | {facts['parameter_count']:,} | "
            f"{row['multiply_adds'] / 1e6:,.0f} M | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _use(name: str, row: Preset) -> str:
    text = _filled(f"""\
{row.use} It expects pictures that were reduced by an antialiased bicubic filter (Pillow's
`BICUBIC`, MATLAB's `imresize`), as those of a camera or a good photo editor nearly are; pictures
reduced without antialiasing, or strongly compressed ones, come out with their faults enlarged.
Input and output are RGB in [0, 1], any height and width.""")
    return f"""\
## Use

{text}

```python
import keras_litesr

model = keras_litesr.load("{name}")  # a plain keras.Model
large = keras_litesr.upscale("photo.jpg", model="{name}")  # a Pillow image
```"""


def _figures(facts: dict, measured: dict) -> str:
    lines = [
        "| set | protocol | PSNR (dB) | SSIM |",
        "| :-- | :-- | --: | --: |",
    ]
    quality = measured["files"]["float32"]["quality"]
    for data, protocols in quality.items():
        for protocol in ("standard", "paper"):
            row = protocols[protocol]
            lines.append(f"| {data} | {protocol} | {row['psnr']:.2f} | {row['ssim']:.4f} |")
    sharp = [
        f"| {data} | {row['sharpness']['high_frequency_energy']:.3f} | "
        f"{row['sharpness']['gmsd']:.4f} |"
        for data, row in quality.items()
    ]
    million = measured["multiply_adds"] / 1e6
    text = _filled(f"""\
{facts["parameter_count"]:,} parameters; {million:,.1f} million multiply-adds from 128x128 to
512x512; an output pixel sees {facts["receptive_radius"]} low-resolution pixels far. Enlargement
x{facts["scale"]}, measured through the TFLite file in LiteRT by `{measured["command"]}`.""")
    return f"""\
## Figures

{text}

{_joined(lines)}

*standard*: BT.601 luma of the rounded picture without a border of {facts["scale"]} pixels.
*paper*: RGB, whole picture. Sharpness: share of the reference's energy above the low-resolution
Nyquist frequency that is restored (1 is all), and gradient magnitude similarity deviation (0 is
equal).

| set | high-frequency energy | GMSD |
| :-- | --: | --: |
{_joined(sharp)}

{_files(facts["name"], measured["files"])}"""


def _files(name: str, files: dict) -> str:
    sets = list(files["float32"]["quality"])
    lines = [
        f"| file | kB | {' | '.join(sets)} |",
        f"| :-- | --: |{' --: |' * len(sets)}",
    ]
    for dtype, row in files.items():
        cells = [f"{row['quality'][data]['standard']['psnr']:.2f}" for data in sets]
        size = f"{row['size_bytes'] / 1000:,.0f}"
        lines.append(f"| `{name}_{dtype}.tflite` | {size} | {' | '.join(cells)} |")
    return f"""\
PSNR in dB of each file in the standard protocol. Those of `float32` and `float16` take and give
float32 RGB in [0, 1], `int8` takes and gives 8-bit pixels; all take any size.

{_joined(lines)}"""


def _training(row: Preset, training: dict) -> str:
    patch = f"{training['patch_size']}x{training['patch_size']}"
    text = _filled(f"""\
{training["steps"]:,} steps of {training["batch_size"]} patches of {patch} low-resolution pixels in
{training["minutes"]:.0f} minutes on {training["hardware"]}; seed {training["seed"]}. Released is
the average of the weights after step {training["best_step"]:,}, which had the best PSNR on the
validation photos: {training["validation_psnr"]:.2f} dB on luma. {training["note"]}""")
    return f"""\
## Training

`{training["command"]}`

{text}

{_filled(f"Data: {row.data}")}"""


def _filled(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), width=100, break_long_words=False, break_on_hyphens=False
    )


def _joined(lines: list[str]) -> str:
    return "\n".join(lines)


def _pair(protocols: dict | None) -> str:
    if protocols is None:
        return "not measured"
    row = protocols["standard"]
    return f"{row['psnr']:.2f} / {row['ssim']:.4f}"
