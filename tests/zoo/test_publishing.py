"""Every gap that keeps a folder from being published is found and named."""

import json
import sys

import pytest
from ai_edge_litert import schema_py_generated as schema

from keras_litesr.export.metadata import packed, read_metadata, with_metadata
from keras_litesr.zoo import folders
from keras_litesr.zoo.publishing import head_of, problems, published_files


def without_metadata(content):
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.metadata = [entry for entry in model.metadata if entry.name != b"keras_litesr"]
    return packed(model)


def rewrite(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    folders.write_manifest(folder)


def test_a_complete_folder_has_no_problems(publishable):
    assert problems(publishable) == []
    assert head_of(publishable)["license"] == "apache-2.0"


@pytest.mark.parametrize(
    "name", ["config.json", "metadata.json", "model.weights.h5", "results.json", "README.md"]
)
def test_missing_files_are_named(publishable, name):
    (publishable / name).unlink()
    assert any(name in each and "missing" in each for each in problems(publishable))
    folders.write_manifest(publishable)
    assert f"{name} is missing in SHA256SUMS." in problems(publishable)


def test_a_folder_without_tflite_is_not_complete(publishable):
    (publishable / "bicubic_x4_float32.tflite").unlink()
    folders.write_manifest(publishable)
    assert problems(publishable) == [
        "There is no NAME_float32.tflite, which runs without TensorFlow."
    ]


def test_a_secret_key_is_named_even_where_a_manifest_lists_it(publishable):
    from keras_litesr.protection import keys

    keys.generate(publishable / "owner.key", name="Ada")
    digest = folders.sha256(publishable / "owner.key")
    with (publishable / "SHA256SUMS").open("a") as file:
        file.write(f"{digest}  owner.key\n")
    (found,) = problems(publishable)
    assert "owner.key is a secret key" in found


def test_altered_files_strangers_and_links_are_named(publishable, tmp_path):
    with (publishable / "model.weights.h5").open("ab") as file:
        file.write(b"x")
    (publishable / "notes.txt").touch()
    (publishable / "README.md").rename(tmp_path / "README.md")
    (publishable / "README.md").symlink_to(tmp_path / "README.md")
    found = "\n".join(problems(publishable))
    assert "model.weights.h5 is not the file that was released" in found
    assert "notes.txt is not in SHA256SUMS" in found
    assert "README.md is no file but a link or a folder" in found


def test_what_belongs_to_git_and_a_signature_are_no_strangers(signed):
    (signed / ".git").mkdir()
    (signed / ".gitattributes").touch()
    assert problems(signed) == []
    names = [path.name for path in published_files(signed)]
    assert set(names) == {*folders.manifest(signed), "SHA256SUMS", "model.sig"}


def test_a_signature_that_every_load_would_refuse_is_a_problem(signed):
    signature = (signed / "model.sig").read_bytes()
    with (signed / "README.md").open("a") as card:
        card.write("More.\n")
    folders.write_manifest(signed)
    (signed / "model.sig").write_bytes(signature)
    (problem,) = problems(signed)
    assert "README.md is not the file that was signed" in problem
    (signed / "model.sig").write_bytes(b"")
    (problem,) = problems(signed)
    assert "model.sig is not a signature" in problem


def test_no_folder_and_no_manifest_are_problems(publishable, tmp_path):
    assert problems(tmp_path / "none") == [f"There is no folder {tmp_path / 'none'}."]
    (publishable / "SHA256SUMS").unlink()
    (problem,) = problems(publishable)
    assert "SHA256SUMS is missing" in problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("license: apache-2.0", "", "does not say license."),
        ("license: apache-2.0", "license: other", "does not say license_name."),
        ("license: apache-2.0", "license: mit", "says the licence mit, metadata.json says apache"),
        ("library_name: keras", "", "does not say library_name."),
        ("pipeline_tag: image-to-image", "", "Expected pipeline_tag: image-to-image"),
        ("model-index:", "model-indices:", "does not say model-index."),
        ("## Limits", "## Bounds", "no section 'Limits'"),
        ("## Licence", "## Licence\n\n## More", "no section 'Licence', or it is empty"),
        ("| :--", "| --", "The section 'Figures' of README.md has no table"),
        ("# bicubic_x4", "# TODO", "README.md says 'TODO'"),
        ("# bicubic_x4", "![it](picture.png)", "shows picture.png, which is not in the folder"),
        ("library_name: keras", "a: [", "is no YAML"),
        ("---\nlibrary_name", "library_name", "does not begin with a YAML head"),
    ],
)
def test_gaps_in_the_card_are_named(publishable, old, new, problem):
    rewrite(publishable, "README.md", old, new)
    assert any(problem in each for each in problems(publishable))


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("metadata.json", '"license"', '"commitment": {"sha256": 1}, "license"', "sha256 1; mark"),
        ("results.json", '"int8": {', '"int4": {', "no figures of bicubic_x4_int8.tflite; save"),
    ],
)
def test_odd_commitments_and_files_without_figures_are_named(publishable, name, old, new, problem):
    rewrite(publishable, name, old, new)
    (found,) = problems(publishable)
    assert problem in found


