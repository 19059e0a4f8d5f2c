"""Measures of a classifier on test pictures, by scikit-learn."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from mnist_app.core.errors import Stopped
from mnist_app.core.recognition.classifier import BATCH, Answering

# As Guo et al., "On calibration of modern neural networks", 2017.
BINS = 15


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1, each 0..1, and the number of pictures they speak of."""

    precision: float
    recall: float
    f1: float
    images: int


@dataclass(frozen=True)
class Bin:
    """Pictures that were read about equally surely.

    Attributes:
        low, high: the range of their confidences, 0..1.
        confidence: their mean confidence, 0..1.
        accuracy: the fraction of them that was read right, 0..1.
        images: how many they are, at least 1.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    images: int


@dataclass(frozen=True)
class EvaluationReport:
    """The results of a model on labelled pictures it was not trained on.

    Attributes:
        accuracy: fraction read right, 0..1.
        loss: mean categorical cross-entropy, in nats.
        binary_crossentropy: mean over pictures and classes of the yes-or-no cross-entropy, in nats.
        top_2: fraction whose true class is among the two most probable, 0..1.
        macro: the mean over classes.
        weighted: the same with each class counted by its number of pictures.
        per_class: in the order of the labels.
        confusion_matrix: int64 (classes, classes), row: true class, column: predicted class.
        labels, predictions: int64 (n,).
        probabilities: float32 (n, classes).
        seconds: how long the network took to answer.
    """

    accuracy: float
    loss: float
    binary_crossentropy: float
    top_2: float
    macro: ClassScores
    weighted: ClassScores
    per_class: tuple[ClassScores, ...]
    confusion_matrix: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray
    probabilities: np.ndarray
    seconds: float

    @property
    def images(self) -> int:
        """Return the number of pictures."""
        return len(self.labels)

    @property
    def confidences(self) -> np.ndarray:
        """Return the probability of each prediction, float32 (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def is_right(self) -> np.ndarray:
        """Mark the pictures that were read right, bool (n,)."""
        return self.labels == self.predictions


def evaluate(
    classifier: Answering,
    images: np.ndarray,
    labels: np.ndarray,
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> EvaluationReport:
    """Read every picture and score the answers.

    Args:
        images: uint8 (n, 28, 28), n >= 1.
        labels: int64 (n,).
        report: called with the fraction read, 0..1.
        should_stop: asked between batches.

    Raises:
        Stopped: it was asked to stop.
    """
    started = time.perf_counter()
    answers = []
    for start in range(0, len(images), BATCH):
        if should_stop():
            raise Stopped
        answers.append(classifier.probabilities(images[start : start + BATCH]))
        report(min(1.0, (start + BATCH) / len(images)))
    return score(np.concatenate(answers), labels, time.perf_counter() - started)


def score(probabilities: np.ndarray, labels: np.ndarray, seconds: float = 0.0) -> EvaluationReport:
    """Score answers, float32 (n, classes), against labels, int64 (n,)."""
    from sklearn import metrics

    classes = np.arange(probabilities.shape[1])
    predictions = probabilities.argmax(axis=1)
    scores = partial(
        metrics.precision_recall_fscore_support,
        labels,
        predictions,
        labels=classes,
        zero_division=0,
    )
    one_hot = labels[:, None] == classes
    exact = probabilities.astype(np.float64)
    # Sums that float32 leaves a hair from 1 would each be warned of.
    exact /= exact.sum(axis=1, keepdims=True)
    return EvaluationReport(
        accuracy=float(metrics.accuracy_score(labels, predictions)),
        loss=float(metrics.log_loss(labels, exact, labels=classes)),
        binary_crossentropy=float(
            metrics.log_loss(one_hot.ravel(), exact.ravel(), labels=[False, True])
        ),
        top_2=_top_2(probabilities, labels),
        macro=_mean(scores(average="macro"), len(labels)),
        weighted=_mean(scores(average="weighted"), len(labels)),
        per_class=tuple(
            ClassScores(float(p), float(r), float(f), int(n))
            for p, r, f, n in zip(*scores(), strict=True)
        ),
        confusion_matrix=metrics.confusion_matrix(labels, predictions, labels=classes),
        labels=labels,
        predictions=predictions,
        probabilities=probabilities,
        seconds=seconds,
    )


def _mean(scores: tuple[float, float, float, None], images: int) -> ClassScores:
    """Return scikit-learn's mean precision, recall and F1; its fourth value is None."""
    precision, recall, f1, _ = scores
    return ClassScores(float(precision), float(recall), float(f1), images)


def _top_2(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the fraction of labels, int64 (n,), among the two best of float32 (n, classes)."""
    from sklearn.metrics import top_k_accuracy_score

    classes = np.arange(probabilities.shape[1])
    if len(classes) < 3:
        # scikit-learn asks for more classes than guesses.
        return 1.0
    return float(top_k_accuracy_score(labels, probabilities, k=2, labels=classes))


def reliability(report: EvaluationReport, bins: int = BINS) -> tuple[Bin, ...]:
    """Group answers by confidence and count the right ones; empty bins are left out.

    With a well calibrated model `accuracy` is `confidence` in every bin. DeGroot, Fienberg, "The
    comparison and evaluation of forecasters", 1983.
    """
    places = np.minimum((report.confidences * bins).astype(int), bins - 1)
    found = []
    for place in np.unique(places):
        inside = places == place
        found.append(
            Bin(
                low=float(place / bins),
                high=float((place + 1) / bins),
                confidence=float(report.confidences[inside].mean(dtype=np.float64)),
                accuracy=float(report.is_right[inside].mean()),
                images=int(inside.sum()),
            )
        )
    return tuple(found)


def calibration_error(report: EvaluationReport) -> float:
    """Return the expected calibration error: the mean gap of confidence and accuracy, 0..1.

    Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017.
    """
    gaps = (part.images * abs(part.confidence - part.accuracy) for part in reliability(report))
    return sum(gaps) / report.images


def card_metrics(report: EvaluationReport) -> dict[str, float]:
    """Return the rounded measures that go on a model's card."""
    return {
        "accuracy": round(report.accuracy, 5),
        "loss": round(report.loss, 5),
        "images": report.images,
    }


def as_dict(report: EvaluationReport) -> dict[str, object]:
    """Return the measures without the single answers, ready for JSON."""

    def scores(of: ClassScores) -> dict[str, float]:
        return {"precision": of.precision, "recall": of.recall, "f1": of.f1}

    return {
        "accuracy": report.accuracy,
        "loss": report.loss,
        "binary_crossentropy": report.binary_crossentropy,
        "top_2_accuracy": report.top_2,
        "calibration_error": calibration_error(report),
        "macro": scores(report.macro),
        "weighted": scores(report.weighted),
        "per_class": [
            {"class": index, **scores(of), "images": of.images}
            for index, of in enumerate(report.per_class)
        ],
        "confusion_matrix": report.confusion_matrix.tolist(),
        "images": report.images,
        "seconds": round(report.seconds, 3),
    }
