import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[1] / "tools" / "train.py"


def test_the_tool_is_the_command_and_refuses_before_tensorflow_is_imported():
    for words in (["lite_x5", "--data", "."], ["lite_x4", "--data", "."]):
        code = (
            f"import sys, runpy; sys.argv = ['train.py', *{words!r}, '--validation', '/nowhere']\n"
            f"try: runpy.run_path({str(TOOL)!r}, run_name='__main__')\n"
            "except SystemExit as stop: print(stop.code, 'tensorflow' in sys.modules)"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.stdout == "2 False\n", result.stderr
