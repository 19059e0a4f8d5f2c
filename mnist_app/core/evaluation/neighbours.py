"""Explanation by example: the known pictures that look most alike to a network."""

from collections.abc import Callable

import numpy as np

from mnist_app.core.errors import Stopped
from mnist_app.core.recognition.classifier import BATCH, Classifier

# What is kept of the known pictures; it holds all 60,000 for networks with 128 numbers a picture.
MOST_BYTES = 32_000_000


def embeddings(
    classifier: Classifier,
    images: np.ndarray,
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return where images lie in the space of a network's last layer.

    Args:
        images: uint8 (n, 28, 28), 255 is full ink.
        report: called with the fraction done, 0..1.
        should_stop: asked between batches.

    Returns:
        float32 (n, d).

    Raises:
        Stopped: it was asked to stop.
    """
    found = np.zeros((len(images), classifier.dimensions), dtype=np.float32)
    for start in range(0, len(images), BATCH):
        if should_stop():
            raise Stopped
        batch = images[start : start + BATCH].astype(np.float32) / 255
        found[start : start + BATCH] = classifier.answers(batch).features
        report(min(1.0, (start + BATCH) / len(images)))
    return found


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
            report, should_stop: see `embeddings`.

        Raises:
            Stopped: it was asked to stop.
        """
        from sklearn.neighbors import NearestNeighbors

        self._classifier = classifier
        fitting = max(1, most_bytes // (4 * classifier.dimensions))
        self.numbers = np.arange(len(images))
        if fitting < len(images):
            chance = np.random.default_rng(0)
            self.numbers = np.sort(chance.choice(len(images), fitting, replace=False))
        known = embeddings(classifier, images[self.numbers], report, should_stop)
        # In this many dimensions a tree is slower than comparing all.
        self._neighbours = NearestNeighbors(algorithm="brute").fit(known)
        # The first call is slow.
        self.like(images[:1], 1)

    def like(self, images: np.ndarray, count: int) -> np.ndarray:
        """Find the known pictures most like each image, uint8 (n, 28, 28), nearest first.

        Returns:
            Their numbers, int64 (n, count); fewer if fewer are known.
        """
        places = embeddings(self._classifier, images)
        count = min(count, len(self.numbers))
        return self.numbers[self._neighbours.kneighbors(places, count, return_distance=False)]
