import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from keras_litesr.datasets.degradation import Pair
from keras_litesr.failures import CollapsedError, DivergedError
from keras_litesr.models.lite import lite
from keras_litesr.training import checkpoints
from keras_litesr.training.guards import StopOnCollapse, StopOnNaN
from keras_litesr.training.pixel import compile_for_pixels
from keras_litesr.training.progress import Progress
from keras_litesr.training.records import locked, read_json, recorded
from keras_litesr.training.runs import train
from keras_litesr.training.samples import Samples

FILES = {
    "events",
    "best.json",
    "best.weights.h5",
    "last.weights.h5",
    "log.csv",
    "progress.json",
    "recipe.json",
}
KINDS = {
    "pixel": {},
    "half_precision": {"precision": "mixed_bfloat16"},
    "gan": {"adversarial": True, "critic_warmup_steps": 3},
    "srgan": {"adversarial": True, "critic_warmup_steps": 3, "method": "srgan"},
}


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


def _names(folder):
    return {"events" if "tfevents" in path.name else path.name for path in folder.iterdir()}


def _run(parts, folder, **options):
    return train(**vars(parts), folder=folder, **options)


def _arrays(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def _assert_same_arrays(folder, expected, *names):
    for name in names:
        received, wanted = _arrays(folder / name), _arrays(expected / name)
        assert received.keys() == wanted.keys()
        assert all(np.array_equal(received[key], wanted[key]) for key in wanted)


def _assert_same_run(folder, expected):
    # What a killed process was writing stays, under a hidden name of its own.
    assert {name for name in _names(folder) if name[0] != "."} == FILES
    _assert_same_arrays(folder, expected, "last.weights.h5", "best.weights.h5")
    for name in ("best.json", "log.csv", "recipe.json"):
        assert (folder / name).read_text() == (expected / name).read_text()
    steps = [json.loads((f / "progress.json").read_text())["step"] for f in (folder, expected)]
    assert steps[0] == steps[1]


def _half_of(parts):
    """Makes a run stop after its first epoch, on the schedule of both."""
    parts.recipe = replace(parts.recipe, steps=3)
    return parts


def _forgetful(parts):
    """Takes the weights away, so that what a resumed run ends with comes from its checkpoint."""
    parts.model.set_weights([np.zeros_like(weight) for weight in parts.model.get_weights()])
    return parts


def _start_anew(model, weights):
    """Makes a compiled model as new, which spares compiling it again."""
    model.set_weights(weights)
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape))


