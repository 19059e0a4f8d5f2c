import numpy as np
import pytest

from mnist_app import architectures
from mnist_app.settings import ARCHITECTURES


def test_the_form_offers_exactly_the_networks_there_are() -> None:
    assert list(architectures._BUILDERS) == list(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("classes", [3, 10])
def test_each_network_answers_with_probabilities(name: str, classes: int) -> None:
    model = architectures.build(name, classes)
    answers = np.asarray(model(np.random.default_rng(0).random((4, 28, 28, 1))))
    assert model.name == name
    assert answers.shape == (4, classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_network_fits_a_free_host(name: str) -> None:
    assert architectures.build(name).count_params() < 1_250_000


def test_each_call_builds_anew() -> None:
    first, second = architectures.build("dense"), architectures.build("dense")
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])


def test_an_unknown_network_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        architectures.build("transformer")
