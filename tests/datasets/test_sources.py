from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.datasets.sources import (
    at_least,
    centre,
    hold_out,
    load_folders,
    reduced,
    split,
)
from keras_litesr.images.files import ImageFileError


def _save(folder, name, pixels):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)


def test_pictures_of_any_kind_become_rgb_in_the_order_of_their_names(tmp_path, rng):
    colour = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
    grey = rng.integers(0, 256, (4, 4), dtype=np.uint8)
    transparent = rng.integers(0, 256, (3, 7, 4), dtype=np.uint8)
    deep = rng.integers(0, 65536, (5, 5), dtype=np.uint16)
    _save(tmp_path, "d.png", deep)
    _save(tmp_path, "a.png", colour)
    _save(tmp_path, "c/c.png", transparent)
    _save(tmp_path, "b.png", grey)
    first, second, third, fourth = load_folders([tmp_path])
    np.testing.assert_array_equal(first, colour)
    np.testing.assert_array_equal(second, np.stack([grey] * 3, axis=-1))
    np.testing.assert_array_equal(third, transparent[..., :3])
    assert (fourth.dtype, fourth.shape) == (np.uint8, (5, 5, 3))


def test_the_centre_is_in_the_middle_and_no_larger_than_the_picture():
    picture = np.arange(5 * 9 * 3).reshape(5, 9, 3)
    np.testing.assert_array_equal(centre(picture, 3), picture[1:4, 3:6])
    np.testing.assert_array_equal(centre(picture, 7), picture[:, 1:8])


def test_a_reduced_picture_has_the_nearest_whole_sides():
    assert reduced(np.zeros((11, 15, 3), np.uint8), 0.25).shape == (3, 4, 3)
    assert reduced(np.zeros((1, 9, 3), np.uint8), 0.1).shape == (1, 1, 3)


def test_a_file_met_twice_counts_once(tmp_path):
    _save(tmp_path, "inner/a.png", np.zeros((4, 4, 3), np.uint8))
    assert len(load_folders([tmp_path, tmp_path / "inner"])) == 1


@pytest.mark.parametrize("kind", [str, Path])
def test_one_folder_needs_no_list(kind, tmp_path):
    _save(tmp_path, "a.png", np.zeros((4, 4, 3), np.uint8))
    assert len(load_folders(kind(tmp_path))) == 1


def test_one_unreadable_file_of_20_is_named_and_left_out(fill, tmp_path):
    fill(tmp_path, good=19, broken=1)
    lines = []
    assert len(load_folders([tmp_path], warn=lines.append)) == 19
    assert len(lines) == 2
    assert "broken0.png" in lines[0]
    assert lines[1] == "left out: 1 of 20 files, which cannot be decoded"


def test_more_than_a_twentieth_unreadable_2_of_39_is_an_error(fill, tmp_path):
    fill(tmp_path, good=37, broken=2)
    lines = []
    with pytest.raises(ImageFileError, match="2 of 39 are not"):
        load_folders([tmp_path], warn=lines.append)
    assert ["broken0.png" in lines[0], "broken1.png" in lines[1]] == [True, True]


def test_an_empty_or_missing_folder_is_an_error(tmp_path):
    with pytest.raises(ImageFileError, match="found none"):
        load_folders([tmp_path])
    with pytest.raises(ImageFileError, match="nowhere"):
        load_folders([tmp_path / "nowhere"])


def test_small_pictures_are_left_out_and_counted():
    pictures = [np.zeros((*size, 3), np.uint8) for size in [(8, 8), (7, 20), (9, 8)]]
    lines = []
    assert at_least(8, pictures, warn=lines.append) == [pictures[0], pictures[2]]
    assert lines == ["left out: 1 of 3 pictures, smaller than 8x8 pixels"]
    assert at_least(7, pictures, warn=lines.append) == pictures
    assert len(lines) == 1


@pytest.mark.parametrize(("number", "taken"), [(10, 1), (59, 5), (200, 20), (1000, 20)])
def test_a_tenth_and_at_most_twenty_are_held_out(number, taken):
    pictures = [np.full((1, 1, 3), index) for index in range(number)]
    training, validation = hold_out(pictures)
    assert len(validation) == taken
    values = [[int(picture[0, 0, 0]) for picture in part] for part in (training, validation)]
    assert sorted(values[0] + values[1]) == list(range(number))
    assert values == [sorted(part) for part in values]


def test_the_choice_depends_on_the_seed_alone():
    pictures = [np.full((1, 1, 3), index) for index in range(100)]

    def chosen(seed):
        return tuple(int(picture[0, 0, 0]) for picture in hold_out(pictures, seed=seed)[1])

    assert chosen(0) == chosen(0)
    assert chosen(0) != chosen(1)


def test_too_few_to_hold_any_out_is_an_error():
    with pytest.raises(ValueError, match=r"at least 10 pictures.*received 9"):
        hold_out([np.zeros((1, 1, 3))] * 9)


def test_another_size_changes_what_is_held_out_by_the_small_ones_alone(capsys):
    sides = [20, 40] * 20
    pictures = [np.full((side, side, 3), index) for index, side in enumerate(sides)]

    def numbers(side):
        parts = split(side, pictures)
        lines = capsys.readouterr().out.splitlines()
        return [{int(picture[0, 0, 0]) for picture in part} for part in parts], lines

    (training, held_out), lines = numbers(20)
    assert (len(training), len(held_out), lines) == (36, 4, [])
    large = {index for index, side in enumerate(sides) if side == 40}
    (fewer, rest), lines = numbers(40)
    assert (fewer, rest) == (training & large, held_out & large)
    assert (0 < len(rest) < 4, len(lines)) == (True, 2)


def test_what_is_for_validation_is_not_trained_on(rng, capsys):
    pictures = list(rng.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8))
    others = [pictures[4].copy(), pictures[1].copy(), np.zeros((8, 8, 3), np.uint8)]
    training, validation = split(8, pictures, others)
    assert [any(each is picture for each in training) for picture in pictures] == [
        *(True, False, True, True, False, True)
    ]
    assert len(validation) == 3
    assert capsys.readouterr().out == "left out: 2 of 6 pictures, which are for validation\n"
    with pytest.raises(ValueError, match="received 6, all of which are among those"):
        split(8, pictures, pictures)


@pytest.mark.parametrize("others", [None, [np.zeros((8, 8, 3))] * 3])
def test_none_large_enough_to_validate_is_an_error(others):
    with pytest.raises(ValueError, match=r"at least 9x9 pixels for validation, received \d, none"):
        split(9, [np.zeros((8, 8, 3))] * 30, others)


def test_a_photo_that_a_folder_holds_twice_is_not_on_both_sides(rng):
    photos = [rng.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in range(10)]
    training, validation = split(8, photos + photos)
    assert len(training) + 2 * len(validation) in (20, 21)
    held_out = {picture.tobytes() for picture in validation}
    assert not held_out & {picture.tobytes() for picture in training}


def test_small_pictures_to_train_on_are_counted_before_they_are_left_out(rng):
    small = [rng.integers(0, 256, (6, 6, 3), dtype=np.uint8) for _ in range(3)]
    with pytest.raises(ValueError, match="8x8 pixels to train on, received 3, none"):
        split(8, small, [np.zeros((8, 8, 3), np.uint8)])
