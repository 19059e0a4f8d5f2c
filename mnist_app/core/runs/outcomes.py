"""The results of training, as they travel from a worker and once they are saved."""

from dataclasses import dataclass
from pathlib import Path

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.runs.progress import Progress


@dataclass(frozen=True)
class TrainingResult:
    """The course of a training run and its test.

    Attributes:
        report: how the test pictures are read.
        stopped: whether it was stopped before its end, by a person, by the host's limit, or
            because it diverged.
    """

    report: EvaluationReport
    progress: Progress
    stopped: bool


@dataclass(frozen=True)
class Trained(TrainingResult):
    """A network that was trained and tested, not saved yet."""

    files: ModelFiles
    card: ModelCard


@dataclass(frozen=True)
class TrainingOutcome(TrainingResult):
    """The outcome of a training run, with the stored model."""

    stored: StoredModel


def save_trained(trained: Trained, path: Path | None) -> TrainingOutcome:
    """Save a trained network where the models are; see `model_store.save`.

    Raises:
        DigitLabError: the place cannot be written.
    """
    saved = model_store.save(trained.files, trained.card, path)
    return TrainingOutcome(trained.report, trained.progress, trained.stopped, saved)


@dataclass(frozen=True)
class AccuracyChange:
    """The fraction read right, 0..1, before and after, and the number of pictures."""

    before: float
    after: float
    pictures: int


@dataclass(frozen=True)
class FinetuningResult:
    """What a copy of a network has learned of a hand.

    Attributes:
        own: on the very drawings that it learned from.
        test: on pictures that neither model has learned from.
        dataset: the name of the data set that the test pictures are of.
        fraction: how far its weights went from the model's to the learned ones, 0..1; at 0 nothing
            could be learned without forgetting, and it reads as the model does.
    """

    own: AccuracyChange
    test: AccuracyChange
    dataset: str
    fraction: float


@dataclass(frozen=True)
class FineTuned(FinetuningResult):
    """A copy of a network that learned a hand, not saved yet."""

    files: ModelFiles
    card: ModelCard


@dataclass(frozen=True)
class FinetuningOutcome(FinetuningResult):
    """A copy of a network that learned a hand, stored."""

    stored: StoredModel


def save_fine_tuned(tuned: FineTuned, path: Path | None) -> FinetuningOutcome:
    """Save a fine-tuned copy where the models are; see `model_store.save`.

    Raises:
        DigitLabError: the place cannot be written.
    """
    saved = model_store.save(tuned.files, tuned.card, path)
    return FinetuningOutcome(tuned.own, tuned.test, tuned.dataset, tuned.fraction, saved)
