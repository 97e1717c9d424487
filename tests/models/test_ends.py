import keras
import pytest
from keras import layers

from keras_litesr.export.tflite import export
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.cost import scale_of
from keras_litesr.zoo.saving import save_to_preset


class _Trainer(keras.Model):
    def __init__(self, **networks):
        super().__init__(name="trainer")
        for name, network in networks.items():
            setattr(self, name, network)


def _enlarging(channels, copies=1):
    picture = keras.Input((None, None, channels))
    large = layers.UpSampling2D(2)(picture)
    return keras.Model(picture, [large] * copies if copies > 1 else large, name="mine")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (_Trainer(generator=bicubic()), "received trainer, a _Trainer. Give its `generator`"),
        (_Trainer(), r"received trainer, a _Trainer. Build it with keras.Model\(inputs, outputs"),
        (_enlarging(1), r"takes \(None, None, None, 1\) and gives .* repeating their channel"),
        (_enlarging(3, copies=2), r"gives \[\(None, None, None, 3\), \(None, None, None, 3\)\]"),
    ],
)
def test_what_makes_no_rgb_pictures_of_rgb_pictures_is_refused_in_words(model, message, tmp_path):
    doors = {
        "scale_of": scale_of,
        "export": lambda model: export(model, tmp_path / "a.tflite"),
        "Upscaler": Upscaler,
        "save_to_preset": lambda model: save_to_preset(model, tmp_path / "preset"),
    }
    for door in doors.values():
        with pytest.raises(ValueError, match=message):
            door(model)
    assert not list(tmp_path.iterdir())


def test_a_name_is_no_model(tmp_path):
    with pytest.raises(TypeError, match=r"received 'lite_x4'\. Load one"):
        export("lite_x4", tmp_path / "a.tflite")
