"""Explanation by example: the known pictures that look most alike to a network."""

from collections.abc import Callable

import numpy as np

from mnist_app.core.evaluation.embedding import Neighbours, embeddings
from mnist_app.core.recognition.classifier import Classifier

# What is kept of the known pictures; it holds all 60,000 for networks with 128 numbers a picture.
MOST_BYTES = 32_000_000


class Examples:
    """Known pictures to explain others by; safe to call from several threads."""

    def __init__(
        self,
        classifier: Classifier,
        images: np.ndarray,
        report: Callable[[float], None] = lambda fraction: None,
        should_stop: Callable[[], bool] = lambda: False,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Find out where the known pictures lie in the space of the network's last layer.

        Args:
            images: uint8 (n, 28, 28), n >= 1; of more than fit into `most_bytes`, the same random
                sample each time.
            report: called with the fraction done, 0..1.
            should_stop: asked between batches.

        Raises:
            Stopped: it was asked to stop.
        """
        self._classifier = classifier
        fitting = max(1, most_bytes // (4 * classifier.dimensions))
        self.numbers = np.arange(len(images))
        if fitting < len(images):
            chance = np.random.default_rng(0)
            self.numbers = np.sort(chance.choice(len(images), fitting, replace=False))
        known = embeddings(classifier, images[self.numbers], report, should_stop)
        self._neighbours = Neighbours(known)
        # The first call is slow.
        self.like(images[:1], 1)

    def like(self, images: np.ndarray, count: int) -> np.ndarray:
        """Find the known pictures most like each image, uint8 (n, 28, 28), nearest first.

        Returns:
            Their numbers, int64 (n, count); fewer if fewer are known.
        """
        _, nearest = self._neighbours.nearest(embeddings(self._classifier, images), count)
        return self.numbers[nearest]
