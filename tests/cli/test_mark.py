"""`litesr protect keygen`, `mark` and `verify`."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from keras_litesr.protection import commitments, keys, watermark
from keras_litesr.protection.signing import generate_key_pair, sign
from keras_litesr.protection.slots import MARGIN
from keras_litesr.zoo import folders


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A preset with room for a mark, and the facts of its training."""
    import keras

    from keras_litesr.models.lite import lite
    from keras_litesr.zoo.saving import save_to_preset

    keras.utils.set_random_seed(1)
    training = {"steps": 5, "patch_size": 8, "batch_size": 2, "data_list": "photos.sha256"}
    folder = tmp_path_factory.mktemp("zoo") / "owned"
    model = lite(filters=32, num_blocks=2)
    save_to_preset(model, folder, training=training, licence="cc0-1.0")
    (folder / "photos.sha256").write_text(f"{64 * '0'}  photos/a.png\n")
    folders.write_manifest(folder)
    return folder


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "owner.key"
    keys.generate(path, name="Ada Lovelace")
    return path


@pytest.fixture(scope="module")
def marked(preset, key_file, tmp_path_factory):
    from click.testing import CliRunner

    from keras_litesr.cli.main import main

    output = tmp_path_factory.mktemp("made") / "marked"
    arguments = ["protect", "mark", str(preset), "--key", str(key_file), "-o", str(output)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "marked: 256 of 256 bits match" in result.stdout
    assert f"`litesr convert {output} -o FILE.tflite`" in result.stdout
    assert "the weights were shifted only" in result.stderr
    return output


def test_keygen_makes_a_key_and_shows_its_commitment_only(litesr, tmp_path):
    result = litesr("protect", "keygen", tmp_path / "owner.key", "--name", "Ada")
    assert result.exit_code == 0
    key = keys.read(tmp_path / "owner.key")
    assert key.name == "Ada"
    assert f"commitment: {key.commitment}" in result.stdout
    assert key.secret.hex() not in result.output


def test_keygen_prints_json(litesr, tmp_path):
    made = json.loads(
        litesr("protect", "keygen", tmp_path / "owner.key", "--name", "Ada", "--json").stdout
    )
    key = keys.read(tmp_path / "owner.key")
    assert made == {
        "key": str(tmp_path / "owner.key"),
        "owner": "Ada",
        "commitment": key.commitment,
    }
    pair = json.loads(litesr("protect", "keygen", "--pair", tmp_path / "r", "--json").stdout)
    public = (tmp_path / "r.pub").read_bytes()
    assert pair["fingerprint"] == hashlib.sha256(public).hexdigest()


def test_keygen_makes_a_pair_for_signatures(litesr, tmp_path):
    result = litesr("protect", "keygen", "--pair", tmp_path / "release")
    assert result.exit_code == 0
    assert (tmp_path / "release.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert (tmp_path / "release.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either PATH for an owner key, or --pair"),
        (["a.key", "--pair", "b", "--name", "Ada"], "either PATH"),
        (["a.key"], "An owner key needs a name"),
        (["--pair", "b", "--name", "Ada"], "a key pair has none"),
        (["a.key", "--name", "a name of more than 16"], "received 'a name of more than 16' of 22"),
    ],
)
def test_keygen_refuses(litesr, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = litesr("protect", "keygen", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["owner.key", "--name", "Ada"], ["--pair", "own"]])
def test_keygen_makes_no_key_in_a_preset_folder(litesr, arguments, tmp_path, monkeypatch):
    for name in ("SHA256SUMS", "metadata.json"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    result = litesr("protect", "keygen", *arguments)
    assert result.exit_code == 2
    assert "everything is published" in result.stderr
    assert len(list(tmp_path.iterdir())) == 2


def test_keygen_keeps_an_existing_key(litesr, key_file):
    before = key_file.read_bytes()
    result = litesr("protect", "keygen", key_file, "--name", "Eve")
    assert result.exit_code == 2
    assert "is not replaced" in result.stderr
    assert key_file.read_bytes() == before


def test_marked_folder_is_a_preset_with_commitment_and_training(marked, preset, key_file):
    facts = folders.metadata(marked)
    assert facts["training"] == folders.metadata(preset)["training"]
    assert facts["license"] == folders.metadata(preset)["license"] == "cc0-1.0"
    assert facts["name"] == "marked"
    assert facts["commitment"]["marking"] == {"margin": MARGIN, "steps": 0}
    key = keys.read(key_file)
    assert facts["commitment"]["sha256"] == key.commitment == commitments.read(marked)
    assert commitments.read(preset) is None
    assert key.secret.hex() not in "".join(
        path.read_text() for path in marked.iterdir() if path.suffix in (".json", "")
    )
    for name in (folders.CONFIG, folders.METADATA, folders.WEIGHTS):
        folders.verified(marked, name)


def test_the_list_of_photos_goes_along(marked, preset):
    listed = folders.verified(marked, "photos.sha256")
    assert listed.read_bytes() == (preset / "photos.sha256").read_bytes()


def test_the_list_that_was_verified_is_the_one_that_goes_along(preset, tmp_path, monkeypatch):
    from keras_litesr.cli.marking import copy_photo_list

    origin, read = shutil.copytree(preset, tmp_path / "origin"), folders.unchecked

    def alter_what_was_read(folder, name):
        content = read(folder, name)
        if name == "photos.sha256":
            (folder / name).write_bytes(b"altered")
        return content

    monkeypatch.setattr(folders, "unchecked", alter_what_was_read)
    copy_photo_list(origin, tmp_path, {"data_list": "photos.sha256"})
    honest = (preset / "photos.sha256").read_bytes()
    assert (tmp_path / "photos.sha256").read_bytes() == honest


@pytest.mark.parametrize("name", ["../owned/photos.sha256", "missing.sha256", "config.json", 7])
def test_no_other_file_is_taken_for_the_list_of_photos(preset, tmp_path, name):
    from keras_litesr.cli.marking import copy_photo_list

    (tmp_path / "config.json").write_text("of the marked model")
    copy_photo_list(preset, tmp_path, {"data_list": name})
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
    assert (tmp_path / "config.json").read_text() == "of the marked model"


def test_verify_answers_yes_and_no(litesr, marked, preset, key_file):
    yes = litesr("protect", "verify", marked, "--key", key_file)
    assert yes.exit_code == 0
    assert "marked: 256 of 256 bits match" in yes.stdout
    assert "without a commitment" in yes.stdout
    no = litesr("protect", "verify", preset, "--key", key_file)
    assert no.exit_code == 1
    assert "not shown" in no.stdout


def test_verify_in_json_with_a_reference_that_commits(litesr, marked, key_file):
    result = litesr("protect", "verify", marked, "--key", key_file, "--reference", marked, "--json")
    assert result.exit_code == 0
    row = json.loads(result.stdout)
    assert row["answer"] == "marked" and row["committed"] and row["limit"] == 1e-6
    assert (row["matching"], row["slots"], row["owner"]) == (256, 256, "Ada Lovelace")


def test_published_commitment_counts_if_it_is_the_keys(litesr, marked, key_file):
    published = keys.read(key_file).commitment
    arguments = ("protect", "verify", marked, "--key", key_file, "--commitment")
    assert "key committed" in litesr(*arguments, published.upper()).stdout
    other = litesr(*arguments, "0" * 64)
    assert other.exit_code == 2
    assert "this is not the key that was committed to" in other.stderr
    assert "64 hexadecimal digits" in litesr(*arguments, "abc").stderr


def test_commitment_of_another_key_does_not_count(litesr, marked, tmp_path):
    keys.generate(tmp_path / "eve.key", name="Eve")
    arguments = ("verify", marked, "--key", tmp_path / "eve.key", "--reference", marked)
    result = litesr("protect", *arguments)
    assert result.exit_code == 1
    assert "bears the commitment of another key" in result.stderr
    assert "without a commitment" in result.stdout


@pytest.mark.parametrize(
    ("renewed", "message"), [(False, "SHA-256"), (True, "not the file that was signed")]
)
def test_reference_that_was_altered_commits_to_nothing(
    litesr, marked, preset, key_file, tmp_path, renewed, message
):
    generate_key_pair(tmp_path / "release.pem", tmp_path / "release.pub")
    reference = shutil.copytree(marked, tmp_path / "reference")
    signature = sign(reference, tmp_path / "release.pem").read_bytes()
    shutil.copy(preset / folders.WEIGHTS, reference)
    if renewed:
        folders.write_manifest(reference)
        (reference / folders.SIGNATURE).write_bytes(signature)
    result = litesr("protect", "verify", marked, "--key", key_file, "--reference", reference)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    (reference / folders.WEIGHTS).write_bytes(b"altered")
    with pytest.raises(folders.PresetError, match="SHA-256"):
        watermark.verify(marked, keys.read(key_file), reference=reference)


def test_what_cannot_be_told_is_two(litesr, marked, key_file, tmp_path, x2_preset):
    (tmp_path / "bad.tflite").write_bytes(b"no model")
    damaged = tmp_path / "damaged.key"
    damaged.write_text("{}")
    damaged.chmod(0o600)
    for arguments, message in [
        ([tmp_path / "bad.tflite", "--key", key_file], "Expected a TFLite file"),
        ([tmp_path / "none.tflite", "--key", key_file], "is no file"),
        (["no_such_preset", "--key", key_file], "no model named"),
        ([marked, "--key", damaged], "Expected an owner key"),
        ([marked, "--key", tmp_path / "none.key"], "is no file"),
        ([x2_preset, "--key", key_file], "weights in convolutions other than depthwise"),
        (["lite_psnr_x4", "--key", key_file, "--reference", marked], "architecture of the ref"),
    ]:
        result = litesr("protect", "verify", *arguments)
        assert result.exit_code == 2, result.output
        assert message in result.stderr


def test_small_photos_do_not_shrink_what_the_price_is_measured_on():
    from keras_litesr.cli.marking import measurable

    pictures = [np.zeros((side, 100, 3), np.uint8) for side in (100, 12, 96)]
    assert [each.shape[0] for each in measurable(pictures, 4)] == [100, 96]


def test_mark_refuses_photos_too_small_to_measure_on_before_it_trains(
    litesr, preset, key_file, tmp_path, picture
):
    small = picture("small/icon.png", 12, 12).parent
    arguments = ["--key", key_file, "-o", tmp_path / "a", "--validation", small]
    result = litesr("protect", "mark", preset, *arguments)
    assert result.exit_code == 2
    assert "at least 96x96 pixels for validation, received 1, none that large" in result.stderr
    assert not (tmp_path / "a").exists()


def test_mark_refuses_before_it_works(litesr, preset, key_file, tmp_path, marked):
    for arguments, message in [
        ([preset, "--key", key_file, "-o", marked], "add --overwrite"),
        ([preset, "--key", tmp_path / "none", "-o", tmp_path / "a"], "is no file"),
        (["no_such", "--key", key_file, "-o", tmp_path / "a"], "no model named"),
        ([preset, "--key", key_file, "-o", tmp_path / "a", "--data", tmp_path], "found none"),
        ([preset, "--key", key_file, "-o", tmp_path / "a", "--steps", "3"], "with --data"),
        ([preset, "--key", key_file, "-o", "."], "a name that a model can have, received '.'"),
        ([preset, "--key", key_file, "-o", tmp_path / "a:b"], "a name that a model can have"),
        ([preset, "--key", key_file, "-o", tmp_path / "a", "--seed", "-1"], "not in the range"),
        ([preset, "--key", key_file, "-o", tmp_path / "a", "--seed", 2**31], "not in the range"),
        (["bicubic_x4", "--key", key_file, "-o", tmp_path / "a"], "received 0, in which 0"),
    ]:
        result = litesr("protect", "mark", *arguments)
        assert result.exit_code == 2, result.output
        assert message in result.stderr
    assert not (tmp_path / "a").exists()


def test_help_names_the_defaults_that_there_are(litesr):
    from keras_litesr.protection.slots import MARGIN
    from keras_litesr.protection.watermark import STEPS

    page = " ".join(litesr("protect", "mark", "--help").stdout.split())
    assert f"[default: {STEPS}]" in page and f"[default: {MARGIN:g}]" in page


@pytest.mark.slow
def test_mark_with_pictures_trains_and_prints_the_price(
    litesr, picture, preset, key_file, tmp_path
):
    for folder in ("photos", "more", "validation"):
        picture(f"{folder}/one.png", 100, 96)
    result = litesr(
        *("protect", "mark", preset, "--key", key_file, "-o", tmp_path / "trained"),
        *("--data", tmp_path / "photos", tmp_path / "more", "--steps", 3),
        *("--validation", tmp_path / "validation", "--margin", 2),
    )
    assert result.exit_code == 0, result.output
    assert "marked: 256 of 256 bits match" in result.stdout
    before, after, price = (
        float(word) for word in result.stdout.replace(",", "").split() if _is_number(word)
    )
    assert price == pytest.approx(before - after, abs=2e-3)
    marking = folders.metadata(tmp_path / "trained")["commitment"]["marking"]
    assert (marking["margin"], marking["steps"]) == (2, 3)
    assert marking["validation_psnr"] == pytest.approx([before, after], abs=1e-3)


def _is_number(word):
    return word.count(".") == 1 and word.replace(".", "").replace("-", "").isdigit()


def test_folder_of_another_scheme_is_refused(marked, tmp_path):
    import shutil

    copy = shutil.copytree(marked, tmp_path / "copy")
    facts = json.loads((copy / "metadata.json").read_text())
    facts["commitment"]["scheme"] = "another 9"
    (copy / "metadata.json").write_text(json.dumps(facts))
    folders.write_manifest(copy)
    with pytest.raises(folders.PresetError, match="another 9"):
        commitments.read(copy)


def test_a_mark_that_does_not_hold_makes_no_folder(litesr, preset, key_file, tmp_path):
    from keras_litesr.zoo.registry import load
    from keras_litesr.zoo.saving import save_to_preset

    model = load(preset)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    empty = save_to_preset(model, tmp_path / "empty")
    output = tmp_path / "marked"
    result = litesr("protect", "mark", empty, "--key", key_file, "-o", output)
    assert result.exit_code == 2
    assert "note: 100% of the weights are zero" in result.stderr
    assert "0 of 256 bits match afterwards; nothing was made" in result.stderr
    assert not output.exists()


def test_mark_prints_json(litesr, preset, key_file, tmp_path, picture):
    output = tmp_path / "marked"
    for index in range(20):
        others = picture(f"others/{index}.png", 96, 96).parent
    (others / "broken.png").write_bytes(b"no picture")
    arguments = ("-o", output, "--validation", others, "--json")
    result = litesr("protect", "mark", preset, "--key", key_file, *arguments)
    row = json.loads(result.stdout)
    assert "left out: 1 of 21 files" in result.stderr
    assert (row["preset"], row["matching"], row["slots"]) == (str(output), 256, 256)
    assert row["commitment"] == commitments.read(output)
    assert len(row["psnr"]) == 2
