"""Owner keys, and small networks with room for a mark whose channels differ as trained ones do."""

import numpy as np
import pytest

from keras_litesr.protection.keys import OwnerKey


@pytest.fixture(scope="session")
def key() -> OwnerKey:
    return OwnerKey(bytes(range(32)), "Ada Lovelace")


@pytest.fixture(scope="session")
def other_key() -> OwnerKey:
    return OwnerKey(bytes(range(32, 64)), "Eve")


@pytest.fixture(scope="session")
def lived():
    """Gives a model weights whose channels have many sizes; norms may turn signs."""

    def randomise(model, seed=7):
        random = np.random.default_rng(seed)
        for layer in model.layers:
            weights = []
            for weight in layer.weights:
                values = random.normal(0, 1, weight.shape) / np.sqrt(np.prod(weight.shape[:-1]))
                values = values * np.exp(random.normal(0, 0.5, weight.shape[-1:]))
                is_variance = weight.path.endswith("moving_variance")
                weights.append(np.abs(values) + 0.1 if is_variance else values)
            layer.set_weights(weights)
        return model

    return randomise


@pytest.fixture(scope="session")
def model(lived):
    """A `lite` of 10,784 weights that can bear a mark; tests leave it as it is."""
    from keras_litesr.models.lite import lite

    return lived(lite(filters=32, num_blocks=2))


@pytest.fixture(scope="session")
def marked(model, key):
    """The same with the owner's mark."""
    from keras_litesr.protection.watermark import mark

    return mark(model, key)


@pytest.fixture(scope="session")
def files(marked, tmp_path_factory, litert_export):
    """The marked model as a file of each dtype; made when first asked for."""
    from keras_litesr.export.tflite import export

    folder, made = tmp_path_factory.mktemp("files"), {}
    pictures = np.random.default_rng(3).integers(0, 256, (50, 12, 12, 3), np.uint8)

    def convert(dtype):
        if dtype not in made:
            crops = list(pictures) if dtype == "int8" else None
            made[dtype] = export(
                marked, folder / f"{dtype}.tflite", dtype=dtype, representative=crops
            )
        return made[dtype]

    return convert
