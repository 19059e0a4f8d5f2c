import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.recognition.logits import log_odds
from mnist_app.lab.explaining.gradients import KerasLogits
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.keras_classifier import KerasClassifier


def pictures(dataset: Dataset, count: int = 4) -> np.ndarray:
    return as_network_input(dataset.test_images[:count])[..., 0]


def heads() -> list[keras.Model]:
    """The same network, its probabilities made in three ways."""
    plain = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten()])
    ends: list[list[keras.Layer]] = [
        [layers.Dense(10, activation="softmax")],
        [layers.Dense(10), layers.Activation("softmax")],
        [layers.Dense(10), layers.Softmax()],
    ]
    models = [keras.Sequential([*plain.layers, *end]) for end in ends]
    for model in models:
        model.build((None, 28, 28, 1))
        model.set_weights(models[0].get_weights())
    return models


def test_the_softmax_of_the_scores_is_the_answer(dataset: Dataset) -> None:
    for model in [*heads(), architectures.build("residual_cnn")]:
        logits = KerasLogits(model).logits(pictures(dataset))
        fractions = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
        answers = KerasClassifier(model).probabilities(dataset.test_images[:4])
        np.testing.assert_allclose(fractions, answers, atol=1e-5)


def test_scores_tell_apart_what_probabilities_round_to_the_same() -> None:
    model = heads()[0]
    model.set_weights([np.zeros((784, 10)), np.arange(10) * 50.0])
    logits = KerasLogits(model).logits(np.zeros((1, 28, 28), np.float32))
    assert log_odds(logits, 0)[0] == pytest.approx(-450)


def test_slopes_are_what_a_little_ink_does(network: keras.Model, dataset: Dataset) -> None:
    source = KerasLogits(network)
    fields = pictures(dataset, 2)
    logits, gradients = source.gradients(fields, 3)
    assert gradients.shape == fields.shape
    way = gradients / np.linalg.norm(gradients, axis=(1, 2), keepdims=True)
    step = 1e-3
    risen = log_odds(source.logits(fields + step * way), 3) - log_odds(logits, 3)
    np.testing.assert_allclose(risen / step, (gradients * way).sum(axis=(1, 2)), rtol=0.1)
