"""Monitoring of a network while it learns: its answers, its filters, its mistakes."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.runs.progress import HardPicture, View
from mnist_app.lab.networks.keras_classifier import KerasClassifier

# Test pictures that are watched, filters that are shown, and hardest pictures that are named.
WATCHED, MOST_FILTERS, HARDEST = 40, 64, 12


@dataclass(frozen=True)
class Validation:
    """The results on pictures kept aside; see `Progress`."""

    loss: float
    accuracy: float
    class_accuracy: tuple[float, ...]
    hardest: tuple[HardPicture, ...]


class NetworkMonitor:
    """Samples a network that is being trained, from the thread that trains it."""

    def __init__(
        self, classifier: KerasClassifier, dataset: Dataset, drawing: np.ndarray | None = None
    ) -> None:
        """Watch with test pictures of `dataset`, and `drawing`, uint8 (28, 28)."""
        self._classifier = classifier
        self._indices = _chosen(dataset.test_labels, len(dataset.class_names))
        self._labels = dataset.test_labels[self._indices]
        self._pictures = dataset.test_images[self._indices]
        self._has_drawing = drawing is not None
        if drawing is not None:
            self._pictures = np.concatenate([self._pictures, drawing[None]])

    def look(self) -> tuple[View, tuple[float, ...]]:
        """Return the network now, and its probabilities for the drawing; none without one."""
        answers = self._classifier.probabilities(self._pictures)
        predictions = answers[: len(self._indices)].argmax(axis=1)
        filters = first_filters(self._classifier.model)
        view = View(self._indices, self._labels, predictions, filters)
        return view, tuple(map(float, answers[-1])) if self._has_drawing else ()


def first_filters(model: keras.Model) -> np.ndarray:
    """Return the weights of the first layer that has a kernel, as pictures.

    Returns:
        float32 (filters, height, width), at most `MOST_FILTERS`; of a dense layer the weights of
        each unit, in the shape of the picture that it looks at.
    """
    kernel: Any = next(layer.kernel for layer in model.layers if hasattr(layer, "kernel"))
    weights = np.asarray(kernel.numpy(), dtype=np.float32)
    if weights.ndim == 2:
        # Before it the picture was pooled at most: it is square and has one channel.
        side = math.isqrt(len(weights))
        weights = weights.reshape(side, side, 1, -1)
    return np.moveaxis(weights[:, :, 0, :MOST_FILTERS], -1, 0)


def validate(
    probabilities: np.ndarray, labels: np.ndarray, indices: np.ndarray, smoothing: float = 0.0
) -> Validation:
    """Score answers as Keras does.

    Args:
        probabilities: float32 (n, classes).
        labels: int64 (n,).
        indices: the pictures' places in the data set, int64 (n,).
        smoothing: the doubt mixed into each right answer, as in training, 0..1.
    """
    classes = probabilities.shape[1]
    logs = np.log(np.clip(probabilities, 1e-7, 1.0))
    losses = -logs[np.arange(len(labels)), labels]
    smoothed = (1 - smoothing) * losses - smoothing * logs.mean(axis=1)
    predictions = probabilities.argmax(axis=1)
    right = predictions == labels
    counts = np.bincount(labels, minlength=classes)
    of_class = np.bincount(labels[right], minlength=classes) / np.where(counts, counts, np.nan)
    worst = np.argsort(-losses, kind="stable")[:HARDEST]
    return Validation(
        float(smoothed.mean()),
        float(right.mean()),
        tuple(map(float, of_class)),
        tuple(
            HardPicture(int(indices[i]), int(labels[i]), int(predictions[i]), float(losses[i]))
            for i in worst
        ),
    )


def _chosen(labels: np.ndarray, classes: int) -> np.ndarray:
    """Choose the first pictures of each class, equally many, in the order of classes."""
    of_each = max(1, WATCHED // classes)
    first = [np.flatnonzero(labels == label)[:of_each] for label in range(classes)]
    return np.concatenate(first)[:WATCHED]
