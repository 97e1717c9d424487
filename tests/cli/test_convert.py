"""`litesr convert`, and the tool that does it for the zoo."""

import shutil
import subprocess
import sys

import pytest

import keras_litesr
from keras_litesr.export.metadata import read_metadata
from keras_litesr.protection.signing import generate_key_pair, sign
from keras_litesr.zoo.folders import WEIGHTS, manifest, preset_folder, verified

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("litert_export")]


@pytest.fixture
def photographs(picture):
    """A folder of eight photographs."""
    paths = [picture(f"photographs/{index}.png", 40, 32) for index in range(8)]
    return paths[0].parent


def test_file_says_its_origin(litesr, tmp_path):
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "a b.tflite", "--size", "12x8")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{tmp_path / 'a b.tflite'}  ")
    facts = read_metadata(tmp_path / "a b.tflite")
    assert facts["name"] == "bicubic_x4"
    assert facts["input_size"] == [8, 12]
    assert facts["source_sha256"] == manifest(preset_folder("bicubic_x4"))[WEIGHTS]


def test_a_size_that_a_network_cannot_look_around_in_is_noted(litesr, tmp_path):
    notes = [
        litesr("convert", "bicubic_x4", "-o", tmp_path / f"{size}.tflite", "--size", size).stderr
        for size in ("4x9", "5x9")
    ]
    assert "with a side of 4 it sees less" in notes[0]
    assert notes[1] == ""


def test_only_the_facts_of_a_file_name_the_preset(litesr, tmp_path):
    from keras_litesr.models.bicubic import bicubic

    renamed = keras_litesr.save_to_preset(bicubic(), tmp_path / "renamed_x4")
    output = tmp_path / "file.tflite"
    assert litesr("convert", renamed, "-o", output).exit_code == 0
    assert read_metadata(output)["name"] == "renamed_x4"
    assert output.read_bytes().count(b"renamed_x4") == 1


def test_command_prints_its_answer_alone(tmp_path):
    output = tmp_path / "bicubic.tflite"
    command = [sys.executable, "-c", "from keras_litesr.cli.main import main; main()"]
    finished = subprocess.run(
        [*command, "convert", "bicubic_x4", "-o", output], capture_output=True, text=True
    )
    assert finished.returncode == 0
    assert finished.stdout == f"{output}  {output.stat().st_size / 1000:,.0f} kB\n"
    assert finished.stderr == ""


def test_int8_learns_from_a_folder_and_says_when_it_is_small(litesr, photographs, tmp_path):
    output = tmp_path / "bicubic.tflite"
    result = litesr(
        "convert", "bicubic_x4", "-o", output, "--dtype", "int8", "--representative", photographs
    )
    assert result.exit_code == 0
    assert "note: 8 representative pictures are few" in result.stderr
    assert read_metadata(output)["dtype"] == "int8"


def test_photos_that_cannot_be_read_are_named_when_they_are_too_many(litesr, photographs, tmp_path):
    (photographs / "broken.png").write_text("no picture")
    arguments = ["-o", tmp_path / "a.tflite", "--dtype", "int8", "--representative", photographs]
    result = litesr("convert", "bicubic_x4", *arguments)
    assert result.exit_code == 2
    named, reason = result.stderr.index("broken.png"), result.stderr.index("the lines above")
    assert named < reason


def test_saved_model_is_a_folder(litesr, tmp_path):
    assert litesr("convert", "bicubic_x4", "-o", tmp_path / "saved").exit_code == 0
    assert (tmp_path / "saved/saved_model.pb").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "missing/a.tflite"], "There is no folder missing"),
        (["-o", "a.tflite", "--size", "12"], "such as 128x96, or `free`, received '12'"),
        (["-o", "a.tflite", "--size", "0x4"], "received '0x4'"),
        (["-o", "a.tflite", "--size", "99999x9999"], "received 99999x9999, which takes 178.8"),
        (["-o", "a.tflite", "--dtype", "int4"], "'int4' is not one of"),
        (["-o", "a.tflite", "--dtype", "int8"], "Add --representative FOLDER"),
        (["-o", "a.tflite", "--representative", "."], "--representative is for int8 and int16x8"),
        (["-o", "a.tflite", "--tune-steps", "5"], "--tune-steps trains int8 networks"),
        (["-o", "a.onnx", "--tune-steps", "5"], "belong to .tflite files"),
        (
            ["-o", "a.tflite", "--aware-steps", "5", "--dtype", "float16"],
            "--aware-steps trains int8 networks, received float16",
        ),
        (["-o", "a.tflite", "--tune-steps", "5", "--aware-steps", "5"], "exclude each other"),
        (["-o", "a.onnx", "--dtype", "int8"], "belong to .tflite files"),
        (["-o", "a.pb"], "received a.pb"),
    ],
)
def test_wrong_requests_are_refused(litesr, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = litesr("convert", "bicubic_x4", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_too_few_photographs_are_refused(litesr, picture, tmp_path):
    folder = picture("few/one.png").parent
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "a.tflite", "--dtype", "int8",
                    "--representative", folder)  # fmt: skip
    assert result.exit_code == 2
    assert "better 50, received 1" in result.stderr


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("std::bad_alloc"), RuntimeError("OOM when allocating")]
)
def test_running_out_of_memory_is_said(litesr, tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("keras_litesr.export.tflite.export", fail)
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "a.tflite")
    assert result.exit_code == 2
    assert "not enough memory" in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_does_not_convert_is_named_without_a_call_for_reports(litesr, tmp_path, monkeypatch):
    import keras

    low_res = keras.Input((None, None, 3), name="low_res")
    odd = keras.Model(low_res, keras.layers.Conv2D(3, 1)(keras.ops.erfinv(low_res)), name="odd")
    monkeypatch.setattr("keras_litesr.zoo.registry.network", lambda _: odd)
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "a.tflite")
    assert result.exit_code == 2
    assert "odd did not convert" in result.stderr
    assert "tf.Erfinv in the layer erfinv" in result.stderr
    assert "Unexpected" not in result.stderr
    assert not list(tmp_path.iterdir())


