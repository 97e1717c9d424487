"""Cards: what their author says, what was measured, and a head that the hubs read."""

import json
import shutil

import pytest
from huggingface_hub import ModelCard, metadata_load

from keras_litesr.cli.compression import _facts as pruning_facts
from keras_litesr.zoo import cards, folders
from keras_litesr.zoo.card_facts import Card, card_of
from keras_litesr.zoo.folders import PresetError

FACTS = {
    "title": "mine_x4",
    "summary": "A network: small.",
    "use": "Enlarging maps.",
    "limits": "Not for faces.",
    "degradation": "It expects maps reduced by averaging.",
    "licence": "cc-by-4.0",
    "data": "My maps, CC BY 4.0.",
    "datasets": ["maps", "no"],
    "command": "litesr train mine --data maps",
    "hardware": "one hour of two cores",
    "tags": ["lite"],
}


@pytest.fixture
def folder(publishable):
    """A measured model with weights, as far as a card reads it; its training is not recorded."""
    change_json(publishable / "metadata.json", name="mine_x4", parameter_count=1234)
    (publishable / "README.md").unlink()
    folders.write_manifest(publishable)
    return publishable


def change_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def without(*names):
    return {name: value for name, value in FACTS.items() if name not in names}


def test_card_says_what_its_author_says_and_what_was_measured(folder):
    cards.write_own_card(folder, FACTS)
    text = (folder / "README.md").read_text()
    for fact in (
        "# mine_x4\n\nA network: small.",
        "## Use\n\nEnlarging maps. It expects maps reduced by averaging.",
        "## Limits\n\nNot for faces.",
        "1,234 parameters",
        "| Set5 | standard | 28.43 | 0.8113 |",
        "`litesr train mine --data maps`\n\nTrained on one hour of two cores.",
        "Data: My maps, CC BY 4.0.",
        "## Licence\n\n`cc-by-4.0`. The code that runs it",
        "keras_litesr.load(address)",
    ):
        assert fact in text


def test_head_is_what_the_hubs_client_reads(folder):
    cards.write_own_card(folder, FACTS | {"tags": ["lite", "x4"]})
    assert metadata_load(folder / "README.md")["pipeline_tag"] == "image-to-image"
    data = ModelCard.load(folder / "README.md").data
    assert data.library_name == "keras"
    assert data.license == "cc-by-4.0"
    assert data.tags == ["super-resolution", "keras", "tflite", "x4", "lite"]
    assert data.datasets == ["maps", "no"]
    assert data.metrics == ["psnr", "ssim"]
    assert data.model_name == "mine_x4"
    figures = {
        (each.dataset_name, each.metric_type): each.metric_value for each in data.eval_results
    }
    assert figures["Set5", "psnr"] == 28.43
    assert figures["BSD100", "ssim"] == 0.6682


@pytest.mark.parametrize("odd", ['"', "a: b", "- x", "é #1", "yes", "1.5", "\\n", "{a}", "@a", "~"])
def test_head_holds_any_text(folder, odd):
    other = {"licence": "other", "licence_name": odd, "licence_link": "LICENSE"}
    cards.write_own_card(folder, FACTS | other | {"tags": [odd], "datasets": [odd]})
    head = metadata_load(folder / "README.md")
    assert head["license_name"] == odd
    assert head["datasets"] == [odd]
    assert odd in head["tags"]


@pytest.mark.parametrize("name", [name for name in FACTS if name != "tags"])
def test_an_incomplete_card_is_refused_and_the_gap_named(folder, name):
    for gap in (without(name), FACTS | {name: [] if name == "datasets" else "  "}):
        with pytest.raises(PresetError, match=rf"does not say {name}\."):
            cards.write_own_card(folder, gap)
    assert not (folder / "README.md").exists()


def test_all_gaps_are_named_at_once(folder):
    with pytest.raises(PresetError, match=r"does not say use, limits\."):
        cards.write_own_card(folder, without("use", "limits"))
    with pytest.raises(PresetError, match=r"does not say licence_name, licence_link, data\."):
        cards.write_own_card(folder, without("data") | {"licence": "other"})


