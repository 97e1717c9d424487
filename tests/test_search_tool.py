"""tools/search.py, on networks of one block."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOL = Path(__file__).parents[1] / "tools" / "search.py"


@pytest.fixture
def photos(tmp_path, rng):
    for number in range(2):
        pixels = rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    return tmp_path


def search(photos, *words):
    command = [sys.executable, TOOL, "--data", photos, "--validation", photos, "--steps", "2"]
    return subprocess.run([*command, *words], capture_output=True, text=True)


@pytest.mark.slow
def test_every_variant_is_a_row_with_its_size_and_quality(photos):
    done = search(
        photos, "filters=3,num_blocks=1,patch_size=8", "filters=6,num_blocks=1,patch_size=8"
    )
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    by_filters = {row[0][: len("filters 3")]: row for row in rows[2:]}
    # shallow 81+3, block 27+18+6 and 18+3, subpixels 27+144+48
    assert by_filters["filters 3"][1] == "375"
    assert set(by_filters) == {"filters 3", "filters 6"}
    assert all(0 < float(row[4]) < 100 for row in rows[2:])
    assert by_filters["filters 3"][5] == "1.00"
    assert float(by_filters["filters 6"][5]) > 0


def test_what_is_no_setting_is_named(photos):
    done = search(photos, "filters")
    assert (done.returncode, "expected NAME=VALUE, received 'filters'" in done.stderr) == (2, True)


def test_no_step_is_refused(photos):
    done = search(photos, "--steps", "0", "filters=3")
    assert (done.returncode, "expected 1 or more, received '0'" in done.stderr) == (2, True)


@pytest.mark.slow
def test_an_unknown_setting_is_one_line(photos):
    done = search(photos, "filers=3,patch_size=8")
    assert (done.returncode, "filers" in done.stderr.splitlines()[-1]) == (2, True)


def test_small_validation_pictures_do_not_shrink_the_others(photos, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    import search

    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(photos / "small.png")
    assert [picture.shape for picture in search._pictures([photos], 48)] == [(48, 48, 3)] * 2
    assert "1 of 3 pictures" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"pictures of 64x64 pixels .* received none"):
        search._pictures([photos], 64)


def test_constants_are_no_text(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    import search

    words = "jit_compile=False,clip_norm=None,kernel_size=3+5,loss=l1,steps=2"
    expected = {"jit_compile": False, "clip_norm": None, "kernel_size": (3, 5)}
    assert search._variant(words) == {**expected, "loss": "l1", "steps": 2}


def test_rows_are_ordered_by_number_not_by_text(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    from search import _quality

    rows = [{"PSNR (dB)": text} for text in ("9.900", "30.100", "nan", "29.999")]
    ordered = [row["PSNR (dB)"] for row in sorted(rows, key=_quality)]
    assert ordered == ["nan", "9.900", "29.999", "30.100"]
