"""Everything that explains a network's answer to one image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.counterfactual import Counterfactual
from mnist_app.core.explaining.feature_maps import (
    Convolution,
    FeatureMaps,
    first_convolution,
    layer_outputs,
)
from mnist_app.core.explaining.saliency import occlusion
from mnist_app.core.models.layer_list import LayerConfig
from mnist_app.core.recognition.classifier import Classifier


@dataclass(frozen=True)
class Explanation:
    """An explanation of one answer that needs nothing but the model's answers.

    Attributes:
        image: what is explained, uint8 (28, 28).
        answer: index of the class that is read.
        layers: from the input to the probabilities.
        convolution: the one that looks at the image itself; None when there is none.
        occlusion_map: float32 (28, 28), above 0 what counts for the answer, in log odds; see
            `saliency`.
    """

    image: np.ndarray
    answer: int
    layers: tuple[FeatureMaps, ...]
    convolution: Convolution | None
    occlusion_map: np.ndarray


@dataclass(frozen=True)
class GradientExplanation:
    """An explanation of one answer from the gradients of the logits; see `lab.explaining`.

    Attributes:
        gradient_map: float32 (28, 28), above 0 what counts for the answer, in log odds.
        change: the least change found that turns the answer; None if none was.
    """

    gradient_map: np.ndarray
    change: Counterfactual | None


def explain(
    classifier: Classifier, layers: Sequence[LayerConfig], image: np.ndarray
) -> Explanation:
    """Explain an image, uint8 (28, 28).

    Args:
        layers: of the same model, see `network.layers`.

    Raises:
        DigitLabError: it is no such image.
    """
    require_image(image)
    inside = classifier.inside(image.astype(np.float32) / 255)
    maps = layer_outputs(image, inside, layers)
    answer = int(maps[-1].values.argmax())
    convolution = first_convolution(inside, layers)
    return Explanation(image, answer, maps, convolution, occlusion(classifier, image, answer))


def require_image(image: np.ndarray) -> None:
    """Refuse what is no image.

    Raises:
        DigitLabError: it is not of 28 x 28 pixels of 0 to 255.
    """
    if image.shape != (28, 28) or image.dtype != np.uint8:
        raise DigitLabError("Give a picture of 28 x 28 pixels of 0 to 255.")
