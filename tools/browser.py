#!/usr/bin/env python3
"""Runs a preset in a real browser: its TFLite file in LiteRT.js in Chromium, against LiteRT here.

`npm install --prefix tools/browser` installs what it needs, but for node and Chromium itself.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_litesr.cli.conversion import preset_to_tflite
from keras_litesr.cli.errors import explained
from keras_litesr.evaluation.invocation import invocation
from keras_litesr.evaluation.tables import as_markdown
from keras_litesr.images.pixels import to_uint8
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.timing import alternate, milliseconds
from keras_litesr.zoo import folders

_SITE = Path(__file__).with_name("browser")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Parses the command line, measures and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("preset", help="name from `litesr list`, or a preset folder")
    parser.add_argument("--side", type=int, default=128, help="of the tile; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=21, help="default: %(default)s")
    parser.add_argument(
        "--representative", type=Path, help="folder of photos; with it, int8 is tried as well"
    )
    arguments = parser.parse_args()
    try:
        browser = _browser()
        folder = folders.preset_folder(arguments.preset)
        picture = _picture(arguments.side)
        dtypes = ("float32", "int8") if arguments.representative else ("float32",)
        rows = [_row(folder, dtype, picture, browser, arguments) for dtype in dtypes]
    except subprocess.CalledProcessError as error:
        parser.exit(2, f"browser.py: {browser} failed; node ended with {error.returncode}\n")
    except (ValueError, OSError) as error:
        parser.exit(2, f"browser.py: {explained(error)}\n")
    print(as_markdown(rows))


def _browser() -> str:
    if not (_SITE / "node_modules").is_dir():
        raise FileNotFoundError(
            f"Expected the packages of {_SITE / 'package.json'}, found none. "
            f"Run `npm install --prefix {_SITE}`."
        )
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None or shutil.which("node") is None:
        raise FileNotFoundError(
            f"Expected node and one of {', '.join(_BROWSERS)} on the PATH. Install them."
        )
    return found


def _picture(side: int) -> np.ndarray:
    photo = files("keras_litesr.samples") / "astronaut.png"
    with photo.open("rb") as file, Image.open(file) as image:
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def _row(
    folder: Path, dtype: str, picture: np.ndarray, browser: str, arguments: argparse.Namespace
) -> dict[str, Any]:
    size = picture.shape[:2]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.tflite"
        with captured_output():
            preset_to_tflite(
                folder,
                path,
                dtype=dtype,
                input_size=size,
                photographs=arguments.representative,
            )
            here = Upscaler(path)(picture)
            times = alternate({"here": invocation(path, size, threads=1)}, arguments.rounds)
        trial = {
            "pixels": picture.ravel().tolist(),
            "size": size,
            "rounds": arguments.rounds,
            "inBytes": dtype == "int8",
        }
        (Path(scratch) / "trial.json").write_text(json.dumps(trial))
        subprocess.run(["node", _SITE / "trial.mjs", browser, scratch], check=True)
        answer = json.loads((Path(scratch) / "answer.json").read_text())
    there = np.array(answer["enlarged"]).reshape(here.shape)
    if dtype != "int8":
        there = to_uint8(there)
    difference = np.abs(there.astype(int) - here.astype(int))
    return {
        "file": f"{folder.name} {dtype} {size[1]}x{size[0]}",
        "browser": answer["browser"],
        "pixels that differ": f"{np.mean(difference > 0):.2%}",
        "by at most": int(difference.max()),
        "browser ms": f"{np.median(answer['milliseconds']):.1f}",
        "LiteRT ms, 1 thread": f"{milliseconds(times['here'])['median_ms']:.1f}",
    }


if __name__ == "__main__":
    main()
