"""tools/convert_zoo.py: folders in which there is nothing to convert."""

import pytest
from click.testing import CliRunner


@pytest.fixture
def convert(load_tool, tmp_path):
    def run(*words):
        main = load_tool("convert_zoo").main
        return CliRunner().invoke(main, ["--representative", str(tmp_path), *map(str, words)])

    return run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--saved-models", "nowhere"], "Directory 'nowhere' does not exist"),
        (["--saved-models", "empty"], "There is no preset in "),
        (["--saved-models", "zoo", "lite_x4"], "There is no preset lite_x4 in "),
    ],
)
def test_a_folder_without_the_presets_is_refused(convert, tmp_path, monkeypatch, words, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "zoo/lite_tiny_x4").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    result = convert(*words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_a_folder_that_holds_no_preset_is_one_line(convert, tmp_path):
    (tmp_path / "zoo/lite_x4").mkdir(parents=True)
    result = convert("--saved-models", tmp_path / "zoo")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("convert_zoo.py: ")
    assert "lite_x4 holds no config.json" in result.stderr
