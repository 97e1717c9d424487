"""What every command shares: help, errors, exit codes."""

import errno
import subprocess
import sys

import click
import pytest

from keras_litesr import __version__
from keras_litesr.cli import protect, share
from keras_litesr.cli.errors import explained
from keras_litesr.cli.main import COMMANDS, main
from keras_litesr.failures import DivergedError
from keras_litesr.inference.upscaler import Upscaler

GROUPS = {"": COMMANDS, "protect ": protect.COMMANDS, "share ": share.COMMANDS}
LINES = {
    f"{group}{name}": line
    for group, commands in GROUPS.items()
    for name, (_, _, line) in commands.items()
}


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_teaches_with_examples(litesr, option):
    result = litesr(option)
    assert result.exit_code == 0
    for line in ("litesr upscale photo.jpg", "Exit codes: 0 done, 1", *COMMANDS):
        assert line in result.stdout


@pytest.mark.parametrize("words", LINES)
def test_every_command_has_help_and_the_line_that_the_overview_shows(litesr, words):
    result = litesr(*words.split(), "--help")
    assert result.exit_code == 0
    command = main
    for word in words.split():
        command = command.get_command(click.Context(command), word)
    assert command.help.splitlines()[0].rstrip(".").startswith(LINES[words].rstrip("."))


def test_version(litesr):
    assert __version__ in litesr("--version").stdout


@pytest.mark.parametrize("arguments", [["enlarge"], ["--fast"], ["upscale", "--fast"], ["info"]])
def test_wrong_usage_ends_with_2_and_says_so_on_stderr(litesr, arguments):
    result = litesr(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


def test_an_unknown_model_ends_with_2_and_names_the_nearest(litesr, picture):
    result = litesr("upscale", "-m", "bicubic_x5", picture("a.png"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("litesr: There is no model named 'bicubic_x5'. Did you mean")
    assert "bicubic_x4" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("before", [True, False])
def test_debug_shows_the_traceback_wherever_it_stands(litesr, before):
    arguments = ["info", "nonsense"]
    result = litesr(*["--debug", *arguments] if before else [*arguments, "--debug"])
    assert result.exit_code == 2
    assert result.stderr.startswith("Traceback")
    assert "PresetError: There is no model named 'nonsense'" in result.stderr


def test_behind_two_dashes_debug_is_a_file_name(litesr):
    result = litesr("upscale", "-m", "bicubic_x4", "--", "--debug")
    assert result.exit_code == 1
    assert "failed: Expected a picture file at '--debug'" in result.stderr


def test_a_defect_is_one_line_too_and_asks_for_a_report(litesr, monkeypatch, picture):
    def broken(*_, **__):
        raise KeyError("spam")

    monkeypatch.setattr(Upscaler, "__init__", broken)
    result = litesr("upscale", picture("a.png"))
    assert result.exit_code == 2
    assert result.stderr == (
        "litesr: Unexpected KeyError: 'spam'. Run again with --debug and report it.\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DivergedError("Expected a loss, received nan."), 1, "Expected a loss, received nan."),
        (ZeroDivisionError("by zero"), 2, "Unexpected ZeroDivisionError: by zero."),
    ],
)
def test_a_training_that_diverges_is_an_answer_but_no_other_arithmetic(
    litesr, monkeypatch, tmp_path, error, code, message
):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("keras_litesr.cli.convert.preset_to_tflite", broken)
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "a.tflite")
    assert result.exit_code == code
    assert result.stderr.startswith(f"litesr: {message}")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ImportError("Install the extra."), "Install the extra."),
        (ImportError("No module named 'spam'", name="spam"), "Unexpected ImportError: No module"),
        (OSError("Our own sentence."), "Our own sentence."),
        (OSError(errno.ENOENT, "none", "a.key"), "Expected a file at 'a.key', received nothing"),
        (OSError(errno.ENOENT, "none", "no/a.key"), "Expected a folder for 'no/a.key', received"),
        (OSError(errno.ENOENT, "none", "/proc/.a"), "Expected a place to write '/proc', received"),
        (OSError(errno.ENAMETOOLONG, "long", "aa"), "Expected a place to write 'aa', received"),
        (
            OSError(errno.EROFS, "Read-only file system", "ro/k.key"),
            "Expected a place to write 'ro/k.key', received an error (Read-only file system). ",
        ),
        (OSError(errno.EACCES, "denied", b"ro/d"), "Expected a place to write 'ro/d', received"),
        (OSError(errno.ENOSPC, "full", "ro/.a.tflite"), "Expected a place to write 'ro', received"),
        (OSError(errno.EACCES, "denied", __file__), f"[Errno 13] denied: '{__file__}'"),
        (OSError(errno.ENOSPC, "full"), "[Errno 28] full"),
    ],
)
def test_errors_are_put_into_words(error, message):
    assert explained(error).startswith(message)


def test_ctrl_c_ends_with_130_and_a_line(enlarge, monkeypatch, picture):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Upscaler, "__call__", interrupted)
    path = picture("a.png")
    result = enlarge(path)
    assert result.exit_code == 130
    assert result.stderr == "litesr: stopped; no output is left half-written.\n"
    assert list(path.parent.iterdir()) == [path]


def test_help_imports_no_command():
    program = (
        "import sys; from keras_litesr.cli.main import main; "
        "main(['--help'], standalone_mode=False); "
        "sys.exit(str([m for m in ('numpy', 'PIL', 'keras', 'tqdm') if m in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stderr == "[]\n"