def test_existing_output_is_kept_unless_asked(litesr, tmp_path):
    output = tmp_path / "a.tflite"
    output.write_text("mine")
    assert "add --overwrite" in litesr("convert", "bicubic_x4", "-o", output).stderr
    assert output.read_text() == "mine"
    assert litesr("convert", "bicubic_x4", "-o", output, "--overwrite").exit_code == 0
    assert read_metadata(output)["scale"] == 4


def test_weights_of_another_model_beside_an_openvino_file_are_kept(litesr, tmp_path):
    (tmp_path / "net.bin").write_bytes(b"others")
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "net.xml")
    assert result.exit_code == 2
    assert "net.bin exists; add --overwrite" in result.stderr
    assert (tmp_path / "net.bin").read_bytes() == b"others"


def test_a_folder_of_other_files_is_kept_even_with_overwrite(litesr, tmp_path):
    (tmp_path / "mydata").mkdir()
    (tmp_path / "mydata/holiday.jpg").write_bytes(b"photo")
    result = litesr("convert", "bicubic_x4", "-o", tmp_path / "mydata", "--overwrite")
    assert result.exit_code == 2
    assert "received a folder of other files. Choose another name." in result.stderr
    assert [path.name for path in (tmp_path / "mydata").iterdir()] == ["holiday.jpg"]


@pytest.fixture
def folder(tmp_path):
    """A preset folder of one's own, signed."""
    folder = tmp_path / "mine_x4"
    shutil.copytree(preset_folder("bicubic_x4"), folder)
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    sign(folder, tmp_path / "own.pem")
    return folder


def test_a_file_in_a_preset_folder_joins_its_manifest_and_the_signature_goes(litesr, folder):
    before = manifest(folder)
    result = litesr("convert", folder, "-o", folder / "phone.tflite", "--size", "8x8")
    assert result.exit_code == 0
    assert "note: " in result.stderr
    assert "model.sig was removed" in result.stderr
    assert not (folder / "model.sig").exists()
    verified(folder, "phone.tflite")
    assert {name: manifest(folder)[name] for name in before} == before
    again = litesr("convert", folder, "-o", folder / "phone.tflite", "--size", "8x8", "--overwrite")
    assert (again.exit_code, again.stderr) == (0, "")


@pytest.mark.parametrize("name", ["results.json", "notes.txt"])
def test_an_altered_preset_folder_does_not_become_accepted(litesr, folder, name):
    (folder / name).write_text("{}")
    listing = (folder / "SHA256SUMS").read_bytes()
    result = litesr("convert", "bicubic_x4", "-o", folder / "phone.tflite")
    assert result.exit_code == 2
    assert name in result.stderr
    assert (folder / "SHA256SUMS").read_bytes() == listing
    assert (folder / "model.sig").is_file()
    assert not (folder / "phone.tflite").exists()


def test_another_model_does_not_go_into_a_preset_folder(litesr, folder, x2_preset):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    output = folder / "bicubic_x4_float32.tflite"
    result = litesr("convert", x2_preset, "-o", output, "--overwrite")
    assert result.exit_code == 2
    assert f"Expected the model of {folder}" in " ".join(result.stderr.split())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "received"),
    [(["--size", "8x8"], "float32, --size 8x8"), (["--dtype", "float16"], "float16.")],
)
def test_a_name_by_which_a_preset_runs_a_file_is_of_that_dtype(litesr, folder, options, received):
    output = folder / "bicubic_x4_float32.tflite"
    result = litesr("convert", folder, "-o", output, "--overwrite", *options)
    assert result.exit_code == 2
    message = " ".join(result.stderr.split())
    assert "Expected --dtype float32 and any size" in message
    assert f"received --dtype {received}" in message
    verified(folder, output.name)


def test_a_saved_model_does_not_go_into_a_preset_folder(litesr, folder):
    result = litesr("convert", "bicubic_x4", "-o", folder / "saved")
    assert result.exit_code == 2
    assert "holds only files. Choose a target elsewhere." in " ".join(result.stderr.split())
    assert not (folder / "saved").exists()


def test_a_folder_with_some_configuration_is_no_preset_folder(litesr, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "photos").mkdir()
    assert litesr("convert", "bicubic_x4", "-o", tmp_path / "a.tflite").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a.tflite", "config.json", "photos"}


def test_zoo_is_converted_repeatably(tmp_path, photographs, load_tool):
    from click.testing import CliRunner

    tool = load_tool("convert_zoo")
    shutil.copytree(preset_folder("bicubic_x4"), tmp_path / "zoo/bicubic_x4")
    arguments = ["--representative", str(photographs), "--saved-models", str(tmp_path / "zoo")]
    with pytest.warns(UserWarning, match="8 representative pictures are few"):
        assert CliRunner().invoke(tool.main, arguments).exit_code == 0
    with pytest.warns(UserWarning, match="8 representative pictures are few"):
        again = CliRunner().invoke(tool.main, arguments)
    assert [line.split()[-1] for line in again.stdout.splitlines()] == ["unchanged"] * 3
    for dtype in ("float32", "float16", "int8"):
        verified(tmp_path / "zoo/bicubic_x4", f"bicubic_x4_{dtype}.tflite")
