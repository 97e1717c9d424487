"""tools/sharpness.py, on networks of one block: the dial between two, and a sweep's runs."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.evaluation import benchmark
from keras_litesr.evaluation.protocols import PROTOCOLS
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.models.blending import blend
from keras_litesr.training.recipes import Recipe
from keras_litesr.zoo import registry

COLUMNS = ["PSNR (dB)", "SSIM", "high-frequency energy", "GMSD"]


@pytest.fixture
def networks(mini_x4):
    """Two relatives: the second has the first one's weights times a half."""
    first, second = registry.build(mini_x4), registry.build(mini_x4)
    second.set_weights([weights / 2 for weights in first.get_weights()])
    return {"first": first, "second": second}


@pytest.fixture
def place(tmp_path, networks, mini_x4, monkeypatch, rng):
    """A working directory with the two as presets and as runs, and a folder of pictures."""
    monkeypatch.chdir(tmp_path)
    for name, network in networks.items():
        keras_litesr.save_to_preset(network, name)
        run = tmp_path / "runs" / name
        run.mkdir(parents=True)
        network.save_weights(run / "best.weights.h5")
        (run / "recipe.json").write_text(json.dumps({**asdict(Recipe(steps=1)), "preset": mini_x4}))
    (tmp_path / "photos").mkdir()
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save("photos/a.png")
    return tmp_path


@pytest.fixture
def measure(place, load_tool, monkeypatch, capsys):
    """Runs the tool and reads its table: the figures of each model."""
    tool = load_tool("sharpness")

    def run(*arguments):
        words = ["--data", "photos", "--markdown", *map(str, arguments)]
        monkeypatch.setattr("sys.argv", ["sharpness.py", *words])
        tool.main()
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in capsys.readouterr().out.splitlines()
        ]
        assert lines[0] == ["model", "data", *COLUMNS]
        assert {line[1] for line in lines[2:]} == {"photos"}
        return {line[0]: line[2:] for line in lines[2:]}

    return run


def figures(network):
    """The four figures as the table prints them, measured without the tool."""
    protocols = [PROTOCOLS[name] for name in ("standard", "sharpness")]
    pairs = benchmark.find_pairs("photos")
    standard, sharpness = (
        each.mean for each in benchmark.evaluate(Upscaler(network), pairs, protocols=protocols)
    )
    return [
        f"{standard['psnr']:.2f}",
        f"{standard['ssim']:.4f}",
        f"{sharpness['high_frequency_energy']:.3f}",
        f"{sharpness['gmsd']:.4f}",
    ]


@pytest.mark.parametrize("kind", ["", "runs/"])
def test_the_dial_goes_from_the_first_to_the_second(measure, networks, kind):
    rows = measure("--between", f"{kind}first", f"{kind}second", "--weights", 0, 0.25, 1)
    first, second = networks.values()
    assert rows == {
        "first to second, 0": figures(first),
        "first to second, 0.25": figures(blend(first, second, 0.25)),
        "first to second, 1": figures(second),
    }
    assert len({tuple(row) for row in rows.values()}) == 3


def test_the_runs_of_a_sweep_stand_beside_presets(measure, networks):
    rows = measure("--weights", "--models", "runs/first", "second", "bicubic_x4")
    assert rows == {
        "runs/first": figures(networks["first"]),
        "second": figures(networks["second"]),
        "bicubic_x4": figures("bicubic_x4"),
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights"], "name --models to measure"),
        (["--between", "first", "bicubic_x4"], "models of one architecture"),
        (["--weights", "--models", "nosuch"], "There is no model named 'nosuch'"),
    ],
)
def test_bad_input_ends_with_2(measure, capsys, arguments, message):
    with pytest.raises(SystemExit) as end:
        measure(*arguments)
    assert end.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
