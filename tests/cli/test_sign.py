import json
import shutil
from pathlib import Path

import pytest

from keras_litesr.protection import commitments, keys
from keras_litesr.protection.signing import generate_key_pair
from keras_litesr.zoo import folders


@pytest.fixture
def folder(tmp_path):
    """A copy of a preset of the zoo, as it was before it was released."""
    folder = tmp_path / "mine_x4"
    shutil.copytree(folders.preset_folder("bicubic_x4"), folder)
    facts = folders.metadata(folder)
    facts.pop("commitment", None)
    (folder / "metadata.json").write_text(json.dumps(facts))
    folders.write_manifest(folder)
    (folder / "model.sig").unlink(missing_ok=True)
    return folder


@pytest.fixture
def pair(tmp_path):
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    return tmp_path / "own.pem", tmp_path / "own.pub"


@pytest.fixture
def signed(litesr, folder, pair):
    result = litesr("protect", "sign", folder, "--private-key", pair[0])
    assert result.exit_code == 0, result.output
    return folder


def test_a_signed_folder_is_a_yes_with_its_key(litesr, signed, pair):
    fingerprint = folders.sha256(pair[1])
    result = litesr("protect", "check", signed, "--public-key", pair[1])
    assert result.exit_code == 0
    assert result.stdout == (
        f"folder:     {signed}\n"
        f"manifest:   ok, {len(folders.manifest(signed))} files\n"
        f"signature:  ok, by the key {fingerprint}\n"
        "commitment: none\nanswer:     yes\n"
    )


def test_without_a_key_that_is_known_nothing_can_be_told(litesr, folder, signed, tmp_path):
    result = litesr("protect", "check", signed)
    assert result.exit_code == 2
    assert "which is not the zoo's; name yours with --public-key" in result.stdout
    (folder / "model.sig").unlink()
    result = litesr("protect", "check", folder)
    assert result.exit_code == 2
    assert "signature:  none" in result.stdout


def test_another_key_than_the_named_one_is_a_no(litesr, signed, tmp_path):
    generate_key_pair(tmp_path / "other.pem", tmp_path / "other.pub")
    result = litesr("protect", "check", signed, "--public-key", tmp_path / "other.pub")
    assert result.exit_code == 1
    assert "not by the key that you named" in result.stdout
    (signed / "model.sig").unlink()
    result = litesr("protect", "check", signed, "--public-key", tmp_path / "other.pub")
    assert result.exit_code == 1


def test_an_altered_file_is_a_no_that_names_it(litesr, signed, pair):
    with (signed / "results.json").open("a") as file:
        file.write(" ")
    result = litesr("protect", "check", signed, "--public-key", pair[1])
    assert result.exit_code == 1
    assert "results.json is not the file that was released" in result.stdout
    signature = (signed / "model.sig").read_bytes()
    folders.write_manifest(signed)
    (signed / "model.sig").write_bytes(signature)
    result = litesr("protect", "check", signed, "--public-key", pair[1])
    assert result.exit_code == 1
    assert "results.json is not the file that was signed: expected SHA-256" in result.stdout


def test_the_commitment_is_shown_and_confirmed(litesr, folder, pair, tmp_path):
    owner = keys.generate(tmp_path / "owner.key", name="Ada")
    keys.generate(tmp_path / "other.key", name="Bob")
    commitments.write(folder, owner)
    litesr("protect", "sign", folder, "--private-key", pair[0])
    check = ["protect", "check", folder, "--public-key", pair[1]]
    assert f"commitment: {owner.commitment}\n" in litesr(*check).stdout
    result = litesr(*check, "--key", tmp_path / "owner.key")
    assert result.exit_code == 0
    assert "of the key of Ada" in result.stdout
    result = litesr(*check, "--key", tmp_path / "other.key")
    assert result.exit_code == 1
    assert "not of the key of Bob" in result.stdout


def test_a_missing_commitment_is_a_no_for_who_asks(litesr, signed, pair, tmp_path):
    keys.generate(tmp_path / "owner.key", name="Ada")
    check = ["protect", "check", signed, "--public-key", pair[1], "--key", tmp_path / "owner.key"]
    result = litesr(*check)
    assert result.exit_code == 1
    assert "was not committed to here" in result.stdout


def test_json(litesr, signed, pair):
    result = litesr("protect", "check", signed, "--public-key", pair[1], "--json")
    report = json.loads(result.stdout)
    assert report["answer"] == "yes"
    assert report["signature"]["value"] == folders.sha256(pair[1])
    assert report["commitment"]["value"] is None
    result = litesr("protect", "sign", signed, "--private-key", pair[0], "--json")
    assert json.loads(result.stdout)["key"] == folders.sha256(pair[1])


def test_signing_takes_a_folder_and_never_a_zoo_name(litesr, folder, pair, monkeypatch, tmp_path):
    shutil.move(folder, tmp_path / "bicubic_x4")
    monkeypatch.chdir(tmp_path)
    bundled = folders.preset_folder("bicubic_x4")
    before = {path.name: path.read_bytes() for path in bundled.iterdir()}
    assert litesr("protect", "sign", "bicubic_x4", "--private-key", pair[0]).exit_code == 0
    assert (tmp_path / "bicubic_x4" / "model.sig").is_file()
    assert {path.name: path.read_bytes() for path in bundled.iterdir()} == before


def test_check_looks_at_the_folder_rather_than_the_zoo_and_says_so(
    litesr, folder, monkeypatch, tmp_path
):
    bundled = folders.preset_folder("bicubic_x4")
    monkeypatch.chdir(tmp_path)
    assert f"folder:     {bundled}\n" in litesr("protect", "check", "bicubic_x4").stdout
    shutil.move(folder, "bicubic_x4")
    Path("bicubic_x4", "results.json").write_text("{}")
    result = litesr("protect", "check", "bicubic_x4")
    assert result.exit_code == 1
    assert result.stdout.startswith("folder:     bicubic_x4\nmanifest:   bicubic_x4/results.json")


def test_wrong_usage_is_one_line_and_ends_with_2(litesr, folder, pair, tmp_path):
    for arguments, message in [
        (["check", "nonsense"], "There is no model named"),
        (["check", tmp_path], "holds no config.json"),
        (["check", folder, "--public-key", pair[0]], "Expected a public key"),
        (["sign", folder, "--private-key", pair[1]], "Expected a private key"),
        (["sign", folder, "--private-key", tmp_path / "none"], "does not exist"),
        (["sign", folder], "Missing option '--private-key'"),
    ]:
        result = litesr("protect", *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert "Traceback" not in result.output
