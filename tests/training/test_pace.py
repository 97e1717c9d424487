import numpy as np
import pytest

from keras_litesr.training import pace
from keras_litesr.training.pace import Pace, measure_pace


@pytest.mark.parametrize(
    ("seconds", "steps"),
    [(600, 3000), (699, 3000), (700, 3500), (99, 490), (55, 50), (1, 1)],
)
def test_an_epoch_of_500_steps_takes_100_seconds_half_of_them_to_validate(seconds, steps):
    received = Pace(step_seconds=0.1, validation_seconds=50).steps_in(seconds, epoch_steps=500)
    assert received == pytest.approx(steps, abs=0 if steps % 500 == 0 else 1)


def test_measuring_leaves_the_batches_as_they_are(tiny_run, monkeypatch):
    monkeypatch.setattr(pace, "_FIRST_STEPS", 2)
    monkeypatch.setattr(pace, "_MOST_STEPS", 3)
    parts = tiny_run()
    batch = parts.patches[0][0]
    measured = measure_pace(parts.model, parts.patches, parts.validation)
    assert measured.step_seconds > 0
    assert measured.validation_seconds > 0
    assert (parts.patches.epoch, len(parts.patches)) == (0, 3)
    np.testing.assert_array_equal(parts.patches[0][0], batch)
