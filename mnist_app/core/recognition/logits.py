"""What a network says before it makes probabilities of it.

Near certainty a probability hardly moves, whatever is drawn; the scores behind it still do.
"""

from typing import Protocol

import numpy as np


class Scoring(Protocol):
    """What gives the scores of each class, such as a `Classifier`."""

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Return scores whose softmax is the answer, (n, classes), of float32 (n, 28, 28)."""
        ...


class Sloping(Scoring, Protocol):
    """What also tells how the scores change with the ink, such as `lab.scores.Scores`."""

    def slopes(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how the log odds of class `target` change with the ink of each pixel.

        Args:
            pictures: float32 (n, 28, 28) in 0..1.

        Returns:
            The scores, float32 (n, classes), and the gradients, float32 (n, 28, 28).
        """
        ...


def log_odds(logits: np.ndarray, target: int) -> np.ndarray:
    """Return log(p / (1 - p)) of class `target`: float (n, classes), two at least -> (n,)."""
    return logits[:, target] - np.logaddexp.reduce(np.delete(logits, target, axis=1), axis=1)


def lead(logits: np.ndarray, target: int) -> np.ndarray:
    """Return how far class `target` is before the best of the others: (n, classes) -> (n,)."""
    return logits[:, target] - np.delete(logits, target, axis=1).max(axis=1)