def test_a_model_without_weights_needs_no_data_and_no_training(folder):
    change_json(folder / "metadata.json", parameter_count=0)
    cards.write_own_card(folder, without("data", "datasets", "command", "hardware"))
    text = (folder / "README.md").read_text()
    assert "## Training" not in text
    assert "datasets:" not in text


def test_recorded_training_stands_for_the_command(folder):
    recorded = json.loads((folders.preset_folder("lite_psnr_x4") / "metadata.json").read_text())
    change_json(folder / "metadata.json", training=recorded["training"])
    cards.write_own_card(folder, without("command", "hardware"))
    text = (folder / "README.md").read_text()
    assert recorded["training"]["command"] in text
    assert f"{recorded['training']['steps']:,} steps" in text
    assert f"The loss is `{recorded['training']['loss']}`." in " ".join(text.split())


def test_a_training_whose_numbers_are_none_does_not_stand_for_the_command(folder):
    recorded = folders.metadata(folders.preset_folder("lite_psnr_x4"))["training"]
    change_json(folder / "metadata.json", training=recorded | {"steps": "many"})
    with pytest.raises(PresetError, match="does not say command, hardware"):
        cards.write_own_card(folder, without("command", "hardware"))


def test_what_the_author_says_of_the_training_wins_over_what_is_recorded(folder):
    recorded = folders.metadata(folders.preset_folder("lite_psnr_x4"))["training"]
    change_json(folder / "metadata.json", training=recorded)
    cards.write_own_card(folder, FACTS)
    text = (folder / "README.md").read_text()
    assert "`litesr train mine --data maps`\n\nTrained on one hour of two cores." in text
    assert recorded["command"] not in text
    with pytest.raises(PresetError, match=r"does not say hardware\."):
        cards.write_own_card(folder, without("hardware"))


def test_a_pruned_model_takes_command_and_hardware_from_its_author(folder):
    source = folders.preset_folder("lite_tiny_x4")
    options = {"sparsity": None, "keep_filters": 0.75, "steps": 20, "learning_rate": 5e-4}
    change_json(folder / "metadata.json", training=pruning_facts(source, options | {"seed": 0}))
    with pytest.raises(PresetError, match=r"does not say command, hardware\."):
        cards.write_own_card(folder, without("command", "hardware"))
    cards.write_own_card(folder, FACTS)
    text = (folder / "README.md").read_text()
    assert "`litesr train mine --data maps`\n\nTrained on one hour of two cores." in text


@pytest.mark.parametrize("gap", ["note", "patch_size", "critic_steps"])
def test_training_with_a_gap_does_not_stand_for_the_command(folder, gap):
    recorded = folders.metadata(folders.preset_folder("lite_x4"))["training"]
    del recorded[gap]
    change_json(folder / "metadata.json", training=recorded)
    with pytest.raises(PresetError, match=r"does not say command, hardware\."):
        cards.write_own_card(folder, without("command", "hardware"))
    cards.write_own_card(folder, FACTS)
    assert "Trained on one hour of two cores." in (folder / "README.md").read_text()


def test_adversarial_training_names_weights_and_start(folder):
    recorded = json.loads((folders.preset_folder("lite_psnr_x4") / "metadata.json").read_text())
    adversarial = {
        "kind": "wgan_gp",
        "start": "lite_psnr_x4",
        "adversarial_weight": 0.001,
        "pixel_weight": 1.0,
        "critic_steps": 2,
        "critic_warmup_steps": 80,
        "loss": "l2",
    }
    change_json(folder / "metadata.json", training=recorded["training"] | adversarial)
    cards.write_own_card(folder, without("command", "hardware"))
    text = " ".join((folder / "README.md").read_text().split())
    assert "Wasserstein GAN with gradient penalty, 2 critic steps a step" in text
    assert "adversarial weight 0.001 (0 in the first 80 steps), pixel weight 1 with the" in text
    assert "It began with the weights of lite_psnr_x4." in text
    assert "which had the best PSNR" not in text