def test_a_run_keeps_its_files_and_says_where_it_is(tiny_run, tmp_path, capsys):
    parts = tiny_run()
    result = _run(parts, tmp_path / "run", preset="lite_x4")
    assert _names(tmp_path / "run") == FILES
    recipe, settings = recorded(tmp_path / "run")
    assert recipe == parts.recipe
    assert settings["preset"] == "lite_x4"
    assert (settings["seed"], settings["pictures"], settings["validation_pictures"]) == (0, 2, 1)
    assert settings["parameters"] == parts.model.count_params()
    best = json.loads((tmp_path / "run" / "best.json").read_text())
    assert result["steps"] == 6
    assert (result["psnr"], result["step"]) == (best["psnr"], best["step"])
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert rows[0] == "epoch,loss,psnr,val_loss,val_psnr"
    assert [row.split(",")[0] for row in rows[1:]] == ["0", "1"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 3 of 6", "step 6 of 6"]


def test_the_released_weights_are_the_average(tiny_run, tmp_path):
    """With a momentum of 0.5 the average of two steps is half the first and half the second."""
    parts = tiny_run(steps=2, epoch_steps=1, ema_momentum=0.5, warmup_steps=0)
    weights = []
    save_weights = checkpoints.save_weights

    def watch(model, path):
        if path.name == checkpoints.LAST:
            weights.append([np.array(w) for w in model.get_weights()])
        save_weights(model, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "save_weights", watch)
        _run(parts, tmp_path)
    for first, second, released in zip(*weights, parts.model.get_weights(), strict=True):
        assert not np.array_equal(first, second)
        np.testing.assert_allclose(released, (first + second) / 2, atol=1e-6)


@pytest.mark.slow
def test_killed_at_any_file_a_run_goes_on_as_if_nothing_had_happened(
    tiny_run, tmp_path, monkeypatch
):
    parts = tiny_run(steps=2, epoch_steps=1)
    weights = parts.model.get_weights()
    replace, names = os.replace, []
    monkeypatch.setattr(
        os, "replace", lambda *paths: names.append(paths[1].name) or replace(*paths)
    )
    _run(parts, tmp_path / "whole")
    assert names.count("last.weights.h5") == 2
    for killed_at in range(1, len(names)):
        folder = tmp_path / f"killed_at_{killed_at}"
        left = iter(range(killed_at))

        def replace_or_die(source, target, left=left):
            if next(left, None) is None:
                raise Killed
            replace(source, target)

        monkeypatch.setattr(os, "replace", replace_or_die)
        _start_anew(parts.model, weights)
        with pytest.raises(Killed):
            _run(parts, folder)
        monkeypatch.setattr(os, "replace", replace)
        (folder / ".0123456789abcdef.weights.h5").write_bytes(b"half a file")
        _start_anew(parts.model, weights)
        resume = (folder / "last.weights.h5").exists()
        _run(_forgetful(parts) if resume else parts, folder, resume=resume)
        _assert_same_run(folder, tmp_path / "whole")


def test_a_half_written_row_of_the_log_is_dropped(tiny_run, tmp_path):
    parts = tiny_run(steps=3)
    _run(parts, tmp_path)
    log = tmp_path / "log.csv"
    text = log.read_text()
    log.write_text(text + "1,0.03,28\n1")
    saver = checkpoints.SaveLast(tmp_path, epochs=2)
    assert [row["epoch"] for row in saver.rows] == ["0"]
    log.write_text("")
    assert checkpoints.SaveLast(tmp_path, epochs=1).rows == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_by_the_system_a_run_goes_on_bit_for_bit(kind, tiny_run, tmp_path):
    options = {"steps": 36, "run_eagerly": False, **KINDS[kind]}
    script = Path(__file__).with_name("conftest.py")
    command = [sys.executable, str(script), str(tmp_path / "killed"), json.dumps(options)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        progress = tmp_path / "killed" / "progress.json"
        while read_json(progress).get("step", 0) < 9 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        errors = process.stderr.read().decode()
    assert process.returncode == -signal.SIGKILL, errors
    _run(_forgetful(tiny_run(**options)), tmp_path / "killed", resume=True)
    _run(tiny_run(**options), tmp_path / "whole")
    _assert_same_run(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.parametrize("step", [2, 3, 5])
def test_control_c_loses_no_step(step, adversarial, tiny_run, tmp_path, monkeypatch, capsys):
    """After a step within the first epoch, at its end, and within the last epoch."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    batch_end = Progress.on_train_batch_end

    def press(self, batch, logs=None):
        batch_end(self, batch, logs)
        if int(self.model.optimizer.iterations) == step:
            os.kill(os.getpid(), signal.SIGINT)
            # A second one would stop at once.
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def parts():
        made = tiny_run(adversarial=adversarial)
        made.model.steps_per_execution = 1
        return made

    monkeypatch.setattr(Progress, "on_train_batch_end", press)
    with pytest.raises(KeyboardInterrupt):
        _run(parts(), tmp_path / "stopped")
    assert "again to stop at once" in capsys.readouterr().out
    assert read_json(tmp_path / "stopped" / "progress.json")["step"] == step
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.setattr(Progress, "on_train_batch_end", batch_end)
    _run(_forgetful(parts()), tmp_path / "stopped", resume=True)
    _run(parts(), tmp_path / "whole")
    _assert_same_run(tmp_path / "stopped", tmp_path / "whole")


def test_control_c_ends_a_resumed_run_at_the_end_of_the_epoch_that_it_went_on_with(
    tiny_run, tmp_path, monkeypatch
):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    batch_end = Progress.on_train_batch_end
    presses = iter((1, 3))  # within the first epoch of three steps, and at its end
    wanted = next(presses)

    def press(self, batch, logs=None):
        batch_end(self, batch, logs)
        if int(self.model.optimizer.iterations) == wanted:
            os.kill(os.getpid(), signal.SIGINT)

    def parts():
        made = tiny_run()
        made.model.steps_per_execution = 1
        return made

    monkeypatch.setattr(Progress, "on_train_batch_end", press)
    with pytest.raises(KeyboardInterrupt):
        _run(parts(), tmp_path)
    wanted = next(presses)
    with pytest.raises(KeyboardInterrupt):
        _run(_forgetful(parts()), tmp_path, resume=True)
    assert read_json(tmp_path / "progress.json")["step"] == 3


def test_a_full_disk_is_one_line_and_leaves_the_last_checkpoint(tiny_run, tmp_path, monkeypatch):
    _run(_half_of(tiny_run()), tmp_path / "half")
    save_weights = keras.Model.save_weights

    def fill(model, path):
        # The best weights are saved without an optimizer.
        if hasattr(model, "optimizer") and int(model.optimizer.iterations) == 6:
            path.write_bytes(b"what did fit")
            raise OSError(errno.ENOSPC, "No space left on device")
        save_weights(model, path)

    monkeypatch.setattr(keras.Model, "save_weights", fill)
    with pytest.raises(OSError, match="the disk is full"):
        _run(tiny_run(), tmp_path / "full")
    assert _names(tmp_path / "full") == FILES
    _assert_same_arrays(tmp_path / "full", tmp_path / "half", "last.weights.h5")
    monkeypatch.undo()
    _run(_forgetful(tiny_run()), tmp_path / "full", resume=True)
    _run(tiny_run(), tmp_path / "whole")
    _assert_same_run(tmp_path / "full", tmp_path / "whole")


def test_a_disk_that_is_full_from_the_start_is_seen_before_it_is_written_to(
    tiny_run, tmp_path, monkeypatch
):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
    with pytest.raises(OSError, match=r"the disk is full\. Free some space and begin again"):
        _run(tiny_run(steps=3), tmp_path / "full")
    assert not list((tmp_path / "full").glob("*.h5"))


def test_a_disk_that_a_sample_fills_is_explained_as_well(tiny_run, tmp_path, monkeypatch):
    def fill(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    replace = os.replace
    monkeypatch.setattr(
        os, "replace", lambda *paths: (fill if paths[1].suffix == ".png" else replace)(*paths)
    )
    parts = tiny_run(steps=3)
    samples = Samples(parts.validation, tmp_path / "samples")
    with pytest.raises(OSError, match=r"the disk is full\. Free some space and begin again"):
        _run(parts, tmp_path / "run", samples=samples)


def test_a_second_training_in_the_same_folder_is_refused(tiny_run, tmp_path):
    with locked(tmp_path), pytest.raises(FileExistsError, match="Another training is at work"):
        _run(tiny_run(), tmp_path)
    _run(tiny_run(steps=3), tmp_path)


def test_a_training_no_better_than_bicubic_stops_and_keeps_its_checkpoint(tiny_run, tmp_path):
    """The pictures are noise, of which a network learns nothing in six steps."""
    with pytest.raises(CollapsedError, match=r"bicubic's .* at step 6: .* half the learning rate"):
        _run(tiny_run(grace_steps=3), tmp_path)
    assert read_json(tmp_path / "progress.json")["step"] == 3


def test_as_good_as_bicubic_is_no_better_once_the_grace_is_over(tiny_run):
    stop = StopOnCollapse(bicubic=30.0, grace_steps=3, advice="")
    stop.set_model(tiny_run().model)
    for step, psnr in [(3, 30.0), (4, 30.1)]:
        stop.model.optimizer.iterations.assign(step)
        stop.on_test_end({"psnr": psnr})
    with pytest.raises(CollapsedError):
        stop.on_test_end({"psnr": 30.0})


def test_what_collapses_or_diverges_does_not_replace_the_weights_of_a_gan(
    tiny_run, tmp_path, monkeypatch
):
    with pytest.raises(CollapsedError):
        _run(tiny_run(adversarial=True, grace_steps=3), tmp_path / "collapsed")
    assert read_json(tmp_path / "collapsed" / "best.json")["step"] == 3

    class Break(checkpoints.SaveLast):
        def on_test_begin(self, logs=None):
            if int(self.model.optimizer.iterations) == 6:
                for weight in self.model.generator.weights:
                    weight.assign(np.full(weight.shape, np.nan))

    monkeypatch.setattr("keras_litesr.training.runs.SaveLast", Break)
    with pytest.raises(DivergedError, match="validation loss, received nan at step 6"):
        _run(tiny_run(adversarial=True), tmp_path / "diverged")
    assert read_json(tmp_path / "diverged" / "best.json")["step"] == 3
    released = lite(filters=3, num_blocks=1)
    released.load_weights(tmp_path / "diverged" / "best.weights.h5")
    assert all(np.all(np.isfinite(weight)) for weight in released.get_weights())


@pytest.mark.parametrize(("always", "kept"), [(False, 30.0), (True, 20.0)])
def test_the_best_psnr_or_the_last_epoch_is_released(always, kept, tiny_run, tmp_path):
    keep_best = checkpoints.KeepBest(tmp_path, always=always)
    model = tiny_run().model
    keep_best.set_model(model)
    for psnr in (30.0, 20.0):
        model.set_weights([np.full_like(weight, psnr) for weight in model.get_weights()])
        keep_best.on_test_end({"psnr": psnr})
    assert read_json(tmp_path / "best.json")["psnr"] == kept
    released = lite(filters=3, num_blocks=1)
    released.load_weights(tmp_path / "best.weights.h5")
    assert all(np.all(weight == kept) for weight in released.get_weights())


def test_an_adversarial_run_releases_the_averaged_generator_of_its_end(tiny_run, tmp_path):
    parts = tiny_run(adversarial=True)
    assert _run(parts, tmp_path)["step"] == 6
    released, network = lite(filters=3, num_blocks=1), parts.model.generator
    released.load_weights(tmp_path / "best.weights.h5")
    for first, second in zip(released.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_recipe_is_read_back_as_what_it_was(tiny_run, tmp_path):
    parts = tiny_run(adversarial=True, steps=3, adversarial_weight=0.002)
    _run(parts, tmp_path)
    assert recorded(tmp_path)[0] == parts.recipe


def test_a_run_is_not_begun_twice_and_not_resumed_unbegun(tiny_run, tmp_path):
    parts = tiny_run(steps=3)
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        _run(parts, tmp_path / "run", resume=True)
    _run(parts, tmp_path / "run")
    with pytest.raises(FileExistsError, match="already holds a run"):
        _run(parts, tmp_path / "run")


def test_what_an_earlier_run_left_before_its_first_checkpoint_is_not_mixed_in(tiny_run, tmp_path):
    (tmp_path / "recipe.json").write_text(json.dumps(asdict(tiny_run().recipe)))
    (tmp_path / "best.json").write_text('{"psnr": 99.0, "step": 3}')
    (tmp_path / "best.weights.h5").write_bytes(b"of another run")
    (tmp_path / "log.csv").write_text("epoch,loss\n0,0.5\n")
    result = _run(tiny_run(steps=3), tmp_path)
    assert result["psnr"] < 99
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("adversarial", [False, True])
def test_a_finished_run_is_left_as_it_is(adversarial, tiny_run, tmp_path):
    options = {"adversarial": adversarial, "steps": 3, "ema_momentum": 0.5}
    parts = tiny_run(**options)
    result = _run(parts, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    again = tiny_run(**options)
    assert _run(again, tmp_path, resume=True) == result
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    for received, averaged in zip(
        again.model.get_weights(), parts.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(received, averaged)


def test_the_seconds_of_earlier_starts_count(tiny_run, tmp_path):
    progress = tmp_path / "progress.json"
    progress.write_text('{"seconds": 1000.0}')
    save_last = checkpoints.SaveLast(tmp_path)
    save_last.set_model(tiny_run().model)
    save_last.on_train_begin()
    save_last.on_epoch_end(0, {})
    assert 1000 <= read_json(progress)["seconds"] < 1060


@pytest.mark.parametrize(("step", "expected"), [(0, 7.0), (1, 0.0)])
def test_sums_of_a_checkpoint_whose_weights_were_not_written_are_left(
    tiny_run, tmp_path, step, expected
):
    model = tiny_run().model
    sums = [variable for metric in model.metrics for variable in metric.variables]
    saved = {"step": step, "sums": [np.full(variable.shape, 7.0).tolist() for variable in sums]}
    (tmp_path / "progress.json").write_text(json.dumps(saved))
    resumed = checkpoints.ContinueEpoch(tmp_path)
    resumed.set_model(model)
    resumed.on_epoch_begin(0)
    assert sums and all(keras.ops.convert_to_numpy(each) == expected for each in sums)


def test_columns_that_a_later_start_adds_or_leaves_out_stay_in_the_log(tiny_run, tmp_path):
    def samples():
        return Samples(tiny_run().validation, tmp_path / "samples", measure=lambda *_: 0.5)

    for first, second in ((samples, lambda: None), (lambda: None, samples)):
        folder = tmp_path / f"run_{first is samples}"
        _run(_half_of(tiny_run()), folder, samples=first())
        settings = read_json(folder / "recipe.json")
        (folder / "recipe.json").write_text(json.dumps({**settings, "steps": 6}))
        _run(tiny_run(), folder, resume=True, samples=second())
        header, *rows = (row.split(",") for row in (folder / "log.csv").read_text().splitlines())
        measured = [row[header.index("val_measure")] for row in rows]
        assert measured == (["0.5", ""] if first is samples else ["", "0.5"])


@pytest.mark.parametrize("steps", [3, 6])
def test_best_weights_without_a_checkpoint_are_not_thrown_away(tiny_run, tmp_path, steps):
    _run(tiny_run(steps=steps), tmp_path)
    (tmp_path / "last.weights.h5").unlink()
    kept = (tmp_path / "best.weights.h5").read_bytes()
    with pytest.raises(FileExistsError, match="no checkpoint to go on from"):
        _run(tiny_run(steps=steps), tmp_path)
    assert (tmp_path / "best.weights.h5").read_bytes() == kept


@pytest.mark.parametrize("name", ["steps", "patch_size", "batch_size"])
def test_patches_that_are_not_the_recipes_are_refused(name, tiny_run, tmp_path):
    parts = tiny_run()
    setattr(parts.patches, name, 5)
    with pytest.raises(ValueError, match=rf"recipe, {name} \d, received {name} 5"):
        _run(parts, str(tmp_path / "run"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recipe.json", '{"steps": "many"}'),
        ("recipe.json", '{"steps": 6, "epoch_steps": 0}'),
        ("recipe.json", '{"epoch_steps": 3}'),
        ("progress.json", '{"seconds": "abc"}'),
        ("best.json", '{"psnr": "x"}'),
        ("log.csv", "garbage\n1,2,3\n"),
        ("log.csv", "epoch,loss\n0,abc\n"),
        ("log.csv", b"\xff\x00\x8d"),
    ],
)
def test_an_odd_file_of_a_run_is_named(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    readers = {
        "recipe.json": lambda: recorded(tmp_path),
        "progress.json": lambda: checkpoints.SaveLast(tmp_path),
        "best.json": lambda: checkpoints.KeepBest(tmp_path),
        "log.csv": lambda: checkpoints.SaveLast(tmp_path, 2),
    }
    with pytest.raises(ValueError, match=f"Expected .*{name}"):
        readers[name]()


def test_a_run_without_its_checkpoint_is_begun_with_its_best_weights(tiny_run, tmp_path):
    (tmp_path / "recipe.json").write_text(json.dumps(asdict(tiny_run().recipe)))
    (tmp_path / "best.weights.h5").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="best weights: --start-from"):
        _run(tiny_run(), tmp_path, resume=True)


def test_weights_that_no_run_made_are_not_thrown_away(tiny_run, tmp_path):
    (tmp_path / "best.weights.h5").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError, match="no checkpoint to go on from"):
        _run(tiny_run(), tmp_path)
    assert (tmp_path / "best.weights.h5").read_bytes() == b"somebody's"


def test_a_file_is_no_folder_of_a_run(tiny_run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        _run(tiny_run(), tmp_path / "file")


def test_other_settings_pictures_or_architecture_are_refused(tiny_run, tmp_path):
    _run(tiny_run(steps=3), tmp_path)
    with pytest.raises(ValueError, match=r"steps 3, received .*steps 6"):
        _run(tiny_run(steps=6), tmp_path, resume=True)
    seeded = tiny_run(steps=3)
    seeded.patches.seed = 1
    with pytest.raises(ValueError, match="seed 0, received seed 1"):
        _run(seeded, tmp_path, resume=True)
    smaller = tiny_run(steps=3)
    smaller.patches.pairs = smaller.patches.pairs[:1]
    with pytest.raises(ValueError, match=r"pictures 2, .* received pictures 1, "):
        _run(smaller, tmp_path, resume=True)
    for part in ("patches", "validation"):
        other = tiny_run(steps=3)
        pairs = getattr(other, part).pairs
        pairs[-1] = Pair(pairs[-1].low_res, pairs[-1].high_res[::-1])
        with pytest.raises(ValueError, match=r"Expected .*_sha256 \w{16}, received"):
            _run(other, tmp_path, resume=True)


def test_a_checkpoint_that_does_not_fit_or_is_damaged_is_refused(tiny_run, tmp_path):
    parts = tiny_run(steps=3)
    _run(parts, tmp_path)
    other = lite(filters=6, num_blocks=1)
    compile_for_pixels(other, parts.recipe)
    parts.model = other
    with pytest.raises(ValueError, match="parameters"):
        _run(parts, tmp_path, resume=True)
    with pytest.raises(ValueError, match="does not fit lite_x4"):
        checkpoints.restore(other, tmp_path / "last.weights.h5")
    (tmp_path / "last.weights.h5").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="damaged"):
        _run(tiny_run(steps=3), tmp_path, resume=True)
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(ValueError, match="holds no JSON object"):
        _run(tiny_run(steps=3), tmp_path, resume=True)


def test_a_run_begun_before_the_settings_were_written_down_goes_on(tiny_run, tmp_path):
    """`recipe.json` of the first version held the recipe alone."""
    _run(tiny_run(), tmp_path / "whole")
    folder = tmp_path / "run"
    _run(_half_of(tiny_run()), folder)
    parts = _forgetful(tiny_run())
    (folder / "recipe.json").write_text(json.dumps(asdict(parts.recipe)))
    assert _run(parts, folder, resume=True)["steps"] == 6
    _assert_same_arrays(folder, tmp_path / "whole", "last.weights.h5", "best.weights.h5")


def test_a_training_that_diverges_stops_before_it_is_saved(tiny_run, tmp_path):
    parts = tiny_run()
    parts.model.set_weights([np.full_like(weight, np.nan) for weight in parts.model.get_weights()])
    with pytest.raises(DivergedError, match="half the --learning-rate"):
        _run(parts, tmp_path)
    assert _names(tmp_path) == {"events", "recipe.json"}


def test_what_the_last_update_of_an_epoch_breaks_shows_in_the_validation(tiny_run):
    stop = StopOnNaN()
    stop.set_model(tiny_run().model)
    stop.on_test_end({"loss": 0.1})
    with pytest.raises(DivergedError, match="validation loss, received inf"):
        stop.on_test_end({"loss": float("inf")})
