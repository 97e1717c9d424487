"""Paths that are empty, or lead nowhere, are said in words."""

import pytest


@pytest.mark.parametrize(
    "words",
    [
        "upscale a.png -o",
        "upscale",
        "convert bicubic_x4 -o",
        "demo -o",
        "protect keygen --pair",
        "train lite_tiny_x4 --data photos --out",
    ],
)
def test_an_empty_path_is_not_the_working_folder(litesr, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = litesr(*words.split(), "")
    assert result.exit_code == 2
    assert "Expected a path, received an empty one." in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", ["--name Ada nodir/owner.key", "--pair nodir/release"])
def test_a_key_in_a_missing_folder_names_the_folder(litesr, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = litesr("protect", "keygen", *words.split())
    assert result.exit_code == 2
    assert "received 'nodir', which is none" in result.stderr


def test_a_missing_public_key_is_said_before_the_work(enlarge, picture):
    result = enlarge(picture("a.png"), "--public-key", "nokey.pub")
    assert result.exit_code == 2
    assert "File 'nokey.pub' does not exist" in result.stderr
