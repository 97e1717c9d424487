from functools import partial

import numpy as np
import pytest
from PIL import Image

from keras_litesr.evaluation.benchmark import (
    Measurements,
    Pair,
    check_pairs,
    evaluate,
    find_pairs,
)
from keras_litesr.evaluation.protocols import PAPER, SHARPNESS, STANDARD
from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.images.resize import enlarge, enlarge_shifted, reduce

bicubic = partial(enlarge, scale=4)


def shifted(low_res):
    return to_uint8(enlarge_shifted(to_float(low_res), 4))


@pytest.fixture
def picture(rng):
    return rng.integers(0, 256, (45, 50, 3), np.uint8)


def save(image, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def test_folder_of_references_is_reduced(tmp_path, picture):
    save(picture, tmp_path / "b.png")
    save(picture[:, ::-1], tmp_path / "a.png")
    pairs = find_pairs(tmp_path)
    assert pairs == [Pair(tmp_path / "a.png"), Pair(tmp_path / "b.png")]
    low_res, high_res = pairs[1].read(4)
    np.testing.assert_array_equal(high_res, picture[:44, :48])
    np.testing.assert_array_equal(low_res, reduce(picture, 4))


def test_pair_of_folders_is_found_and_preferred(tmp_path, picture):
    high_res = save(picture, tmp_path / "high_res" / "a.png")
    low_res = save(picture[:11, :12], tmp_path / "low_res_x4" / "a.png")
    assert find_pairs(tmp_path) == [Pair(high_res, low_res)]
    np.testing.assert_array_equal(find_pairs(tmp_path)[0].read(4)[0], picture[:11, :12])
    assert find_pairs(tmp_path, scale=2) == [Pair(high_res)]
    assert find_pairs(tmp_path / "high_res") == [Pair(high_res)]


def test_explicit_folder_wins_and_names_may_carry_the_scale(tmp_path, picture):
    high_res = save(picture, tmp_path / "high_res" / "a.png")
    save(picture, tmp_path / "low_res_x4" / "a.png")
    low_res = save(picture[:11, :12], tmp_path / "other" / "ax4.bmp")
    assert find_pairs(tmp_path, low_res=tmp_path / "other") == [Pair(high_res, low_res)]


def test_two_partners_are_refused(tmp_path, picture):
    save(picture, tmp_path / "high_res" / "a.png")
    save(picture, tmp_path / "low_res_x4" / "a.png")
    save(picture, tmp_path / "low_res_x4" / "ax4.png")
    with pytest.raises(ValueError, match=r"found a\.png and ax4\.png"):
        find_pairs(tmp_path)


def test_references_of_one_name_are_refused(tmp_path, picture):
    for name in ("high_res/a.png", "high_res/a.bmp", "low_res_x4/a.png"):
        save(picture, tmp_path / name)
    with pytest.raises(ValueError, match=r"found \S+a\.bmp and \S+a\.png\. Rename one"):
        find_pairs(tmp_path)
    assert len(find_pairs(tmp_path / "high_res")) == 2


def test_a_name_that_ends_as_the_scale_does_is_its_own_partner(tmp_path, picture):
    high_res = [save(picture, tmp_path / "hr" / f"{name}.png") for name in ("linu", "linux4")]
    low_res = [save(picture, tmp_path / "lr" / f"{name}.png") for name in ("linu", "linux4")]
    pairs = [Pair(*each) for each in zip(high_res, low_res, strict=True)]
    assert find_pairs(tmp_path / "hr", low_res=tmp_path / "lr") == pairs


def test_missing_partners_are_named(tmp_path, picture):
    for name in ("a", "b", "c"):
        save(picture, tmp_path / "high_res" / f"{name}.png")
    save(picture, tmp_path / "low_res_x4" / "b.png")
    with pytest.raises(ValueError, match=r"found none for a\.png, c\.png\. Add them"):
        find_pairs(tmp_path)


def test_a_set_is_found_by_its_name(tmp_path, picture, monkeypatch):
    folder = tmp_path / "evaluation" / "Set5"
    high_res = save(picture, folder / "high_res" / "a.png")
    low_res = save(picture[:11, :12], folder / "low_res_x4" / "a.png")
    monkeypatch.setenv("LITESR_DATA", str(tmp_path))
    assert find_pairs("Set5") == [Pair(high_res, low_res)]


@pytest.mark.parametrize("folder", ["sets", "absent"])
def test_folder_without_images_is_named(tmp_path, picture, folder):
    save(picture, tmp_path / "sets" / "one" / "a.png")
    with pytest.raises(ValueError, match=folder):
        find_pairs(tmp_path / folder)


def test_grey_and_sixteen_bits_become_rgb_of_eight(tmp_path, picture):
    grey = picture[..., 0]
    for image, name in ((grey, "eight"), (np.uint16(257) * grey, "sixteen")):
        _, high_res = Pair(save(image, tmp_path / f"{name}.png")).read(4)
        np.testing.assert_array_equal(high_res, np.stack([grey[:44, :48]] * 3, axis=2))


def test_every_bad_pair_is_named(tmp_path, picture):
    good = Pair(save(picture, tmp_path / "good.png"))
    cut = save(picture, tmp_path / "cut.png")
    cut.write_bytes(cut.read_bytes()[:600])
    small = save(picture[:3], tmp_path / "small.png")
    unfit = Pair(good.high_res, save(picture[:11, :11], tmp_path / "unfit.png"))
    with pytest.raises(ValueError) as caught:
        check_pairs([good, Pair(cut), Pair(small), unfit])
    about_cut, about_small, about_unfit = str(caught.value).splitlines()
    assert "cut.png" in about_cut
    assert "at least 4x4 pixels, received 50x3" in about_small
    assert "small.png" in about_small
    assert "unfit.png to be 12x11 pixels" in about_unfit
    assert "good.png, received 11x11" in about_unfit


def test_bad_pairs_are_known_before_upscaling(tmp_path, picture):
    pairs = [Pair(save(picture, tmp_path / "a.png")), Pair(save(picture[:3], tmp_path / "b.png"))]
    with pytest.raises(ValueError, match=r"b\.png"):
        evaluate(pytest.fail, pairs)
    with pytest.raises(ValueError, match="at least one pair"):
        evaluate(pytest.fail, [])


def test_flat_pictures_have_hand_derived_figures(tmp_path):
    """Each level is off by its own distance; the upscaler always answers with level 100."""
    for name, level in (("a", 151), ("b", 100), ("c", 202)):
        save(np.full((44, 48, 3), level, np.uint8), tmp_path / f"{name}.png")
    seen, steps = [], []

    def hundred(low_res):
        seen.append(low_res.shape)
        return np.full((44, 48, 3), 100, np.uint8)

    standard, paper = evaluate(
        hundred,
        find_pairs(tmp_path)[::2],
        protocols=(STANDARD, PAPER),
        progress=lambda done, total: steps.append((done, total)),
    )
    assert seen == [(11, 12, 3)] * 2
    assert steps == [(1, 2), (2, 2)]
    decibels = [-20 * np.log10(0.2), -20 * np.log10(0.4)]
    assert [row["psnr"] for row in paper.rows] == pytest.approx(decibels)
    assert [row["image"] for row in paper.rows] == ["a.png", "c.png"]
    assert paper.mean["psnr"] == pytest.approx(np.mean(decibels))
    assert list(paper.mean.items())[:2] == [("protocol", "paper"), ("image", "mean")]
    assert standard.mean["psnr"] == pytest.approx(np.mean(decibels) - 20 * np.log10(219 / 255))


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: bicubic(x) / 255.0])
def test_wrong_answers_of_the_upscaler_are_refused(tmp_path, picture, wrong):
    pairs = [Pair(save(picture, tmp_path / "a.png"))]
    with pytest.raises(ValueError, match=r"uint8 of shape \(44, 48, 3\), received"):
        evaluate(wrong, pairs)


