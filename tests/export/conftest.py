import numpy as np
import pytest

from keras_litesr.models.lite import lite


@pytest.fixture(scope="session")
def trained():
    """A small `lite` whose channels differ, as a trained one's do."""
    generator = np.random.default_rng(20240229)
    model = lite(filters=12, num_blocks=2)
    weights = []
    for weight in model.get_weights():
        fan_in = max(int(np.prod(weight.shape[:-1])), 9)
        spread = np.exp(generator.normal(0, 0.7, weight.shape[-1]))
        weights.append(generator.normal(0, 1, weight.shape) * spread / np.sqrt(fan_in) / 2)
    model.set_weights(weights)
    return model


@pytest.fixture(scope="session")
def pictures():
    """Level pictures with grain, eight of 16x16."""
    generator = np.random.default_rng(7)
    level = generator.uniform(30, 220, (8, 1, 1, 3))
    grain = generator.normal(0, 20, (8, 16, 16, 3))
    return list(np.clip(level + grain, 0, 255).astype(np.uint8))


@pytest.fixture(autouse=True)
def _needs_litert_export(litert_export):
    """Nothing here can be tested where Keras does not export."""
