"""`litesr demo`."""

from PIL import Image


def test_demo_writes_the_enlargement_and_bicubic_beside_it(litesr, x2_preset, tmp_path):
    result = litesr("demo", "-m", x2_preset, "-o", tmp_path / "demo")
    assert result.exit_code == 0
    with Image.open(tmp_path / "demo/astronaut_bicubic_x2.png") as made:
        doubled = made.size
    with Image.open(tmp_path / "demo/astronaut_bicubic_x4.png") as made:
        assert made.size == (2 * doubled[0], 2 * doubled[1])
        assert made.info["Software"].startswith("keras_litesr")
    for name in ("astronaut_bicubic_x2.png", "astronaut_bicubic_x4.png"):
        assert str(tmp_path / "demo" / name) in result.stdout
    assert " s with bicubic_x4" in result.stdout


def test_demo_again_replaces_its_pictures(litesr, tmp_path):
    for _ in range(2):
        result = litesr("demo", "-m", "bicubic_x4", "-o", tmp_path)
        assert result.exit_code == 0
        assert result.stdout.count("\n") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["astronaut_bicubic_x4.png"]


def test_demo_with_an_unknown_model_makes_no_folder(litesr, tmp_path):
    assert litesr("demo", "-m", "nonsense", "-o", tmp_path / "demo").exit_code == 2
    assert not (tmp_path / "demo").exists()
