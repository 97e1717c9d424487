import pytest

from keras_litesr.training.recipes import RECIPES, AdversarialRecipe, Recipe
from keras_litesr.zoo.presets import PRESETS


def test_every_preset_with_weights_has_a_recipe_and_no_other_has():
    assert set(RECIPES) == {name for name, row in PRESETS.items() if row.data}


@pytest.mark.parametrize("name", RECIPES)
def test_a_collapse_can_stop_every_recipe_before_its_end(name):
    recipe = RECIPES[name]
    assert recipe.grace_steps < recipe.steps


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


def test_another_length_shortens_the_critics_warm_up_and_its_grace_as_well():
    recipe = AdversarialRecipe(steps=900)
    assert recipe.critic_warmup_steps == 80
    assert recipe.lasting(100).critic_warmup_steps == 10
    assert (recipe.lasting(300).grace_steps, recipe.lasting(100).grace_steps) == (150, 100)
    assert recipe.lasting(900) == recipe
