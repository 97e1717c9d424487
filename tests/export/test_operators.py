import pytest

from keras_litesr.evaluation.invocation import invocation
from keras_litesr.export import operators
from keras_litesr.export.tflite import export
from keras_litesr.models.lite import lite


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """`lite` of 6 channels and one block: 2 depthwise and 5 further convolutions."""
    path = tmp_path_factory.mktemp("operators") / "net.tflite"
    return export(lite(filters=6, num_blocks=1), path)


def test_operators_are_counted_by_name_and_xnnpack_takes_them_in_one_part(file):
    counted = operators.count_operators(file)
    assert counted == {
        "ADD": 3,
        "CONCATENATION": 2,
        "CONV_2D": 5,
        "DEPTHWISE_CONV_2D": 2,
        "DEPTH_TO_SPACE": 1,
        "LEAKY_RELU": 1,
        "STRIDED_SLICE": 4,
    }
    assert operators.count_partitions(file) == 1


def test_multiply_adds_are_those_by_hand(file):
    found = operators.list_operators(file.read_bytes(), (4, 5))
    expand = next(one for one in found if one.kind == "CONV_2D" and one.output_shape[-1] == 12)
    assert (expand.kernel, expand.multiply_adds) == ((1, 1), 4 * 5 * 6 * 12)
    depthwise = [one for one in found if one.kind == "DEPTHWISE_CONV_2D"]
    assert {one.multiply_adds for one in depthwise} == {4 * 5 * 9 * 6}


def test_an_operator_that_was_cut_out_runs_alone(file):
    content = file.read_bytes()
    found = operators.list_operators(content, (4, 5))
    for one in found:
        alone = operators.cut_out(content, one.index)
        invocation(alone, one.input_shape[1:3], threads=1)()
        if one.kind not in ("ADD", "CONCATENATION"):  # which have several inputs
            (only,) = operators.list_operators(alone, one.input_shape[1:3])
            assert (only.kind, only.output_shape) == (one.kind, one.output_shape)
    assert {one.kind for one in found} > {"ADD", "CONV_2D"}


def test_what_is_no_tflite_file_is_refused():
    with pytest.raises(ValueError):
        invocation(bytes(16), (4, 4), threads=1)
