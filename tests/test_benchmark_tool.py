"""tools/benchmark.py --export and --training, with as little to time as possible."""

import importlib.util
import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"


def run(*arguments):
    command = [sys.executable, TOOLS / "benchmark.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def training(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_training

    return benchmark_training


@pytest.mark.slow
def test_every_file_and_runtime_is_timed_against_bicubic_and_fsrcnn(litert_export, tmp_path):
    finished = run("--export", "bicubic_x4", "--rounds", "1", "--out", str(tmp_path))
    assert finished.returncode == 0, finished.stderr
    report = json.loads((tmp_path / "pareto.json").read_text())
    timed = [(row["model"], row["runtime"], row["dtype"], row["size"]) for row in report["rows"]]
    for size in ("128x128", "480x270"):
        assert ("fsrcnn (luma)", "LiteRT", "float32", size) in timed
        for dtype in ("float32", "float16", "int8"):
            assert ("bicubic_x4", "LiteRT", dtype, size) in timed
        assert ("bicubic_x4", "Keras", "float32", size) in timed
    rows = dict(zip(timed, report["rows"], strict=True))
    assert rows["fsrcnn (luma)", "LiteRT", "float32", "128x128"]["times_fsrcnn"] == 1
    floor = rows["bicubic_x4", "LiteRT", "float32", "480x270"]
    assert floor["times_bicubic"] == 1
    assert floor["fastest_ms"] <= floor["median_ms"] <= floor["slowest_ms"]
    assert floor["psnr"] == pytest.approx(28.43, abs=0.02)
    assert any("fresh weights" in note for note in report["notes"])


def test_peak_memory_is_that_of_the_command_alone(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark

    own = b"x" * (300 << 20)
    assert benchmark._peak_memory([sys.executable, "-c", ""]) < 100
    holding = benchmark._peak_memory([sys.executable, "-c", "bytes(bytearray(200 << 20))"])
    assert 200 < holding < 600
    assert len(own) == 300 << 20


@pytest.mark.parametrize(("unit", "megabytes"), [(1024, 1024), (1, 1)])
def test_memory_is_in_millions_of_bytes_whatever_the_system_counts_in(monkeypatch, unit, megabytes):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark

    monkeypatch.setattr(benchmark, "_RUSAGE_BYTES", unit)
    counted = subprocess.CompletedProcess([], 0, "1000000\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: counted)
    assert benchmark._peak_memory(["litesr"]) == megabytes


def test_memory_of_a_training_is_in_millions_of_bytes(training, monkeypatch, tmp_path):
    (tmp_path / "status").write_text("Name:\tpython\nVmHWM:\t 1000000 kB\n")
    monkeypatch.setattr(training, "_STATUS", tmp_path / "status")
    assert training._peak_memory() == 1024


def test_matrices_are_multiplied_on_the_threads_that_networks_get(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import peak

    begun = []

    def pretend(command, *, env, **_):
        begun.append(env)
        return subprocess.CompletedProcess(command, 0, "40.5\n", "")

    monkeypatch.setattr(subprocess, "run", pretend)
    assert peak.matrix_multiply_peak(3) == 40.5
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    assert [begun[0][name] for name in names] == ["3"] * 3
    assert begun[0]["PATH"] == os.environ["PATH"]


def test_memory_of_a_training_is_not_that_of_the_process_that_started_it():
    own = b"x" * (700 << 20)
    lines = [
        "import benchmark_training",
        "print(benchmark_training._peak_memory())",
        "held = b'x' * (400 << 20)",
        "print(benchmark_training._peak_memory())",
    ]
    child = [sys.executable, "-c", "; ".join(lines)]
    finished = subprocess.run(child, cwd=TOOLS, capture_output=True, text=True, check=True)
    before, holding = map(int, finished.stdout.split())
    assert 0 < before < 300
    assert 400 <= holding - before < 500
    assert len(own) == 700 << 20


@pytest.mark.slow
def test_a_recipe_is_timed_in_a_process_of_its_own(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_training

    row = benchmark_training._row("lite_tiny_x4", "TensorFlow")
    assert row.keys() >= {"patches_per_second", "step_ms", "data_share", "memory_MB"}, row
    assert row["patches_per_second"] == pytest.approx(1e3 * row["batch"] / row["step_ms"], rel=0.05)
    assert (row["recipe"], row["engine"]) == ("lite_tiny_x4", "TensorFlow")
    assert (row["patch"], row["batch"]) == ("48x48", 16)
    assert 0 < row["data_share"] < 1
    assert 0 < row["waiting_share"] < 1
    assert row["memory_MB"] > 100


@pytest.mark.parametrize(
    ("xla", "precision", "dtype"),
    [(False, "float32", "float32"), (True, "mixed_bfloat16", "bfloat16")],
)
def test_sixteen_patches_in_half_a_second_are_32_in_one(
    training, monkeypatch, xla, precision, dtype
):
    from keras_litesr.training import pace

    trials = []

    def pretend(trial, patches, validation):
        trials.append(trial)
        return pace.Pace(step_seconds=0.5, validation_seconds=1.0)

    monkeypatch.setattr(pace, "measure_pace", pretend)
    monkeypatch.setattr(training, "_waiting_share", lambda model, patches: 0.25)
    row = training._measured("lite_tiny_x4", xla=xla, precision=precision)
    assert (row["patches_per_second"], row["step_ms"]) == (32, 500)
    assert row["waiting_share"] == 0.25
    (trial,) = trials
    assert trial.jit_compile == xla
    assert trial.get_layer("shallow").compute_dtype == dtype


@pytest.mark.parametrize(
    ("engine", "backend", "options"),
    [
        ("TensorFlow", "tensorflow", []),
        ("TensorFlow XLA", "tensorflow", ["--xla"]),
        ("TensorFlow bfloat16", "tensorflow", ["--precision", "mixed_bfloat16"]),
        ("Torch", "torch", []),
    ],
)
def test_an_engine_is_a_backend_and_options_of_the_process_that_measures(
    training, monkeypatch, engine, backend, options
):
    begun = []

    def pretend(command, *, env, **_):
        begun.append((command, env))
        return subprocess.CompletedProcess(command, 0, 'noise\n{"step_ms": 1.5}\n', "")

    monkeypatch.setattr(subprocess, "run", pretend)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    row = training._row("lite_x4", engine)
    assert row == {"recipe": "lite_x4", "engine": engine, "step_ms": 1.5}
    ((command, environment),) = begun
    assert command == [sys.executable, str(TOOLS / "benchmark_training.py"), "lite_x4", *options]
    assert environment["KERAS_BACKEND"] == backend
    assert environment["PATH"] == os.environ["PATH"]


def test_a_training_that_takes_too_long_is_a_row_with_its_limit(training, monkeypatch):
    def pretend(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", pretend)
    row = training._row("lite_x4", "Torch")
    problem = "not measured within 900 s"
    assert row == {"recipe": "lite_x4", "engine": "Torch", "problem": problem}


@pytest.mark.parametrize("has_torch", [True, False])
def test_recipes_are_measured_on_every_engine_there_is(
    training, monkeypatch, tmp_path, capsys, has_torch
):
    found = importlib.util.find_spec
    torch = object() if has_torch else None

    def find_spec(name, package=None):
        return torch if name == "torch" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(
        training, "_row", lambda name, engine: {"recipe": name, "engine": engine, "step_ms": 7.25}
    )
    chosen = Namespace(models=["lite_tiny_x4", "srcnn_x4"], out=tmp_path / "new")
    training.measure(chosen, "a machine")
    engines = ["TensorFlow", "TensorFlow XLA", "TensorFlow bfloat16", *["Torch"] * has_torch]
    report = json.loads((tmp_path / "new/training_speed.json").read_text())
    command = "tools/benchmark.py --training lite_tiny_x4 srcnn_x4"
    assert (report["command"], report["machine"]) == (command, "a machine")
    assert [(row["recipe"], row["engine"]) for row in report["rows"]] == [
        (name, engine) for name in ("lite_tiny_x4", "srcnn_x4") for engine in engines
    ]
    printed = capsys.readouterr()
    assert printed.out.startswith("a machine\n\nrecipe")
    lines = [line.split() for line in printed.out.splitlines()]
    for row in report["rows"]:
        assert [row["recipe"], *row["engine"].split(), "7.25"] in lines
    assert str(tmp_path / "new/training_speed.json") in printed.out
    assert ("Torch is left out" in printed.err) == (not has_torch)


def test_a_model_without_weights_leaves_the_figures_alone(training, tmp_path):
    with pytest.raises(SystemExit, match="nothing to train in bicubic_x4"):
        training.measure(
            Namespace(models=["lite_tiny_x4", "bicubic_x4"], out=tmp_path), "a machine"
        )
    assert not list(tmp_path.iterdir())


def test_figures_of_other_recipes_are_not_written_over(training, monkeypatch, tmp_path):
    monkeypatch.setattr(
        training, "_row", lambda name, engine: {"recipe": name, "engine": engine, "step_ms": 7.25}
    )
    training.measure(Namespace(models=["lite_tiny_x4", "srcnn_x4"], out=tmp_path), "a machine")
    before = (tmp_path / "training_speed.json").read_text()
    monkeypatch.setattr(training, "_row", lambda *_: pytest.fail("the measuring began"))
    with pytest.raises(SystemExit, match="holds figures of srcnn_x4, which would be lost"):
        training.measure(Namespace(models=["lite_tiny_x4"], out=tmp_path), "a machine")
    assert (tmp_path / "training_speed.json").read_text() == before


@pytest.mark.parametrize("content", ['{"rows": [', "[]", '{"rows": [5]}'])
def test_odd_figures_of_an_earlier_run_are_named(training, monkeypatch, tmp_path, content):
    (tmp_path / "training_speed.json").write_text(content)
    monkeypatch.setattr(training, "_row", lambda *_: pytest.fail("the measuring began"))
    with pytest.raises(SystemExit, match=r"training_speed\.json, received something else"):
        training.measure(Namespace(models=["lite_tiny_x4"], out=tmp_path), "a machine")


@pytest.mark.parametrize("flag", ["--export", "--training"])
def test_what_cannot_be_kept_is_not_measured(flag, tmp_path, load_tool, monkeypatch, capsys):
    (tmp_path / "file").touch()
    words = [flag, "lite_tiny_x4", "--out", str(tmp_path / "file")]
    assert _refused(words, load_tool, monkeypatch, capsys).startswith("benchmark.py: ")


@pytest.mark.parametrize(
    "words",
    [
        ["--export", "--json"],
        ["--training", "--json"],
        ["--training", "--rounds", "3"],
        ["--training", "--threads", "99"],
        ["--training", "--dtypes", "int8"],
    ],
)
def test_options_without_effect_are_refused(words, load_tool, monkeypatch, capsys):
    message = _refused(words, load_tool, monkeypatch, capsys)
    assert f"{words[1]} has no effect with {words[0]}" in message


def _refused(words, load_tool, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_export
    import benchmark_training

    for module in (benchmark_export, benchmark_training):
        monkeypatch.setattr(module, "measure", lambda *_: pytest.fail("the measuring began"))
    monkeypatch.setattr("sys.argv", ["benchmark.py", *words])
    with pytest.raises(SystemExit) as end:
        load_tool("benchmark").main()
    assert end.value.code == 2
    return capsys.readouterr().err


def test_the_command_of_a_table_makes_the_same_table(monkeypatch, load_tool):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_export

    words = ["lite_tiny_x4", "--export", "--rounds", "3", "--threads", "5", "--dtypes", "int8"]
    monkeypatch.setattr("sys.argv", ["benchmark.py", *words, "--out", "nowhere"])
    commands = []
    monkeypatch.setattr(
        benchmark_export,
        "measure",
        lambda arguments, _: commands.append(benchmark_export._command(arguments)),
    )
    load_tool("benchmark").main()
    assert commands == [" ".join(["tools/benchmark.py", *words])]


def test_figures_that_cannot_be_kept_are_printed(training, monkeypatch, tmp_path, capsys):
    import benchmark_export

    def refuse(*_):
        raise OSError("No space left on device")

    row = {"model": "lite_x4", "runtime": "LiteRT", "dtype": "int8", "size": "9x9", "psnr": None}
    row |= {"times_fsrcnn": 7.25, "share_of_peak": 0.5}
    monkeypatch.setattr(training, "_row", lambda *_: row)
    monkeypatch.setattr(benchmark_export, "networks", lambda *_: [])
    monkeypatch.setattr(benchmark_export, "_table", lambda *_: (200.0, [row]))
    for module in (training, benchmark_export):
        monkeypatch.setattr(module, "write_json", refuse)
        chosen = Namespace(models=["lite_x4"], out=tmp_path, rounds=1, threads=1, dtypes=["int8"])
        with pytest.raises(OSError, match="No space left"):
            module.measure(chosen, "a machine")
        assert "7.25" in capsys.readouterr().out


def test_without_names_every_recipe_is_measured(training, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "_row", lambda *job: {"job": job})
    training.measure(Namespace(models=[], out=tmp_path), "a machine")
    report = json.loads((tmp_path / "training_speed.json").read_text())
    assert report["command"] == "tools/benchmark.py --training"
    assert {row["job"][0] for row in report["rows"]} == set(training.RECIPES)


def test_a_training_that_fails_is_a_row_with_its_reason(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_training

    row = benchmark_training._row("nonsense", "TensorFlow")
    assert (row["recipe"], row["engine"]) == ("nonsense", "TensorFlow")
    assert "invalid choice: 'nonsense'" in row["problem"]


@pytest.mark.slow
def test_an_unknown_model_is_wrong_usage():
    finished = run("nonsense", "--export")
    assert finished.returncode == 2
    assert "there is no model nonsense; models are bicubic_x4, lite_x4" in finished.stderr


def test_wishes_are_met_or_not(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_wishes

    wishes = [
        benchmark_wishes._wish("faster", 1.0, "less than", 1.0),
        benchmark_wishes._wish("lighter", 0.1, "at most", 0.1),
        benchmark_wishes._wish("quicker", 19.9, "at least", 20.0),
    ]
    assert [wish["met"] for wish in wishes] == [False, True, False]
    assert benchmark_wishes.sentences(wishes)[1] == "lighter: 0.1 (wanted at most 0.1: met)"


def test_the_frontier_is_the_best_file_that_is_fast_enough(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_wishes

    def row(model, times, psnr, runtime="LiteRT", size="128x128"):
        place = {"model": model, "dtype": "int8", "runtime": runtime, "size": size}
        return {**place, "times_fsrcnn": times, "psnr": psnr}

    rows = [
        row("small", 0.5, 30.9),
        row("smaller", 0.3, 29.0),
        row("large", 0.9, 31.4),
        row("elsewhere", 0.4, 33.0, runtime="Keras"),
        row("larger picture", 0.4, 33.0, size="480x270"),
        row("fsrcnn (luma)", 1.0, None),
    ]
    wishes = benchmark_wishes.frontier(rows)
    assert [(wish["value"], wish["met"]) for wish in wishes] == [
        (30.9, True),
        (31.4, False),
        (31.4, False),
    ]
    assert "(small int8 takes 0.5)" in wishes[0]["subject"]
