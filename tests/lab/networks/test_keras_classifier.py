import numpy as np
import pytest

from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.networks.keras_classifier import BATCH, KerasClassifier


@pytest.mark.parametrize("count", [0, 1, BATCH + 1])
def test_any_number_of_pictures_is_answered(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    answers = KerasClassifier(build("dense")).probabilities(images)
    assert answers.shape == (count, 10)
    assert answers.dtype == np.float32


def test_it_answers_with_the_weights_that_the_network_has_now() -> None:
    model = build("dense")
    classifier = KerasClassifier(model)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    model.set_weights([weights + 0.1 for weights in model.get_weights()])
    expected = model.predict(as_network_input(images), verbose=0)
    np.testing.assert_allclose(classifier.probabilities(images), expected, atol=1e-5)
