"""Jobs in the space of a network's last layer, each done once for a model and a data set."""

from collections.abc import Hashable
from dataclasses import dataclass

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.evaluation.projection import PictureMap, neighbour_map, picture_map
from mnist_app.core.images.sprites import sprite_sheet
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.session.jobs import identity, own_classifier
from mnist_app.pages.session.queues import import_first, queues

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
    """Return the job whose result is the `PicturedMap` of the data set's test pictures."""

    def work(control: Control) -> PicturedMap:
        import_first(*SKLEARN)
        images, classifier = dataset.test_images, own_classifier(model, control)
        found = picture_map(classifier, images, control.report, control.should_stop)
        return PicturedMap(found, sprite_sheet(images))

    return queues().analyses.once(_key("map", model, dataset), work)


def neighbour_map_job(model: StoredModel, dataset: Dataset, known: PictureMap) -> Snapshot:
    """Return the job that reports a `Round` now and then; its result is the last one's places."""

    def work(control: Control) -> object:
        return neighbour_map(known.directions, control.report, control.should_stop)

    return queues().analyses.once(_key("neighbour map", model, dataset), work)


def examples_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """Return the job whose result is the `Examples` among the training pictures."""

    def work(control: Control) -> Examples:
        import_first(*SKLEARN)
        classifier = own_classifier(model, control)
        return Examples(classifier, dataset.train_images, control.report, control.should_stop)

    return queues().large.once(_key("examples", model, dataset), work)


def _key(kind: str, model: StoredModel, dataset: Dataset) -> Hashable:
    return kind, identity(model), dataset.name