def test_weights_need_their_data_and_their_training(publishable):
    path = publishable / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"parameter_count": 5}))
    folders.write_manifest(publishable)
    found = problems(publishable)
    assert "The head of README.md does not say datasets." in found
    assert "README.md has no section 'Training', or it is empty." in found


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("config.json", "[" * 20_000, "does not describe a model"),
        ("config.json", "{}", "does not describe a functional Keras model"),
        ("README.md", f"---\na: {'[' * 20_000}\n---\n", "is no YAML"),
        ("README.md", "---\na: !!timestamp x\n---\n", "is no YAML"),
    ],
)
def test_what_cannot_be_read_is_a_problem(publishable, name, content, problem):
    (publishable / name).write_text(content)
    folders.write_manifest(publishable)
    (found,) = problems(publishable)
    assert problem in found


def test_a_tflite_file_of_other_terms_is_a_problem(publishable):
    assert problems(publishable) == []
    path = publishable / "bicubic_x4_int8.tflite"
    said = read_metadata(path)
    path.write_bytes(with_metadata(without_metadata(path.read_bytes()), said | {"license": "mit"}))
    folders.write_manifest(publishable)
    assert problems(publishable) == [
        "bicubic_x4_int8.tflite says the licence mit, metadata.json says apache-2.0; convert it "
        "again."
    ]


@pytest.mark.parametrize(
    ("fact", "problem"),
    [
        ({"scale": 2}, "enlarges 2 times, metadata.json says 4; save the folder anew."),
        ({"dtype": "float16"}, "holds a network in float16 for any size, expected int8"),
        ({"input_size": [16, 16]}, "holds a network in int8 for a fixed size, expected int8"),
    ],
)
def test_a_tflite_file_that_is_not_what_its_preset_says_is_a_problem(publishable, fact, problem):
    path = publishable / "bicubic_x4_int8.tflite"
    said = read_metadata(path)
    path.write_bytes(with_metadata(without_metadata(path.read_bytes()), said | fact))
    folders.write_manifest(publishable)
    (found,) = problems(publishable)
    assert f"bicubic_x4_int8.tflite {problem}" in found


@pytest.mark.parametrize(
    "content",
    [
        '{"files": {"float32": {"quality": {"Set5": {}}}}}',
        '{"command": 5, "multiply_adds": "many", "files": {"float32": {"quality": [1]}}}',
    ],
)
def test_figures_that_a_card_would_lack_are_a_problem(publishable, content):
    (publishable / "results.json").write_text(content)
    folders.write_manifest(publishable)
    (found,) = problems(publishable)
    assert "results.json lacks figures that a card shows" in found


def test_without_yaml_a_folder_is_not_blamed(publishable, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(folders.PresetError, match=r"keras_litesr\[hub\]"):
        problems(publishable)


@pytest.mark.parametrize("content", ["{}", '{"files": []}', '{"files": {"float32": null}}'])
def test_results_without_figures_are_no_results(publishable, content):
    (publishable / "results.json").write_text(content)
    folders.write_manifest(publishable)
    assert problems(publishable) == [
        "results.json has no figures of the float32 file; save with --data FOLDER."
    ]
