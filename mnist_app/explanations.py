"""All that tells what a network looks at in one image, in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.counterfactual import Change, smallest_change
from mnist_app.errors import DigitLabError
from mnist_app.feature_maps import Convolution, FeatureMaps, Layers, first_convolution
from mnist_app.lab.scores import Scores
from mnist_app.saliency import integrated_gradients, occlusion

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Explanation:
    """What a network makes of an image.

    Attributes:
        image: what is explained, uint8 (28, 28).
        answer: index of the class that is read.
        layers: from the input to the probabilities.
        convolution: the one that looks at the image itself; None when there is none.
        gradient_map, occlusion_map: float32 (28, 28), above 0 what speaks for the answer, in log
            odds; see `saliency`.
        change: the least change found that turns the answer; None if none was.
    """

    image: np.ndarray
    answer: int
    layers: tuple[FeatureMaps, ...]
    convolution: Convolution | None
    gradient_map: np.ndarray
    occlusion_map: np.ndarray
    change: Change | None


class Explainer:
    """A model that explains itself; safe to call from several threads."""

    def __init__(
        self,
        model: "keras.Model",
        images: np.ndarray | None = None,
        labels: np.ndarray | None = None,
    ) -> None:
        """Compile `model`, which maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities.

        Args:
            images, labels: uint8 (n, 28, 28) and int64 (n,), pictures it was trained on, if at
                hand; a change of mind then goes towards one of them.
        """
        self.layers = Layers(model)
        self.convolution = first_convolution(model)
        self.scores = Scores(model)
        self._images = np.zeros((0, 28, 28), np.uint8) if images is None else images
        self._labels = np.zeros(0, np.int64) if labels is None else labels

    def explain(
        self,
        image: np.ndarray,
        target: int | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Explanation:
        """Explain an image, uint8 (28, 28), and look for a change to class `target`.

        Args:
            target: index of another class; the second most probable if not given.
            should_stop: asked between the parts.

        Raises:
            DigitLabError: it is no such image, there is no such class, or it is read already.
            InterruptedError: it was told to stop.
        """
        if image.shape != (28, 28) or image.dtype != np.uint8:
            raise DigitLabError("Give a picture of 28 x 28 pixels of 0 to 255.")
        layers = self.layers.of(image)
        order = np.argsort(-layers[-1].values, kind="stable").tolist()
        answer, rival = order[0], order[1] if target is None else target
        maps = []
        for make in (integrated_gradients, occlusion):
            if should_stop():
                raise InterruptedError
            maps.append(make(self.scores, image, answer))
        if should_stop():
            raise InterruptedError
        guides = self._images[self._labels == rival]
        change = smallest_change(self.scores, image, rival, guides)
        return Explanation(image, answer, layers, self.convolution, maps[0], maps[1], change)
