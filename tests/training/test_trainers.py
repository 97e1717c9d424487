import subprocess
import sys

import pytest

from keras_litesr.cli.train import _LOSSES
from keras_litesr.models.lite import lite
from keras_litesr.training import losses, trainers
from keras_litesr.training.adversarial import WGANGP
from keras_litesr.training.pixel import averaging_adam
from keras_litesr.training.recipes import RECIPES, AdversarialRecipe, Recipe
from keras_litesr.training.srgan import SRGAN
from keras_litesr.zoo.presets import PRESETS


def test_a_pixel_recipe_compiles_the_generator_itself():
    model = lite(filters=3, num_blocks=0)
    recipe = Recipe(steps=10, loss="mse", clip_norm=0.5, ema_momentum=0.9)
    assert trainers.trainer(model, recipe) is model
    assert model.loss is losses.mse
    assert (model.optimizer.global_clipnorm, model.optimizer.ema_momentum) == (0.5, 0.9)
    assert model.jit_compile is False


def test_the_papers_recipe_makes_a_wasserstein_gan():
    settings = {
        "adversarial_weight": 0.002,
        "pixel_weight": 0.5,
        "critic_steps": 3,
        "critic_warmup_steps": 7,
    }
    recipe = AdversarialRecipe(steps=10, critic_learning_rate=0.25, **settings)
    model = lite(scale=2, filters=3, num_blocks=0)
    gan = trainers.trainer(model, recipe, scale=2, seed=5)
    assert isinstance(gan, WGANGP)
    assert {name: getattr(gan, name) for name in settings} == settings
    assert (gan.seed, gan.scale, gan.psnr.border) == (5, 2, 2)
    assert gan.pixel_loss is losses.l2
    assert float(gan.critic_optimizer.learning_rate) == 0.25
    for optimizer in (gan.optimizer, gan.critic_optimizer):
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)
    assert (gan.optimizer.use_ema, gan.critic_optimizer.use_ema) == (True, False)


def test_the_baselines_recipe_makes_an_srgan_of_the_patch_size():
    recipe = AdversarialRecipe(steps=10, method="srgan", loss="mse", patch_size=8)
    gan = trainers.trainer(lite(filters=3, num_blocks=0), recipe)
    assert isinstance(gan, SRGAN)
    assert gan.critic.input_shape == (None, 32, 32, 3)
    assert gan.optimizer.beta_1 == pytest.approx(0.9)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="wgan_gp or srgan, received 'wgan-gp'"):
        trainers.trainer(
            lite(filters=3, num_blocks=0), AdversarialRecipe(steps=10, method="wgan-gp")
        )


def test_without_warm_up_the_rate_falls_from_its_peak():
    optimizer = averaging_adam(AdversarialRecipe(steps=10, learning_rate=0.02))
    rates = []
    for step in (0, 5, 10):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert rates == pytest.approx([0.02, 0.01, 0], abs=1e-8)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_a_loss_and_a_start_of_its_architecture(name):
    recipe = RECIPES[name]
    assert losses.by_name(recipe.loss)
    if recipe.start:
        assert PRESETS[recipe.start].architecture == PRESETS[name].architecture


def test_the_command_offers_every_loss():
    for name in _LOSSES:
        assert losses.by_name(name).__name__ == name
    with pytest.raises(ValueError, match=f"of {', '.join(_LOSSES)}, received 'vgg'"):
        losses.by_name("vgg")


def test_keras_reads_what_it_saved_once_two_modules_have_been_imported(tmp_path):
    """In a process that has imported nothing else, as the README says."""
    model = lite(filters=3, num_blocks=0)
    trainers.trainer(model, Recipe(steps=10))
    model.save(tmp_path / "pixel.keras")
    trainers.trainer(model, AdversarialRecipe(steps=10)).save(tmp_path / "gan.keras")
    program = (
        "import sys, keras, keras_litesr.models.layers, keras_litesr.training.trainers\n"
        "print([type(keras.models.load_model(path)).__name__ for path in sys.argv[1:]])"
    )
    paths = [tmp_path / "pixel.keras", tmp_path / "gan.keras"]
    command = [sys.executable, "-c", program, *map(str, paths)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.stdout == "['Functional', 'WGANGP']\n", result.stderr
