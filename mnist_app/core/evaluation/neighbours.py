"""Explanation by example: the known pictures that look most alike to a network."""

from collections.abc import Callable, Sequence

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
            images: uint8 (n, 28, 28), n >= 1; as many of them, by chance but the same each time,
                as fit into `most_bytes`.
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
        self.like(images[0], 1)

    def like(self, image: np.ndarray, count: int) -> np.ndarray:
        """Find the known pictures most like an image, uint8 (28, 28), nearest first.

        Returns:
            Their numbers, int64 (count,); fewer if fewer are known.
        """
        _, nearest = self._neighbours.nearest(embeddings(self._classifier, image[None]), count)
        return self.numbers[nearest[0]]


def describe_neighbours(labels: np.ndarray, true: int, read: int, names: Sequence[str]) -> str:
    """Summarise the nearest examples of a picture in one plain sentence.

    Args:
        labels: int64 (n,), of the examples, nearest first.
        true, read: the picture's class, and what it was read as.
        names: one a class.
    """
    classes, counts = np.unique(labels, return_counts=True)
    most = int(classes[counts.argmax()])
    among = f"all {len(labels)}" if len(classes) == 1 else f"{counts.max()} of {len(labels)}"
    found = f"Of the pictures that look most alike to the network, {among} are “{names[most]}”"
    if counts.max() * 2 <= len(labels):
        return (
            f"The pictures that look most alike to the network are of {len(classes)} kinds: this "
            "one lies between them."
        )
    if most == read == true:
        return f"{found}: it lies where it belongs."
    if most == read:
        return f"{found}: so it takes this one for one of them, too."
    if most == true:
        return f"{found}, as it is itself; yet the last step reads “{names[read]}”: it is close."
    return f"{found}: neither what it is nor what it was read as."
