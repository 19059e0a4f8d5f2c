import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.explanations import explain
from mnist_app.core.models import layer_list, model_store
from mnist_app.core.recognition.classifier import Classifier


def test_the_shipped_model_explains_itself(shipped: Classifier, digits: Dataset) -> None:
    listed = layer_list.read_layers(model_store.SHIPPED)
    for image in digits.test_images[:3]:
        found = explain(shipped, listed, image)
        assert (found.image == image).all()
        assert found.convolution is not None
        assert found.answer == shipped.probabilities(image[None])[0].argmax()
        assert found.layers[-1].values.argmax() == found.answer
        assert len(found.layers) == len(listed)
        assert not [layer.sentence for layer in found.layers if "cannot explain" in layer.sentence]
        assert found.occlusion_map.max() > 0


def test_what_is_not_known_of_its_layers_is_left_out(shipped: Classifier, digits: Dataset) -> None:
    found = explain(shipped, (), digits.test_images[0])
    assert found.convolution is None
    assert "cannot explain" in found.layers[1].sentence
    assert found.layers[-1].sentence.startswith("The answer")


@pytest.mark.parametrize("image", [np.zeros((28, 28)), np.zeros((8, 8), np.uint8)])
def test_other_pictures_are_refused(shipped: Classifier, image: np.ndarray) -> None:
    with pytest.raises(DigitLabError, match="28 x 28"):
        explain(shipped, (), image)
