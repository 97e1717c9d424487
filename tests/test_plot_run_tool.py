"""tools/plot_run.py, on logs of a few epochs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOL = Path(__file__).parents[1] / "tools" / "plot_run.py"
COLUMNS = {
    "wgan": "wasserstein_distance,gradient_norm",
    "srgan": "fake_probability,real_probability",
}
# Of the panels in their order: the first of the columns above falls, the others rise.
RISES = {"wgan": [False, True, True], "srgan": [True, False, True]}
BLUE = (0x1F, 0x5F, 0xA8)


def _rises(panel):
    rows, columns = np.nonzero(panel)
    assert np.ptp(columns) > 100
    return rows[columns.argmin()] > rows[columns.argmax()]


def _curves(path):
    """Tells for each of the three panels where its curve is."""
    with Image.open(path) as picture:
        assert picture.size == (900, 260)
        is_curve = (np.asarray(picture.convert("RGB")) == BLUE).all(axis=2)
    return np.hsplit(is_curve, 3)


def plot(folder, columns, first="0.5", out="curves.png"):
    rows = f"0,{first},0.9,30.1\n1,0.4,1.0,30.2\n"
    (folder / "log.csv").write_text(f"epoch,{columns},val_psnr\n{rows}")
    command = [sys.executable, TOOL, folder, "-o", folder / out]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("method", COLUMNS)
def test_both_adversarial_methods_have_curves(method, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    done = plot(tmp_path, COLUMNS[method])
    assert done.returncode == 0, done.stderr
    assert [_rises(panel) for panel in _curves(tmp_path / "curves.png")] == RISES[method]


def test_an_empty_cell_is_a_gap(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    done = plot(tmp_path, COLUMNS["wgan"], first="")
    assert done.returncode == 0, done.stderr
    # A line needs two neighbours.
    assert [panel.any() for panel in _curves(tmp_path / "curves.png")] == [False, True, True]


def test_a_folder_is_no_picture_to_write(tmp_path):
    (tmp_path / "there").mkdir()
    done = plot(tmp_path, COLUMNS["wgan"], out="there")
    assert (done.returncode, "there is a folder" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_a_pixel_run_is_refused_by_name(tmp_path):
    done = plot(tmp_path, "loss,psnr")
    assert done.returncode == 2
    assert "has neither wasserstein_distance nor real_probability" in done.stderr
