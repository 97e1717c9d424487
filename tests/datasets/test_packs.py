"""Packed pictures and other places; nothing here imports Keras or TensorFlow."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.datasets import packs
from keras_litesr.datasets.packs import load_pack, may_hold_copies, save_pack
from keras_litesr.datasets.places import load_pictures, with_copies
from keras_litesr.images.files import ImageFileError
from keras_litesr.images.resize import reduce

TOOL = Path(__file__).parents[2] / "tools" / "pack_images.py"


@pytest.fixture
def pictures(rng):
    sizes = [(5, 7), (1, 1), (4, 3)]
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def _assert_same(received, expected):
    assert len(received) == len(expected)
    for first, second in zip(received, expected, strict=True):
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(first, second)


def test_pictures_of_many_sizes_come_back(pictures, tmp_path):
    save_pack(pictures, tmp_path / "photos.npz")
    _assert_same(load_pack(tmp_path / "photos.npz"), pictures)
    assert [path.name for path in tmp_path.iterdir()] == ["photos.npz"]


def test_a_pack_says_whether_it_holds_copies_and_an_older_one_may(pictures, tmp_path):
    save_pack(pictures, tmp_path / "photos.npz")
    save_pack(pictures, tmp_path / "many.npz", holds_copies=True)
    np.savez(tmp_path / "old.npz", pixels=np.zeros(3, np.uint8), shapes=np.array([[1, 1, 3]]))
    assert with_copies([tmp_path, *sorted(tmp_path.glob("*.npz")), "tfds:div2k"]) == [
        str(tmp_path / "many.npz"),
        str(tmp_path / "old.npz"),
    ]
    assert len(load_pack(tmp_path / "old.npz")) == 1


def test_too_much_or_nothing_is_refused_before_it_is_written(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(packs, "LARGEST_BYTES", 3 * (35 + 1 + 12))
    save_pack(pictures, tmp_path / "photos.npz")
    monkeypatch.setattr(packs, "LARGEST_BYTES", 3 * (35 + 1 + 12) - 1)
    with pytest.raises(ImageFileError, match="received 3 of 0 MiB"):
        save_pack(pictures, tmp_path / "more.npz")
    with pytest.raises(ImageFileError, match="received 0"):
        save_pack([], tmp_path / "more.npz")
    assert not (tmp_path / "more.npz").exists()
    with pytest.raises(ImageFileError, match=r"ending in \.npz, received 'photos.bin'"):
        save_pack(pictures, Path("photos.bin"))
    with pytest.raises(ImageFileError, match="missing does not exist"):
        save_pack(pictures, tmp_path / "missing" / "photos.npz")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"pixels": np.zeros(3, np.uint8)}, "shapes"),
        ({"pixels": np.zeros(3, np.float32), "shapes": np.array([[1, 1, 3]])}, "float32"),
        ({"pixels": np.zeros(3, np.uint8), "shapes": np.array([[1, 1]])}, r"shape \(1, 2\)"),
        ({"pixels": np.zeros(1, np.uint8), "shapes": np.array([[1, 1, 1]])}, "not those of RGB"),
        ({"pixels": np.zeros(6, np.uint8), "shapes": np.array([[1, 1, 3]])}, "6 values .* of 3"),
        # 2^62 * 4 * 3 is 0 in 64 bits.
        ({"pixels": np.zeros(0, np.uint8), "shapes": np.array([[2**62, 4, 3]])}, "0 values"),
    ],
)
def test_another_file_is_refused_by_reason(content, reason, tmp_path):
    np.savez(tmp_path / "odd.npz", **content)
    with pytest.raises(ImageFileError, match=reason):
        load_pack(tmp_path / "odd.npz")


def test_a_missing_or_broken_file_and_a_pickle_are_refused(tmp_path):
    with pytest.raises(ImageFileError, match=r"gone\.npz"):
        load_pack(tmp_path / "gone.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\3\4 and nothing else")
    with pytest.raises(ImageFileError, match="Pack the pictures again"):
        load_pack(tmp_path / "broken.npz")
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        for name in ("pixels.npy", "shapes.npy"):
            archive.writestr(name, b"no array")
    with pytest.raises(ImageFileError, match="other files than arrays"):
        load_pack(tmp_path / "other.npz")
    np.savez(tmp_path / "pickle.npz", pixels=np.array([print], object), shapes=np.zeros(1))
    with pytest.raises(ImageFileError, match="allow_pickle"):
        load_pack(tmp_path / "pickle.npz")


def test_a_file_that_would_fill_the_memory_is_refused_unread(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "bomb.npz", pixels=np.zeros(3 << 20, np.uint8), shapes=[])
    monkeypatch.setattr(packs, "LARGEST_BYTES", 1 << 20)
    with pytest.raises(ImageFileError, match="unpack to 3 MiB"):
        load_pack(tmp_path / "bomb.npz")


def test_places_of_several_kinds_are_read_in_their_order(pictures, tmp_path):
    (tmp_path / "photos").mkdir()
    Image.fromarray(pictures[0]).save(tmp_path / "photos" / "one.png")
    save_pack(pictures[1:], tmp_path / "rest.npz")
    places = [tmp_path / "photos", tmp_path / "rest.npz"]
    _assert_same(load_pictures(places), pictures)
    _assert_same(load_pictures(places[::-1]), [*pictures[1:], pictures[0]])


def test_the_tool_packs_the_middles_of_folders(pictures, tmp_path):
    (tmp_path / "photos").mkdir()
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "photos" / f"{number}.png")
    pack = tmp_path / "photos.npz"
    words = [sys.executable, str(TOOL), str(tmp_path / "photos"), "-o", str(pack)]
    done = subprocess.run([*words, "--largest", "3"], capture_output=True, text=True)
    assert done.stdout.startswith("3 pictures"), done.stderr
    _assert_same(load_pack(pack), [pictures[0][1:4, 2:5], pictures[1], pictures[2][:3]])
    empty = subprocess.run([*words[:2], str(TOOL.parent), *words[3:]], capture_output=True)
    assert empty.returncode == 2
    assert b"found none" in empty.stderr
    wrong = subprocess.run([*words, "--most", "0"], capture_output=True, text=True)
    assert "expected 1 or more, received '0'" in wrong.stderr


def test_the_tool_tries_the_place_of_the_pack_first(tmp_path, load_tool, monkeypatch, capsys):
    def refuse(*_, **__):
        raise OSError("Read-only file system")

    tool = load_tool("pack_images")
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(tool, "load_folders", lambda *_: pytest.fail("the reading began"))
    monkeypatch.setattr("sys.argv", [str(TOOL), str(tmp_path), "-o", str(tmp_path / "p.npz")])
    with pytest.raises(SystemExit) as end:
        tool.main()
    assert end.value.code == 2
    assert "Read-only file system" in capsys.readouterr().err


def test_the_tool_adds_reduced_copies(tmp_path, rng):
    (tmp_path / "photos").mkdir()
    photo = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(photo).save(tmp_path / "photos" / "one.png")
    words = [sys.executable, str(TOOL), str(tmp_path / "photos"), "-o", str(tmp_path / "p.npz")]
    subprocess.run([*words, "--reduce", "0.8", "0.5"], check=True, capture_output=True)
    first, larger, smaller = load_pack(tmp_path / "p.npz")
    assert may_hold_copies(tmp_path / "p.npz")
    np.testing.assert_array_equal(first, photo)
    assert larger.shape == (16, 24, 3)
    np.testing.assert_array_equal(smaller, reduce(photo, 2))
    wrong = subprocess.run([*words, "--reduce", "1.5"], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "between 0 and 1, received '1.5'" in wrong.stderr
