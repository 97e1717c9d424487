"""The README's tables: quality, and what a critic changed."""

from dataclasses import replace

from keras_litesr.zoo.card_tables import critic_tables, quality_table
from keras_litesr.zoo.presets import PRESETS


def figures(psnr, energy, gmsd, data="Set5"):
    quality = {
        "standard": {"psnr": psnr},
        "sharpness": {"high_frequency_energy": energy, "gmsd": gmsd},
    }
    return {"files": {"float32": {"quality": {data: quality}}}}


RESULTS = {"soft_x4": figures(31.5, 0.4, 0.05), "sharp_x4": figures(31.25, 0.5, 0.0625)}
SHARP = {"training": {"start": "soft_x4", "adversarial_weight": 1e-3}}


def test_terms_stand_beside_the_figures():
    row = PRESETS["bicubic_x4"]
    presets = {
        "free_x4": replace(row, licence="cc0-1.0"),
        "kept_x4": replace(row, licence="cc-by-4.0"),
    }
    measured = figures(31.5, 0.4, 0.05) | {"multiply_adds": 2e6}
    measured["files"]["float32"]["quality"]["Set5"]["standard"]["ssim"] = 0.9
    table = quality_table(
        presets,
        {name: {"parameter_count": 1234} for name in presets},
        dict.fromkeys(presets, measured),
    )
    assert table.splitlines() == [
        "| model | terms | parameters | multiply-adds | Set5 |",
        "| :-- | --: | --: | --: | --: |",
        "| [free_x4](saved_models/free_x4/README.md) | cc0-1.0 | 1,234 | 2 M | 31.50 / 0.9000 |",
        "| [kept_x4](saved_models/kept_x4/README.md) | cc-by-4.0 | 1,234 | 2 M | 31.50 / 0.9000 |",
    ]


def test_a_critics_model_stands_beside_its_start():
    table = critic_tables(
        {"bicubic_x4": {}, "soft_x4": {"training": {}}, "sharp_x4": SHARP}, RESULTS
    )
    assert table.splitlines() == [
        "| from soft_x4 to sharp_x4 | Set5 |",
        "| :-- | --: |",
        "| PSNR (dB) | 31.50 to 31.25 (-0.25) |",
        "| high-frequency energy | 0.400 to 0.500 (x 1.25) |",
        "| GMSD | 0.0500 to 0.0625 |",
    ]


def test_pixel_trainings_and_starts_outside_the_zoo_have_no_table():
    pixel = {"training": {"start": "soft_x4", "loss": "l1"}}
    stranger = {"training": {"start": "runs/other", "adversarial_weight": 1e-3}}
    assert not critic_tables({"soft_x4": {"training": {}}, "sharp_x4": pixel}, RESULTS)
    assert not critic_tables({"soft_x4": {"training": {}}, "sharp_x4": stranger}, RESULTS)


def test_a_set_that_only_one_of_the_two_was_measured_on_is_left_out():
    wider = figures(31.25, 0.5, 0.0625)
    more = figures(28, 0.3, 0.08, data="Set14")["files"]["float32"]["quality"]
    wider["files"]["float32"]["quality"] |= more
    results = {**RESULTS, "sharp_x4": wider}
    facts = {"soft_x4": {"training": {}}, "sharp_x4": SHARP}
    assert critic_tables(facts, results) == critic_tables(facts, RESULTS)
