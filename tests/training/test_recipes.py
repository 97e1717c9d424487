import pytest

from keras_litesr.training.recipes import RECIPES, Recipe
from keras_litesr.zoo.presets import PRESETS


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_a_presets(name):
    assert name in PRESETS


@pytest.mark.parametrize(
    ("asked", "steps", "epoch_steps", "warmup_steps"),
    [(20_000, 20_000, 500, 500), (1_200, 1_500, 500, 150), (500, 500, 500, 50), (7, 7, 7, 0)],
)
def test_another_length_has_whole_epochs_and_a_warm_up_of_a_tenth(
    asked, steps, epoch_steps, warmup_steps
):
    recipe = Recipe(steps=30_000, learning_rate=1e-3).lasting(asked)
    assert (recipe.steps, recipe.epoch_steps, recipe.warmup_steps) == (
        steps,
        epoch_steps,
        warmup_steps,
    )
    assert recipe.learning_rate == 1e-3
