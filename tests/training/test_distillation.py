import keras
import numpy as np
import pytest

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.lite import lite
from keras_litesr.training.checkpoints import restore
from keras_litesr.training.distillation import Distiller
from keras_litesr.training.pixel import compile_for_pixels
from keras_litesr.training.runs import train
from keras_litesr.zoo.folders import preset_folder
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.weights import parsed


def _student(seed=0):
    keras.utils.set_random_seed(seed)
    return lite(filters=3, num_blocks=1)


def _distiller(teacher=None, *, teacher_weight=1.0, student=None, **options):
    student = student or _student()
    distiller = Distiller(student, teacher or _student(1), teacher_weight=teacher_weight)
    distiller.compile("sgd", **{"loss": "mae", "run_eagerly": True, **options})
    return distiller


def _copies(model):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in model.variables]


def _equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _loss(distiller, batch):
    return distiller.train_on_batch(*batch, return_dict=True)["loss"]


def _distance(model, low_res, target):
    return np.mean(np.abs(keras.ops.convert_to_numpy(model(low_res)) - target))


@pytest.fixture
def batch(rng):
    return rng.random((2, 8, 8, 3), np.float32), rng.random((2, 32, 32, 3), np.float32)


def test_a_student_that_is_its_teacher_has_nothing_to_learn(batch):
    twin = _student()
    twin.set_weights(_student(1).get_weights())
    distiller = _distiller(student=twin)
    before = _copies(twin)
    assert _loss(distiller, batch) == 0
    assert _equal(before, _copies(twin))


def test_no_weight_of_the_teacher_moves_and_the_students_do(batch):
    teacher = _student(1)
    distiller = _distiller(teacher)
    kept, before = _copies(teacher), _copies(distiller.student)
    _loss(distiller, batch)
    assert _equal(kept, _copies(teacher))
    assert not _equal(before, _copies(distiller.student))
    assert {id(v) for v in distiller.variables}.isdisjoint(id(v) for v in teacher.variables)


def test_a_teacher_that_normalises_batches_keeps_its_averages(batch):
    low_res = keras.Input((None, None, 3))
    normal = keras.layers.BatchNormalization()(low_res)
    teacher = keras.Model(low_res, keras.layers.UpSampling2D(4)(normal))
    kept = _copies(teacher)
    _loss(_distiller(teacher), batch)
    assert _equal(kept, _copies(teacher))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_loss_is_the_weighted_mean_of_both_distances(batch, share):
    distiller = _distiller(bicubic(), teacher_weight=share)
    low_res, high_res = batch
    answers = keras.ops.convert_to_numpy(bicubic()(low_res))
    to_teacher = _distance(distiller.student, low_res, answers)
    to_original = _distance(distiller.student, low_res, high_res)
    expected = share * to_teacher + (1 - share) * to_original
    assert _loss(distiller, batch) == pytest.approx(expected, rel=1e-5)


def test_with_weight_0_a_step_is_one_of_plain_pixel_training(batch):
    def refuse(low_res, training):
        raise AssertionError("the teacher was asked")

    distiller, plain = _distiller(refuse, teacher_weight=0.0), _student()
    plain.compile("sgd", loss="mae", run_eagerly=True)
    _loss(distiller, batch)
    plain.train_on_batch(*batch)
    assert _equal(_copies(plain), _copies(distiller.student))


def test_with_weight_1_the_originals_have_no_part_in_what_is_learnt(batch):
    low_res, high_res = batch
    first, second = _distiller(bicubic()), _distiller(bicubic())
    _loss(first, (low_res, high_res))
    _loss(second, (low_res, 1 - high_res))
    assert _equal(_copies(first.student), _copies(second.student))


def test_validation_measures_against_the_originals(batch):
    distiller = _distiller(bicubic())
    low_res, high_res = batch
    expected = _distance(distiller.student, low_res, high_res)
    assert distiller.test_on_batch(*batch) == pytest.approx(expected, rel=1e-5)


def test_a_run_averages_the_students_weights_and_keeps_them_alone(tiny_run, tmp_path):
    def compiled():
        distiller = Distiller(_student(), _student(1))
        compile_for_pixels(distiller, parts.recipe)
        distiller.run_eagerly = True
        return distiller

    parts = tiny_run(steps=3)
    parts.model = compiled()
    train(**vars(parts), folder=tmp_path)
    student, best = parts.model.student, tmp_path / "best.weights.h5"
    released = lite(filters=3, num_blocks=1)
    released.load_weights(best)
    assert _equal(_copies(released), _copies(student))
    assert parsed(best.read_bytes(), best).keys() == {
        layer.name for layer in student.layers if layer.weights
    }
    trained = compiled()
    restore(trained, tmp_path / "last.weights.h5")
    assert not _equal(_copies(released), _copies(trained.student))


def test_fit_in_a_graph_lowers_the_distance_to_the_teacher(batch):
    distiller = _distiller(bicubic(), run_eagerly=False, jit_compile=False)
    low_res, high_res = batch
    answers = keras.ops.convert_to_numpy(bicubic()(low_res))
    before = _distance(distiller, low_res, answers)
    distiller.fit(low_res, high_res, epochs=3, verbose=0)
    assert _distance(distiller, low_res, answers) < before


def test_what_is_saved_is_the_student(batch, tmp_path):
    distiller = _distiller()
    _loss(distiller, batch)
    distiller.save(tmp_path / "student.keras")
    again = keras.models.load_model(tmp_path / "student.keras")
    assert type(again) is type(distiller.student)
    assert _equal(_copies(distiller.student), _copies(again))


def test_what_is_exported_is_the_student(monkeypatch):
    distiller, exported = _distiller(), []
    monkeypatch.setattr(distiller.student, "export", lambda path, **_: exported.append(path))
    distiller.export("model", format="onnx")
    assert exported == ["model"]


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_beyond_its_range_is_refused(share):
    with pytest.raises(ValueError, match=f"received {share}"):
        _distiller(teacher_weight=share)


def test_odd_teachers_are_refused(batch):
    with pytest.raises(TypeError, match="received 'lite_x4'"):
        _distiller("lite_x4")
    with pytest.raises(ValueError, match=r"\(2, 32, 32, 3\).* received one with \(2, 16, 16, 3\)"):
        _loss(_distiller(bicubic(scale=2)), batch)


def test_a_tflite_file_may_be_the_teacher(batch):
    file = preset_folder("bicubic_x4") / "bicubic_x4_float32.tflite"
    losses = []
    for teacher in (load(file), bicubic()):
        distiller = Distiller(_student(), teacher)
        distiller.compile("sgd", loss="mae")
        losses.append(distiller.fit(*batch, verbose=0).history["loss"][0])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
