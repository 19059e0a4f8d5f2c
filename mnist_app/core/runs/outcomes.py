"""The results of training, as they travel from a worker and once they are saved."""

from dataclasses import dataclass
from pathlib import Path

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.runs.progress import Progress


@dataclass(frozen=True)
class Trained:
    """A network that was trained and tested, not saved yet.

    Attributes:
        report: how the test pictures are read.
        stopped: whether it was stopped before its end, by a person, by the host's limit, or
            because it diverged.
    """

    files: ModelFiles
    card: ModelCard
    report: EvaluationReport
    progress: Progress
    stopped: bool


@dataclass(frozen=True)
class TrainingOutcome:
    """The outcome of a training run: the stored model, its test results and its course."""

    stored: StoredModel
    report: EvaluationReport
    progress: Progress
    stopped: bool


def save_trained(trained: Trained, path: Path | None) -> TrainingOutcome:
    """Save a trained network where the models are; see `model_store.save`.

    Raises:
        DigitLabError: the place cannot be written.
    """
    saved = model_store.save(trained.files, trained.card, path)
    return TrainingOutcome(saved, trained.report, trained.progress, trained.stopped)


@dataclass(frozen=True)
class AccuracyChange:
    """The fraction read right, 0..1, before and after, and the number of pictures."""

    before: float
    after: float
    pictures: int


@dataclass(frozen=True)
class FineTuned:
    """A copy of a network that learned a hand, not saved yet; see `FinetuningOutcome`."""

    files: ModelFiles
    card: ModelCard
    own: AccuracyChange
    test: AccuracyChange
    dataset: str
    fraction: float


@dataclass(frozen=True)
class FinetuningOutcome:
    """The new model, how it reads the person's drawings, and how the test pictures of a data set.

    Attributes:
        own: on the very drawings that it learned from.
        test: on pictures that neither model has learned from.
        dataset: the name of the data set that the test pictures are of.
        fraction: how far its weights went from the model's to the learned ones, 0..1; at 0 nothing
            could be learned without forgetting, and it reads as the model does.
    """

    stored: StoredModel
    own: AccuracyChange
    test: AccuracyChange
    dataset: str
    fraction: float


def save_fine_tuned(tuned: FineTuned, path: Path | None) -> FinetuningOutcome:
    """Save a fine-tuned copy where the models are; see `model_store.save`.

    Raises:
        DigitLabError: the place cannot be written.
    """
    saved = model_store.save(tuned.files, tuned.card, path)
    return FinetuningOutcome(saved, tuned.own, tuned.test, tuned.dataset, tuned.fraction)
