import numpy as np
import pytest

from mnist_app import model_store
from mnist_app.classifier import Classifier
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.explanations import Explainer
from mnist_app.lab import architectures, model_files
from mnist_app.lab.architectures import _BUILDERS
from mnist_app.lab.keras_classifier import KerasClassifier


def test_the_shipped_model_explains_itself(digits: Dataset) -> None:
    model = model_files.load(model_store.SHIPPED)
    explainer = Explainer(model, digits.train_images, digits.train_labels)
    classifier = KerasClassifier(model)
    for image in digits.test_images[:3]:
        found = explainer.explain(image)
        assert (found.image == image).all()
        assert found.convolution is not None
        assert found.answer == classifier.probabilities(image[None])[0].argmax()
        assert found.layers[-1].values.argmax() == found.answer
        assert found.gradient_map.sum() > 0
        assert found.occlusion_map.max() > 0
        assert found.change is not None
        assert found.change.is_guided
        after = classifier.probabilities(found.change.image[None])[0]
        assert after.argmax() == found.change.target != found.answer


@pytest.mark.parametrize("name", list(_BUILDERS))
def test_any_network_of_any_number_of_classes_explains_itself(name: str, dataset: Dataset) -> None:
    found = Explainer(architectures.build(name, classes=3)).explain(dataset.test_images[0])
    assert found.layers[-1].values.shape == (3,)
    assert np.isfinite(found.gradient_map).all()
    assert np.isfinite(found.occlusion_map).all()


def test_another_class_may_be_asked_for(classifier: Classifier, digits: Dataset) -> None:
    explainer = Explainer(classifier.model, digits.train_images, digits.train_labels)
    image = digits.test_images[0]
    target = int(np.argsort(classifier.probabilities(image[None])[0])[-3])
    change = explainer.explain(image, target).change
    assert change is not None
    assert change.target == target


@pytest.mark.parametrize("image", [np.zeros((28, 28)), np.zeros((8, 8), np.uint8)])
def test_other_pictures_are_refused(classifier: Classifier, image: np.ndarray) -> None:
    with pytest.raises(DigitLabError, match="28 x 28"):
        Explainer(classifier.model).explain(image)


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_it_stops_between_its_parts(classifier: Classifier, digits: Dataset, parts: int) -> None:
    answers = iter([False] * parts + [True])
    with pytest.raises(InterruptedError):
        Explainer(classifier.model).explain(
            digits.test_images[0], should_stop=lambda: next(answers)
        )