def test_picture_too_small_for_the_protocol_is_known_before_upscaling(tmp_path, picture):
    files = [save(picture, tmp_path / "a.png"), save(picture[:40, :16], tmp_path / "tiny.png")]
    pairs = [Pair(path) for path in files]
    with pytest.raises(ValueError, match=r"at least 19x19 .* standard, received 16x40.*tiny\.png"):
        evaluate(pytest.fail, pairs)
    evaluate(bicubic, pairs, protocols=(PAPER, SHARPNESS))


SETS = ["Set5", "Set14", pytest.param("BSD100", marks=pytest.mark.slow)]
BICUBIC_STANDARD = {"Set5": 28.43, "Set14": 26.09, "BSD100": 25.96}
BICUBIC_PAPER = {"Set5": (26.697, 0.790), "Set14": (24.252, 0.686), "BSD100": (24.655, 0.661)}
PUBLISHED = {"Set5": (23.116, 0.697), "Set14": (21.84, 0.598), "BSD100": (22.72, 0.585)}


@pytest.mark.parametrize("name", SETS)
def test_bicubic_anchors(shared_data, name):
    pairs = find_pairs(shared_data / "evaluation" / name)
    standard, paper, sharpness = evaluate(bicubic, pairs, protocols=(STANDARD, PAPER, SHARPNESS))
    assert standard.mean["psnr"] == pytest.approx(BICUBIC_STANDARD[name], abs=0.02)
    psnr, ssim = BICUBIC_PAPER[name]
    assert paper.mean["psnr"] == pytest.approx(psnr, abs=0.001)
    assert paper.mean["ssim"] == pytest.approx(ssim, abs=0.001)
    assert sharpness.mean["high_frequency_energy"] < 0.06


@pytest.mark.parametrize("name", SETS)
def test_bicubic_anchors_hold_on_our_own_reduction(shared_data, name):
    pairs = find_pairs(shared_data / "evaluation" / name / "high_res")
    (standard,) = evaluate(bicubic, pairs)
    assert standard.mean["psnr"] == pytest.approx(BICUBIC_STANDARD[name], abs=0.02)


@pytest.mark.parametrize("name", SETS)
def test_shifted_bicubic_reproduces_the_paper(shared_data, name):
    (paper,) = evaluate(shifted, find_pairs(shared_data / "evaluation" / name), protocols=(PAPER,))
    psnr, ssim = PUBLISHED[name]
    assert paper.mean["psnr"] == pytest.approx(psnr, abs=0.05)
    assert paper.mean["ssim"] == pytest.approx(ssim, abs=0.004)


def test_a_flat_picture_does_not_make_the_mean_of_the_energy_infinite():
    rows = [
        {"protocol": "sharpness", "image": name, "high_frequency_energy": energy, "psnr": energy}
        for name, energy in (("a.png", 0.5), ("flat.png", float("inf")))
    ]
    measurements = Measurements(SHARPNESS, rows)
    assert measurements.mean["high_frequency_energy"] == 0.5
    assert measurements.mean["psnr"] == float("inf")
    assert measurements.without_energy == ["flat.png"]
