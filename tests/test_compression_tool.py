"""tools/compression.py: what it is asked for in vain."""

from click.testing import CliRunner


def test_what_is_no_preset_is_one_line(load_tool, tmp_path):
    words = ["nosuch", "--data", str(tmp_path), "--validation", str(tmp_path)]
    result = CliRunner().invoke(load_tool("compression").main, words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("compression.py: There is no model named 'nosuch'")
