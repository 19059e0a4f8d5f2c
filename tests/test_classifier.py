from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mnist_app.classifier import BATCH, Classifier, as_network_input
from mnist_app.datasets import Dataset


def test_pictures_become_floats_from_0_to_1() -> None:
    images = np.array([[[0, 51, 255]]], dtype=np.uint8)
    batch = as_network_input(images)
    assert batch.shape == (1, 1, 3, 1)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch.ravel(), [0, 0.2, 1])


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_any_number_of_pictures_is_answered(classifier: Classifier, count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    answers = classifier.probabilities(images)
    assert answers.shape == (count, 10)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_it_answers_as_the_model_itself_does(classifier: Classifier, dataset: Dataset) -> None:
    expected = classifier.model.predict(as_network_input(dataset.test_images), verbose=0)
    answers = classifier.probabilities(dataset.test_images)
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_threads_get_their_own_answers(classifier: Classifier, dataset: Dataset) -> None:
    images = dataset.test_images
    expected = classifier.probabilities(images)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: classifier.probabilities(images[n : n + 1]), range(50)))
    np.testing.assert_allclose(np.concatenate(answers), expected, atol=1e-5)