def test_a_model_that_was_not_measured_gets_a_card_that_says_so(folder):
    (folder / "results.json").unlink()
    cards.write_own_card(folder, FACTS)
    text = " ".join((folder / "README.md").read_text().split())
    assert "Its quality was not measured." in text
    assert "model-index" not in text


def test_facts_are_kept_so_that_the_card_can_be_made_again(folder):
    cards.write_own_card(folder, FACTS)
    first = (folder / "README.md").read_text()
    kept = folders.metadata(folder)["card"]
    cards.write_own_card(folder, kept)
    assert (folder / "README.md").read_text() == first


def test_the_manifest_covers_the_card(folder):
    cards.write_own_card(folder, FACTS)
    for name in ("README.md", "metadata.json"):
        folders.verified(folder, name)


def test_a_picture_is_copied_and_shown(folder, tmp_path):
    picture = tmp_path / "other.png"
    picture.write_bytes(b"a picture")
    cards.write_own_card(folder, Card(**card_of(FACTS).__dict__ | {"picture": str(picture)}))
    assert (folder / "comparison.png").read_bytes() == b"a picture"
    assert "](comparison.png)" in (folder / "README.md").read_text()
    with pytest.raises(PresetError, match=r"Expected a PNG file.*photo\.jpg"):
        cards.write_own_card(folder, FACTS | {"picture": "photo.jpg"})
    with pytest.raises(PresetError, match=r"no picture .*none\.png"):
        cards.write_own_card(folder, FACTS | {"picture": str(tmp_path / "none.png")})


def test_unknown_facts_and_other_kinds_are_refused(folder):
    with pytest.raises(PresetError, match="received also license"):
        cards.write_own_card(folder, FACTS | {"license": "mit"})
    with pytest.raises(PresetError, match="a text as use of the card, received 7"):
        cards.write_own_card(folder, FACTS | {"use": 7})
    with pytest.raises(PresetError, match="a list of texts as datasets"):
        cards.write_own_card(folder, FACTS | {"datasets": "maps"})


def test_a_folder_without_metadata_is_refused(tmp_path):
    with pytest.raises(PresetError, match=r"holds no metadata\.json"):
        cards.write_own_card(tmp_path, FACTS)


def test_cards_of_the_zoo_name_their_licence_and_data(tmp_path):
    folder = tmp_path / "srresnet_x4"
    shutil.copytree(folders.preset_folder("srresnet_x4"), folder)
    cards.write_card("srresnet_x4", folder)
    data = ModelCard.load(folder / "README.md").data
    assert (data.license, data.datasets) == ("cc-by-sa-4.0", ["cid22"])


def test_card_says_how_the_owners_mark_came_in_and_what_it_cost(folder):
    marking = {"margin": 1.5, "steps": 1000, "validation_psnr": [30.351, 30.335]}
    change_json(folder / "metadata.json", commitment={"sha256": 64 * "0", "marking": marking})
    folders.write_manifest(folder)
    cards.write_own_card(folder, FACTS)
    text = " ".join((folder / "README.md").read_text().split())
    assert (
        "marked by `litesr protect mark --margin 1.5 --steps 1000`, from 30.351 to 30.335" in text
    )
    assert "Whoever is shown the owner's key can read it" in text
    assert "Where the folder `mine_x4` is signed, `litesr protect check ./mine_x4 --pub" in text
    lost = {"sha256": 64 * "0", "marking": {**marking, "seed": 1}, "key_lost": True}
    change_json(folder / "metadata.json", commitment=lost)
    folders.write_manifest(folder)
    cards.write_own_card(folder, FACTS)
    text = " ".join((folder / "README.md").read_text().split())
    assert "key has been lost since, so that nobody can read it any more" in text
    assert "Whoever is shown" not in text
    assert "--steps 1000 --seed 1`" in text
