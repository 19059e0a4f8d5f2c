"""A model and what it reads in a data set's test pictures."""

from dataclasses import dataclass

import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import confidence
from mnist_app.pages.components.pixel_images import Item
from mnist_app.pages.session.jobs import evaluation_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import result_or_stop


@dataclass(frozen=True, eq=False)
class EvaluatedModel:
    """A model, and its answers to the test pictures of a data set.

    Attributes:
        model: the model.
        dataset: the data set, of the same classes.
        report: the answers.
    """

    model: StoredModel
    dataset: Dataset
    report: EvaluationReport

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the classes."""
        return self.dataset.class_names

    def captions(self, numbers: slice | list[int]) -> list[str]:
        """Return what test pictures show and were read as, and below how sure the model was."""
        report, names = self.report, self.names
        answers = (report.labels, report.predictions, report.confidences)
        return [
            f"{names[true]} read as {names[read]}\n{confidence(sure)} sure"
            for true, read, sure in zip(*(of[numbers].tolist() for of in answers), strict=True)
        ]

    def items(self, numbers: list[int]) -> list[Item]:
        """Return test pictures with their captions, framed by whether they are read correctly."""
        frames = np.where(self.report.is_right[numbers], "right", "wrong").tolist()
        images = self.dataset.test_images[numbers]
        return list(zip(images, self.captions(numbers), frames, strict=True))


def evaluate_or_stop(model: StoredModel, dataset: Dataset, doing: str) -> EvaluatedModel:
    """Return the model with its answers; until then show the progress and end this run of the page.

    Args:
        doing: see `result_or_stop`.
    """
    report = result_or_stop(queues().analyses, evaluation_job(model, dataset), doing)
    return EvaluatedModel(model, dataset, report)
