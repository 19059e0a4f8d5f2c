"""Jobs about the space of a network's last layer, each done once for a model and a data set."""

from dataclasses import dataclass

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.evaluation.projection import PictureMap, neighbour_map, picture_map
from mnist_app.core.images.sprites import sprite_sheet
from mnist_app.core.jobs.job_queue import Control, Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.pages.session.queues import (
    identity,
    import_first,
    once_unless_given_up,
    own_classifier,
    queues,
)

SKLEARN = ("sklearn.decomposition", "sklearn.manifold", "sklearn.neighbors")


@dataclass(frozen=True, eq=False)
class PicturedMap:
    """A map of the test pictures.

    Attributes:
        places: where they lie.
        sheet: the pictures themselves, see `sprites`.
    """

    places: PictureMap
    sheet: bytes


def map_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the `PicturedMap` of the data set's test pictures."""

    def work(control: Control) -> PicturedMap:
        import_first(*SKLEARN)
        found = picture_map(
            own_classifier(model), dataset.test_images, control.report, control.should_stop
        )
        return PicturedMap(found, sprite_sheet(dataset.test_images))

    return once_unless_given_up(queues().maps, _key(model, dataset), work)


def neighbour_map_job(model: StoredModel, dataset: Dataset, known: PictureMap) -> Snapshot:
    """The job that reports a `Round` now and then, and whose result is the last one's places."""

    def work(control: Control) -> object:
        return neighbour_map(known.directions, control.report, control.should_stop)

    return once_unless_given_up(queues().neighbour_maps, _key(model, dataset), work)


def examples_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the `Examples` among the data set's training pictures."""

    def work(control: Control) -> Examples:
        import_first(*SKLEARN)
        return Examples(
            own_classifier(model), dataset.train_images, control.report, control.should_stop
        )

    return once_unless_given_up(queues().examples, _key(model, dataset), work)


def other_job(model: StoredModel) -> Snapshot:
    """The job whose result is the `Classifier` of a model that is asked for a second opinion.

    It has a line of its own, so that the models that visitors draw for are not forgotten for it.
    """

    def work(control: Control) -> Classifier:
        return own_classifier(model)

    return queues().others.once(identity(model), work)


def _key(model: StoredModel, dataset: Dataset) -> tuple[tuple[str, float], str]:
    return identity(model), dataset.name
