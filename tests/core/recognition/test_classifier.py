from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import BATCH, Classifier, as_network_input


def test_pictures_become_floats_from_0_to_1() -> None:
    images = np.array([[[0, 51, 255]]], dtype=np.uint8)
    batch = as_network_input(images)
    assert batch.shape == (1, 1, 3, 1)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch.ravel(), [0, 0.2, 1])


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_any_number_of_pictures_is_answered(shipped: Classifier, count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    answers = shipped.probabilities(images)
    assert answers.shape == (count, 10)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_all_that_is_answered_belongs_together(shipped: Classifier, dataset: Dataset) -> None:
    images = dataset.test_images
    answers = shipped.answers(images.astype(np.float32) / 255)
    np.testing.assert_array_equal(answers.probabilities, shipped.probabilities(images))
    fractions = np.exp(answers.logits - np.logaddexp.reduce(answers.logits, axis=1, keepdims=True))
    np.testing.assert_allclose(fractions, answers.probabilities, atol=1e-5)
    assert answers.probabilities.shape == (len(images), shipped.classes)
    assert answers.features.shape == (len(images), shipped.dimensions)


def test_several_threads_of_the_processor_answer_alike(
    shipped: Classifier, dataset: Dataset
) -> None:
    several = model_store.classifier(model_store.SHIPPED, threads=2)
    expected = shipped.probabilities(dataset.test_images)
    np.testing.assert_allclose(several.probabilities(dataset.test_images), expected, atol=1e-5)


def test_layers_lead_from_the_first_to_the_answer(shipped: Classifier, dataset: Dataset) -> None:
    image = dataset.test_images[0]
    inside = shipped.inside(image.astype(np.float32) / 255)
    names = list(inside.layers)
    assert names[:3] == ["conv2d", "batch_normalization", "re_lu"]
    before, after = inside.layers[names[1]], inside.layers[names[2]]
    np.testing.assert_allclose(after, np.maximum(before, 0), atol=1e-6)
    answer = shipped.probabilities(image[None])[0]
    np.testing.assert_allclose(inside.layers[names[-1]], answer, atol=1e-5)
    assert inside.kernels is not None
    assert inside.biases is not None
    assert inside.kernels.shape == (3, 3, 16)
    assert inside.biases.shape == (16,)


def test_looking_inside_disturbs_no_answer(shipped: Classifier, dataset: Dataset) -> None:
    images = dataset.test_images
    expected = shipped.probabilities(images)
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(shipped.inside, image / np.float32(255)) for image in images[:20]]
        answers = list(pool.map(lambda n: shipped.probabilities(images[n : n + 1]), range(50)))
    np.testing.assert_allclose(np.concatenate(answers), expected, atol=1e-5)
    for look, answer in zip(looks, expected, strict=False):
        *_, last = look.result().layers.values()
        np.testing.assert_allclose(last, answer, atol=1e-5)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x1c\x00\x00\x00TFL3" + bytes(200)])
def test_what_is_no_litert_form_is_told(data: bytes) -> None:
    with pytest.raises(DigitLabError, match="LiteRT file is damaged"):
        Classifier(data)


def test_half_a_litert_form_is_told() -> None:
    whole = model_store.SHIPPED.with_suffix(".tflite").read_bytes()
    with pytest.raises(DigitLabError, match="LiteRT file is damaged"):
        Classifier(whole[: len(whole) // 2])


def test_threads_get_their_own_answers(shipped: Classifier, dataset: Dataset) -> None:
    images = dataset.test_images
    expected = shipped.probabilities(images)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: shipped.probabilities(images[n : n + 1]), range(50)))
    np.testing.assert_allclose(np.concatenate(answers), expected, atol=1e-5)
