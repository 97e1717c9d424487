"""Files that appear whole: what lies beside them is left alone."""

import pytest

from keras_litesr.atomic import published


def test_hidden_neighbours_are_left_alone(tmp_path):
    (tmp_path / ".a.txt").write_text("of somebody else")
    with published(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert (tmp_path / ".a.txt").read_text() == "of somebody else"


def test_two_writers_of_one_target_do_not_share_a_file(tmp_path):
    target = tmp_path / "last.weights.h5"
    with published(target) as first, published(target) as second:
        assert first != second
        for temporary in (first, second):
            assert temporary.name.startswith(".")
            assert temporary.name.endswith(".weights.h5")
            temporary.write_text(temporary.name)
    assert target.read_text() == first.name


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), published(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_long_name_with_a_point_within_fits(tmp_path):
    target = tmp_path / f"1. {'a' * 235}.mp4"
    with published(target) as temporary:
        temporary.write_text("new")
        assert temporary.suffix == ".mp4"
    assert target.read_text() == "new"


def test_a_file_that_appears_meanwhile_is_replaced_only_if_it_may_be(tmp_path):
    target = tmp_path / "a.txt"
    with pytest.raises(FileExistsError), published(target, overwrite=False) as temporary:
        temporary.write_text("new")
        target.write_text("of somebody else")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of somebody else"]
    with published(target) as temporary:
        temporary.write_text("new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]
