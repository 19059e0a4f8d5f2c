"""The results of training, as they travel from a worker and once their model is saved."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.runs.progress import Progress
from mnist_app.core.shelf.visitors import hashed


@dataclass(frozen=True)
class UnsavedModel:
    """A model that was trained and tested, with its card."""

    files: ModelFiles
    card: ModelCard


Model = TypeVar("Model", UnsavedModel, StoredModel)


@dataclass(frozen=True)
class TrainingOutcome(Generic[Model]):
    """The outcome of a training run.

    Attributes:
        report: how the test pictures are read.
        stopped: whether it was stopped before its end, by a person, by the host's limit, or
            because it diverged.
    """

    report: EvaluationReport
    progress: Progress
    stopped: bool
    model: Model


@dataclass(frozen=True)
class AccuracyChange:
    """The fraction read right, 0..1, before and after, and the number of pictures."""

    before: float
    after: float
    pictures: int


@dataclass(frozen=True)
class FinetuningOutcome(Generic[Model]):
    """The result of a copy that learned a hand.

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
    model: Model


Outcome = TypeVar("Outcome", TrainingOutcome, FinetuningOutcome)


def saved(outcome: Outcome, path: Path | None, maker: str = "") -> Outcome:
    """Save the model of an outcome where the models are; see `model_store.save`.

    Args:
        maker: the visitor whose it is, "" for nobody.

    Raises:
        DigitLabError: the place cannot be written.
    """
    card = replace(outcome.model.card, maker=hashed(maker) if maker else "")
    stored = model_store.save(outcome.model.files, card, path)
    return replace(outcome, model=stored)
