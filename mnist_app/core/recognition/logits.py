"""Logits of a network, their log odds and margins.

Near certainty a probability hardly moves, whatever is drawn; the logits behind it still do.
"""

from typing import Protocol

import numpy as np


class LogitSource(Protocol):
    """Anything that gives the logits of each class, such as a `Classifier`."""

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Return logits whose softmax is the answer, (n, classes), of float32 (n, 28, 28)."""
        ...


class GradientSource(LogitSource, Protocol):
    """Anything that also gives the gradients of its logits, such as `KerasLogits`."""

    def gradients(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how the log odds of class `target` change with the ink of each pixel.

        Args:
            pictures: float32 (n, 28, 28) in 0..1.

        Returns:
            The logits, float32 (n, classes), and the gradients, float32 (n, 28, 28).
        """
        ...


def log_odds(logits: np.ndarray, target: int) -> np.ndarray:
    """Return log(p / (1 - p)) of class `target`: float (n, classes), two at least -> (n,)."""
    return logits[:, target] - np.logaddexp.reduce(np.delete(logits, target, axis=1), axis=1)


def margin(logits: np.ndarray, target: int) -> np.ndarray:
    """Return how far class `target` is before the best of the others: (n, classes) -> (n,)."""
    return logits[:, target] - np.delete(logits, target, axis=1).max(axis=1)
