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
        invocation(alone, *one.sizes, threads=1)()
        if len(one.sizes) == 1:
            (only,) = operators.list_operators(alone, *one.sizes)
            assert (only.kind, only.output_shape) == (one.kind, one.output_shape)
    assert {one.kind for one in found} > {"ADD", "CONV_2D"}


def test_every_input_has_its_own_size(file):
    """The bicubic skip joins the upper edge, the picture and the lower edge, then the sides."""
    found = operators.list_operators(file.read_bytes(), (4, 5))
    joined = [one.sizes for one in found if one.kind == "CONCATENATION"]
    assert joined == [((1, 5), (4, 5), (1, 5)), ((8, 1), (8, 5), (8, 1))]


def test_one_size_too_few_is_refused(file):
    content = file.read_bytes()
    joins = [one for one in operators.list_operators(content, (4, 5)) if len(one.sizes) == 3]
    alone = operators.cut_out(content, joins[0].index)
    with pytest.raises(ValueError, match="shorter"):
        invocation(alone, *joins[0].sizes[:2], threads=1)


def test_what_is_no_tflite_file_is_refused():
    with pytest.raises(ValueError):
        invocation(bytes(16), (4, 4), threads=1)
