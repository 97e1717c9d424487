"""Folders of pictures by path or by name; the folder of sets is made up."""

import numpy as np
import pytest
from PIL import Image

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.datasets.places import load_pictures
from keras_litesr.images.files import ImageFileError


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """Makes three sets of one picture each; the working folder is another one, and empty."""
    home = tmp_path / "sets"
    for level, name in enumerate(("validation", "evaluation/Set5/high_res", "training/photos")):
        (home / name).mkdir(parents=True)
        Image.new("RGB", (8, 8), (level, level, level)).save(home / name / "a.png")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("LITESR_DATA", str(home))
    return home


def test_a_name_is_found_in_the_folder_of_sets_and_on_its_shelves(sets):
    assert find_folder("validation") == sets / "validation"
    assert find_folder("Set5") == sets / "evaluation" / "Set5"
    assert find_folder("photos/") == sets / "training" / "photos"


def test_a_path_that_exists_wins(sets, tmp_path):
    own = tmp_path / "work" / "Set5"
    own.mkdir()
    assert find_folder("Set5").resolve() == own
    assert find_folder(sets / "training") == sets / "training"


def test_a_file_is_left_to_its_reader_to_refuse(sets, tmp_path):
    (tmp_path / "Set5.txt").touch()
    assert find_folder(tmp_path / "Set5.txt") == tmp_path / "Set5.txt"


def test_a_name_on_the_first_shelf_wins(sets):
    (sets / "photos").mkdir()
    assert find_folder("photos") == sets / "photos"


def test_pictures_of_sets_are_read_by_name(sets):
    levels = [int(np.max(picture)) for picture in load_pictures(["photos", "validation"])]
    assert levels == [2, 0]


def test_an_unknown_name_is_refused_with_every_place_it_was_looked_for_in(sets, tmp_path):
    with pytest.raises(ImageFileError, match="received 'Set6'") as caught:
        find_folder("Set6")
    shelves = (sets, sets / "evaluation", sets / "training")
    for place in (tmp_path / "work", *shelves, "LITESR_DATA"):
        assert str(place) in str(caught.value)


@pytest.mark.parametrize("place", ["more/Set5", "/nowhere/Set5", "../nowhere"])
def test_a_path_is_not_taken_for_a_name(sets, place):
    with pytest.raises(ImageFileError, match=f"received '{place}', which is none.*LITESR_DATA"):
        find_folder(place)


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_folder_of_sets_the_error_says_how_to_name_it(sets, monkeypatch, value):
    monkeypatch.delenv("LITESR_DATA")
    if value is not None:
        monkeypatch.setenv("LITESR_DATA", value)
    with pytest.raises(ImageFileError, match=r"'Set5', which is none.*a folder of sets that LITE"):
        find_folder("Set5")


def test_a_folder_of_sets_that_is_missing_is_named(sets, monkeypatch):
    monkeypatch.setenv("LITESR_DATA", "/gone")
    with pytest.raises(ImageFileError, match="no set in /gone or"):
        find_folder("Set5")
