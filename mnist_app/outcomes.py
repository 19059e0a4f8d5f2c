"""What comes of learning: it travels from a worker to whoever asked for it."""

from dataclasses import dataclass

from mnist_app.evaluation import EvaluationReport
from mnist_app.model_store import StoredModel
from mnist_app.progress import Progress


@dataclass(frozen=True)
class TrainingOutcome:
    """What a training run leaves: the stored model, its test results and how it went."""

    stored: StoredModel
    report: EvaluationReport
    progress: Progress
    stopped: bool


@dataclass(frozen=True)
class Change:
    """The share of pictures read right, 0..1, before and after, and how many pictures those are."""

    before: float
    after: float
    pictures: int


@dataclass(frozen=True)
class FinetuningOutcome:
    """The new model, how it reads the person's drawings, and how the test pictures of a data set.

    Attributes:
        own: on the very drawings that it learned from.
        test: on pictures that neither model has learned from.
        dataset: the name of the data set that the test pictures are of.
        share: how far its weights went from the model's to the learned ones, 0..1; at 0 nothing
            could be learned without forgetting, and it reads as the model does.
    """

    stored: StoredModel
    own: Change
    test: Change
    dataset: str
    share: float
