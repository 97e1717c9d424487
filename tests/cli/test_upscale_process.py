"""`litesr upscale` as a process: killed in the middle, and what it prints."""

import io
import os
import struct
import subprocess
import sys
from fractions import Fraction

import pytest
from PIL import Image, ImageCms

ENTRY = "from keras_litesr.cli.main import main; main()"
# Half of the sixth file is on the disk then.
DIE_IN_THE_SIXTH = """
import os
fsync, earlier = os.fsync, iter(range(5))
def die(number):
    if next(earlier, None) is None:
        os.ftruncate(number, os.fstat(number).st_size // 2)
        os.kill(os.getpid(), 9)
    fsync(number)
os.fsync = die
"""
ARGUMENTS = ["upscale", "-m", "bicubic_x4", "--threads", "1"]


def command(*arguments, before: str = "") -> list[str]:
    return [sys.executable, "-c", before + ENTRY, *ARGUMENTS, *map(str, arguments)]


def assert_whole(folder, size) -> int:
    """Every visible file decodes to its last pixel; returns how many there are."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert image.size == size
    return len(paths)


def test_killed_in_the_middle_and_gone_on(picture, tmp_path):
    for index in range(20):
        picture(f"in/{index}.png", 100, 80)
    output = tmp_path / "out"
    arguments = [tmp_path / "in", "-o", output, "--skip-existing"]
    killed = subprocess.run(command(*arguments, before=DIE_IN_THE_SIXTH), capture_output=True)
    assert killed.returncode == -9
    assert assert_whole(output, (400, 320)) == 5
    result = subprocess.run(command(*arguments), capture_output=True, text=True)
    assert result.returncode == 0
    assert "5 skipped" in result.stderr
    assert assert_whole(output, (400, 320)) == 20


def test_killed_between_the_last_byte_and_its_name(picture, tmp_path):
    die = "import os; os.fsync = lambda _: os.kill(os.getpid(), 9); "
    path = picture("a.png")
    result = subprocess.run(command(path, "-o", tmp_path / "out", before=die))
    assert result.returncode == -9
    assert assert_whole(tmp_path / "out", (36, 24)) == 0
    retry = command(path, "-o", tmp_path / "out", "--skip-existing")
    assert subprocess.run(retry, stdout=subprocess.DEVNULL).returncode == 0
    assert assert_whole(tmp_path / "out", (36, 24)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_that_ends_it_leaves_nothing_half_written(picture, tmp_path, name, code):
    end = (
        f"import os, signal; signal.signal(signal.{name}, signal.SIG_DFL); "
        f"os.fsync = lambda _: os.kill(os.getpid(), signal.{name}); "
    )
    path = picture("in/a.png")
    result = subprocess.run(command(path, "-o", tmp_path / "out", before=end))
    assert result.returncode == code
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_signal_that_nohup_ignores_ends_nothing(picture, tmp_path):
    end = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGHUP); "
    )
    result = subprocess.run(command(picture("a.png"), "-o", tmp_path / "out", before=end))
    assert result.returncode == 0
    assert assert_whole(tmp_path / "out", (36, 24)) == 1


def test_stderr_stays_empty_and_only_what_is_needed_is_imported(picture):
    after = (
        "import atexit, sys; atexit.register(lambda: print([name for name in ('keras', "
        "'tensorflow', 'keras_litesr.evaluation') if name in sys.modules])); "
    )
    result = subprocess.run(command(picture("a.png"), before=after), capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_a_terminal_sees_a_bar(picture, tmp_path):
    import fcntl
    import pty
    import termios

    picture("in/a.png"), picture("in/b.png")
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    result = subprocess.run(command(tmp_path / "in"), stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    assert result.returncode == 0
    assert result.stdout.count(b"\n") == 2
    assert b"2/2" in os.read(controller, 10_000)
    os.close(controller)


def test_a_name_that_stdout_cannot_encode_is_no_reason_to_fail(picture):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = subprocess.run(command(picture("日.png")), capture_output=True, env=environment)
    assert result.returncode == 0
    assert b"?_x4.png  36x24" in result.stdout


def test_frames_with_a_named_colour_profile_do_not_crash_the_process(tmp_path):
    av = pytest.importorskip("av", reason="PyAV is not installed")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "PNG", icc_profile=profile)
    with av.open(str(tmp_path / "film.mov"), "w") as film:
        stream = film.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        for number in range(30):
            packet = av.Packet(file.getvalue())
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = Fraction(1, 25)
            film.mux(packet)
    result = subprocess.run(command(tmp_path / "film.mov"), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "film_x4.mov  64x64" in result.stdout
