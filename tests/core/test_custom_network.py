import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_app.core import custom_network
from mnist_app.core.custom_network import Layer, LayerSummary
from mnist_app.core.errors import DigitLabError


def test_layers_are_read_and_written() -> None:
    layers = custom_network.parse("Conv 32 3,pool,  dropout 0.50, dense 128")
    assert layers[0] == Layer("conv", (32, 3))
    assert custom_network.as_text(layers) == "conv 32 3, pool, dropout 0.5, dense 128"


def test_the_summary_tells_shapes_and_weights() -> None:
    assert custom_network.summary(custom_network.parse("conv 2 3, pool, dense 5"), 10) == (
        LayerSummary("Picture", (28, 28, 1), 0),
        LayerSummary("Convolution 2 of 3 x 3", (26, 26, 2), 20),
        LayerSummary("Pooling", (13, 13, 2), 0),
        LayerSummary("Flatten", (338,), 0),
        LayerSummary("Dense 5", (5,), 1695),
        LayerSummary("Answer", (10,), 60),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Layer 1 is empty"),
        ("pool,,pool", "Layer 2 is empty"),
        ("lambda 3", "Layer 1, 'lambda 3', is unknown. Use conv"),
        ("conv 32", "needs 2 numbers"),
        ("pool 2", "needs 0 numbers"),
        ("conv 32.5 3", "needs filters, a whole number from 1 to 256"),
        ("conv 32 99", "needs a kernel size, a whole number from 1 to 11"),
        ("dense many", "needs units, a whole number"),
        ("dense nan", "needs units, a whole number"),
        ("dropout 1", "needs the fraction left out, a number from 0 to 0.9"),
        ("dense 8, conv 8 3", "Layer 2, conv 8 3, cannot come after a dense layer"),
        ("pool, pool, pool, conv 8 5", "needs 5 x 5 pixels, but only 3 x 3 are left"),
        ("pool, pool, pool, pool, pool", "needs 2 x 2 pixels, but only 1 x 1 are left"),
        ("conv 256 11, conv 256 11", "weights, but the limit is 3,000,000. Use fewer filters"),
        (", ".join(["dropout 0"] * 17), "at most 16 layers"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DigitLabError) as caught:
        custom_network.parse(text)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


WORDS = st.sampled_from(["conv", "pool", "dense", "dropout", "3", "8", "0.5", ",", "-1", "x"])


@given(st.text() | st.lists(WORDS).map(" ".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        layers = custom_network.parse(text)
    except DigitLabError:
        return
    assert custom_network.parse(custom_network.as_text(layers)) == layers
    assert all(min(row.shape) > 0 for row in custom_network.summary(layers))


@pytest.mark.parametrize(
    ("text", "word", "becomes"),
    [
        (
            "conv 8 3, pool, dropout 0.5, dense 9",
            "conv",
            "conv 8 3, pool, conv 32 3, dropout 0.5, dense 9",
        ),
        ("conv 8 3, dense 9", "pool", "conv 8 3, pool, dense 9"),
        ("dense 9", "conv", "conv 32 3, dense 9"),
        ("conv 8 3, dense 9", "dense", "conv 8 3, dense 9, dense 64"),
        ("conv 8 3", "dropout", "conv 8 3, dropout 0.25"),
    ],
)
def test_a_layer_is_added_where_it_can_stand(text: str, word: str, becomes: str) -> None:
    layers = custom_network.added(custom_network.parse(text), word)
    assert custom_network.as_text(layers) == becomes
    assert custom_network.parse(becomes) == layers


@pytest.mark.parametrize("word", custom_network.NUMBERS)
def test_a_layer_of_each_word_can_be_added_to_the_default(word: str) -> None:
    layers = custom_network.parse(custom_network.DEFAULT)
    more = custom_network.added(layers, word)
    assert custom_network.parse(custom_network.as_text(more)) == more
    assert len(more) == len(layers) + 1


def test_a_layer_is_moved_but_not_beyond_an_end() -> None:
    layers = custom_network.parse("conv 8 3, pool, dense 9")
    assert custom_network.as_text(custom_network.moved(layers, 1, -1)) == "pool, conv 8 3, dense 9"
    assert custom_network.as_text(custom_network.moved(layers, 0, 1)) == "pool, conv 8 3, dense 9"
    assert custom_network.moved(layers, 0, -1) == custom_network.moved(layers, 2, 1) == layers


def test_a_layer_is_taken_out_and_a_number_changed() -> None:
    layers = custom_network.parse("conv 8 3, pool, dense 9")
    assert custom_network.as_text(custom_network.without(layers, 1)) == "conv 8 3, dense 9"
    assert (
        custom_network.as_text(custom_network.with_number(layers, 0, 1, 5))
        == "conv 8 5, pool, dense 9"
    )
    assert custom_network.as_text(layers) == "conv 8 3, pool, dense 9"


def test_layers_that_cannot_follow_each_other_are_read_all_the_same() -> None:
    layers = custom_network.read("dense 9, pool")
    assert custom_network.as_text(custom_network.moved(layers, 1, -1)) == "pool, dense 9"
    with pytest.raises(DigitLabError, match="cannot come after"):
        custom_network.summary(layers)
