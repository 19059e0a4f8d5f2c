import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.explaining.saliency import integrated_gradients, occlusion
from mnist_app.core.models import model_store
from mnist_app.core.recognition.logits import log_odds
from mnist_app.lab.explaining.gradients import KerasLogits
from mnist_app.lab.networks import model_files


@pytest.fixture(scope="module")
def by_half() -> KerasLogits:
    """Ink in the left half speaks for class 0, in the right half for class 1."""
    model = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    weights = np.zeros((28, 28, 2))
    weights[:, :14, 0] = weights[:, 14:, 1] = 0.1
    model.set_weights([weights.reshape(784, 2), np.zeros(2)])
    return KerasLogits(model)


@pytest.fixture
def bar() -> np.ndarray:
    """A stroke from the left edge to the right."""
    image = np.zeros((28, 28), dtype=np.uint8)
    image[13:16] = 255
    return image


@pytest.mark.parametrize("make", [integrated_gradients, occlusion])
def test_ink_speaks_for_its_side(make, by_half: KerasLogits, bar: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    found = make(by_half, bar, 0)
    assert found.shape == (28, 28)
    assert (found[14, :10] > 0.01).all()
    assert (found[14, 18:] < -0.01).all()
    assert abs(found[:5]).max() < 1e-6


def test_integrated_gradients_add_up_to_the_whole_difference(digits: Dataset) -> None:
    network = KerasLogits(model_files.load(model_store.SHIPPED))
    for image, label in zip(digits.test_images[:3], digits.test_labels[:3].tolist(), strict=True):
        fields = np.stack([image, np.zeros_like(image)]).astype(np.float32) / 255
        drawn, blank = log_odds(network.logits(fields), label)
        total = integrated_gradients(network, image, label).sum()
        assert total == pytest.approx(drawn - blank, rel=0.1)


@pytest.mark.parametrize("make", [integrated_gradients, occlusion])
def test_a_blank_picture_has_a_blank_map(make, by_half: KerasLogits) -> None:  # type: ignore[no-untyped-def]
    assert not make(by_half, np.zeros((28, 28), dtype=np.uint8), 0).any()
