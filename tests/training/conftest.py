"""A training small enough to run many times; also run by itself, to be killed."""

import json
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest


def build_tiny_run(*, adversarial=False, run_eagerly=True, **changes):
    """Returns model, recipe, patches and validation, always the same ones.

    Run eagerly, a few steps take less time than tracing would.
    """
    import keras

    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.models.critic import critic
    from keras_litesr.models.lite import lite
    from keras_litesr.training import trainers
    from keras_litesr.training.precision import layers_in
    from keras_litesr.training.recipes import AdversarialRecipe, Recipe

    settings = {"steps": 6, "epoch_steps": 3, "batch_size": 2, "patch_size": 8, "warmup_steps": 1}
    kind = AdversarialRecipe if adversarial else Recipe
    recipe = kind(**{**settings, **changes})
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (48, 40, 3), dtype=np.uint8) for _ in range(3)]
    pairs = degrade(pictures, 4)
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainers, "critic", partial(critic, filters=4, num_stages=2))
        patch.setattr("keras_litesr.models.discriminator._STAGES", ((4, 2),) * 3)
        with layers_in(recipe.precision):
            generator = lite(filters=3, num_blocks=1)
        model = trainers.trainer(generator, recipe)
    model.run_eagerly = run_eagerly
    patches = Patches(
        pairs[:2], patch_size=8, batch_size=recipe.batch_size, steps=recipe.epoch_steps
    )
    return SimpleNamespace(
        model=model, recipe=recipe, patches=patches, validation=CentreCrops(pairs[2:])
    )


@pytest.fixture
def tiny_run():
    return build_tiny_run


if __name__ == "__main__":
    from keras_litesr.training.runs import train

    folder, options = sys.argv[1:]
    train(**vars(build_tiny_run(**json.loads(options))), folder=Path(folder))
