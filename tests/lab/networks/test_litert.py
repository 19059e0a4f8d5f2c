import keras
import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.models.model_store import SHIPPED
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.core.settings import ARCHITECTURES
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.networks.litert import to_litert


def learned(name: str) -> keras.Model:
    """A network as if it had learned: what it adds and brings to one scale is no longer 0 and 1."""
    model = build(name)
    chance = np.random.default_rng(0)
    for weights in model.weights:
        if weights.name in ("gamma", "moving_variance"):
            weights.assign(chance.uniform(0.5, 1.5, weights.shape))
        elif weights.name in ("beta", "bias", "moving_mean"):
            weights.assign(chance.normal(0, 0.2, weights.shape))
    return model


@pytest.fixture(scope="module")
def images(digits: Dataset) -> np.ndarray:
    """1,000 pictures, every second of them of nothing."""
    known = digits.train_images[:1000].copy()
    known[::2] = np.random.default_rng(0).integers(0, 256, (500, 28, 28), dtype=np.uint8)
    return known


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_a_litert_form_answers_as_keras_does(name: str, images: np.ndarray) -> None:
    compare(learned(name), images)


def test_the_shipped_litert_form_answers_as_keras_does(images: np.ndarray) -> None:
    compare(model_files.load(SHIPPED), images, SHIPPED.with_suffix(".tflite").read_bytes())


def compare(model: keras.Model, images: np.ndarray, form: bytes = b"") -> None:
    classifier = Classifier(form or to_litert(model))
    inputs = as_network_input(images)
    expected = model.predict(inputs, batch_size=500, verbose=0)
    answers = classifier.answers(inputs[..., 0])
    np.testing.assert_allclose(answers.probabilities, expected, atol=1e-4)
    np.testing.assert_array_equal(answers.probabilities.argmax(axis=1), expected.argmax(axis=1))
    fractions = np.exp(answers.logits - np.logaddexp.reduce(answers.logits, axis=1, keepdims=True))
    np.testing.assert_allclose(fractions, expected, atol=1e-4)
    # What the last layer makes of the features is the answer.
    from_features = np.asarray(model.layers[-1](answers.features))
    np.testing.assert_allclose(from_features, expected, atol=1e-4)
