import json
import shutil

import pytest

from keras_litesr.cli.timing import time_presets
from keras_litesr.zoo import folders


@pytest.fixture
def preset(tmp_path):
    folder = tmp_path / "bicubic_x4"
    shutil.copytree(folders.preset_folder("bicubic_x4"), folder)
    return folder


def test_every_file_gets_its_time_and_operators_and_keeps_its_quality(preset):
    before = folders.results(preset)["files"]
    (figures,) = time_presets([preset], threads=1, rounds=2, command="timed").values()
    assert (figures["timing"]["size"], figures["timing"]["rounds"]) == ("128x128", 2)
    assert figures["timing"]["command"] == "timed"
    assert figures["files"].keys() == before.keys()
    for dtype, row in figures["files"].items():
        times = row["milliseconds"]
        assert 0 < times["fastest_ms"] <= times["median_ms"] <= times["slowest_ms"]
        assert row["quality"] == before[dtype]["quality"]
        assert row["operators"]["DEPTH_TO_SPACE"] == 1
        assert row["partitions"] >= 1


def test_files_that_were_not_measured_are_not_timed(preset):
    figures = folders.results(preset)
    figures["files"]["int8"]["sha256"] = figures["files"]["float32"]["sha256"]
    (preset / folders.RESULTS).write_text(json.dumps(figures))
    folders.write_manifest(preset)
    with pytest.raises(folders.PresetError, match="with other bytes or not measured"):
        time_presets([preset], threads=1, rounds=1, command="timed")
