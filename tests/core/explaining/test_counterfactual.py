import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.counterfactual import smallest_change
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.explaining.gradients import KerasLogits


@pytest.fixture(scope="module")
def source(network: keras.Model) -> KerasLogits:
    return KerasLogits(network)


def stubborn() -> keras.Model:
    """A network that says class 0 to anything."""
    model = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    model.set_weights([np.zeros((784, 3)), np.array([9.0, 1.0, 0.0])])
    return model


@pytest.mark.parametrize("is_guided", [True, False])
def test_the_changed_picture_is_read_as_the_other_class(
    source: KerasLogits, classifier: Classifier, digits: Dataset, is_guided: bool
) -> None:
    for image in digits.test_images[:5]:
        before = classifier.probabilities(image[None])[0]
        answer, rival = np.argsort(-before)[:2].tolist()
        guides = digits.train_images[digits.train_labels == rival] if is_guided else None
        change = smallest_change(source, image, guides=guides)
        assert change is not None
        assert (change.answer, change.target, change.is_guided) == (answer, rival, is_guided)
        after = classifier.probabilities(change.image[None])[0]
        assert after.argmax() == rival
        assert after[rival] == pytest.approx(change.probability, abs=1e-4)
        assert (change.image.astype(int) == image.astype(int) + change.difference).all()
        assert 0 < change.ink <= image.sum() / 255
        assert 0 <= change.added <= change.ink


def test_any_class_may_be_asked_for(
    source: KerasLogits, classifier: Classifier, digits: Dataset
) -> None:
    image = digits.test_images[0]
    target = int(classifier.probabilities(image[None])[0].argmin())
    change = smallest_change(
        source, image, target, digits.train_images[digits.train_labels == target]
    )
    assert change is not None
    assert classifier.probabilities(change.image[None])[0].argmax() == target


def test_no_pixel_moves_beyond_the_guides(source: KerasLogits, digits: Dataset) -> None:
    image = digits.test_images[0]
    first = smallest_change(source, image)
    assert first is not None
    guide = digits.train_images[digits.train_labels == first.target][:1]
    change = smallest_change(source, image, first.target, guide)
    assert change is not None
    assert change.is_guided
    assert (change.image >= np.minimum(image, guide[0])).all()
    assert (change.image <= np.maximum(image, guide[0])).all()


def test_it_says_when_nothing_changes_a_mind() -> None:
    image = np.full((28, 28), 100, dtype=np.uint8)
    change = smallest_change(KerasLogits(stubborn()), image, guides=image[None])
    assert change is None


@pytest.mark.parametrize("target", [0, 3, -1])
def test_a_class_that_is_read_already_or_unknown_is_refused(target: int) -> None:
    with pytest.raises(DigitLabError, match="another class"):
        smallest_change(KerasLogits(stubborn()), np.zeros((28, 28), dtype=np.uint8), target)
