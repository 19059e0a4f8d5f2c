import keras
import numpy as np
import pytest

from mnist_app.core import custom_network
from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs.convolution_comparison import is_convolutional
from mnist_app.core.settings import ARCHITECTURES, TrainingConfig
from mnist_app.lab.networks import architectures


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_network_answers_with_probabilities_and_fits_a_free_host(name: str) -> None:
    layers = "conv 4 5, pool, dense 30"
    model = architectures.build(name, own_layers=layers)
    answers = np.asarray(model(np.random.default_rng(0).random((4, 28, 28, 1))))
    assert model.name == name
    assert answers.shape == (4, 10)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    assert model.count_params() == custom_network.parameter_count(name, layers) < 1_250_000
    has_convolution = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    assert is_convolutional(TrainingConfig(architecture=name, layers=layers)) == has_convolution


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_dropout_stands_before_the_last_layer_and_changes_no_weights(name: str) -> None:
    model = architectures.build(name, classes=3, dropout=0.25)
    assert model.layers[-2].rate == 0.25
    assert model.output_shape == (None, 3)
    known = custom_network.parameter_count(name, custom_network.DEFAULT)
    assert known - model.count_params() == 7 * (model.layers[-1].input.shape[-1] + 1)


@pytest.mark.parametrize(("name", "weights"), [("lenet5", 61_706), ("keras_example", 34_826)])
def test_well_known_networks_have_their_well_known_size(name: str, weights: int) -> None:
    assert custom_network.parameter_count(name, "") == weights


@pytest.mark.parametrize(
    "layers",
    [
        custom_network.DEFAULT,
        "conv 4 5",
        "dense 7",
        "dropout 0.2, pool, conv 3 2, dense 30, dropout 0.5, dense 20",
        "conv 8 3, conv 8 3, pool, conv 16 3, pool, conv 16 1, pool",
    ],
)
def test_the_summary_of_ones_own_network_is_that_of_keras(layers: str) -> None:
    model = architectures.build("custom", 3, own_layers=layers)
    rows = custom_network.summary(custom_network.parse(layers), 3)
    assert [row.shape for row in rows[1:]] == [layer.output.shape[1:] for layer in model.layers]
    assert [row.parameter_count for row in rows[1:]] == [
        layer.count_params() for layer in model.layers
    ]


def test_ones_own_network_must_be_one_that_can_be_built() -> None:
    with pytest.raises(DigitLabError):
        architectures.build("custom", own_layers="conv 3")


def test_an_unknown_network_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        architectures.build("transformer")
