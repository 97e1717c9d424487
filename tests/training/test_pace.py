from types import SimpleNamespace

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


def test_seconds_are_counted_after_a_first_time_and_the_batches_stay_as_they_are(
    tiny_run, monkeypatch
):
    monkeypatch.setattr(pace, "_FIRST_STEPS", 2)
    monkeypatch.setattr(pace, "_MOST_STEPS", 3)
    parts, seconds, first = tiny_run(), [0.0], {"fit", "evaluate"}
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: seconds[0]))

    def slow(name, lasting):
        """Makes a method of the model take some seconds, and a minute more at first."""
        method = getattr(parts.model, name)

        def call(data, **options):
            seconds[0] += lasting * len(data) + (60 if name in first else 0)
            first.discard(name)
            return method(data, **options)

        monkeypatch.setattr(parts.model, name, call)

    slow("fit", 0.25)
    slow("evaluate", 3.0)
    batch = parts.patches[0][0]
    measured = measure_pace(parts.model, parts.patches, parts.validation)
    assert measured == Pace(step_seconds=0.25, validation_seconds=3.0)
    assert int(parts.model.optimizer.iterations) == 2 + 2 + 3
    assert (parts.patches.epoch, len(parts.patches)) == (0, 3)
    np.testing.assert_array_equal(parts.patches[0][0], batch)
