"""Jobs in the space of a network's last layer, each done once for a model and a data set."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation import shipped_analysis
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.evaluation.projection import (
    ROUNDS,
    PictureMap,
    Round,
    neighbour_map,
    picture_map,
)
from mnist_app.core.evaluation.shipped_analysis import ALIKE
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.images.sprites import sprite_sheet
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.session.jobs import identity, own_classifier
from mnist_app.pages.session.queues import queues

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


@dataclass(frozen=True, eq=False)
class AlikePictures:
    """Finds the training pictures that look most alike to a network.

    Attributes:
        like: returns those of a test picture, by their numbers, nearest first, int64 (n,).
        searched: the number of training pictures among which it finds them.
    """

    like: Callable[[int], np.ndarray]
    searched: int


def map_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """Return the job whose result is the `PicturedMap` of the data set's test pictures."""

    def work(control: Control) -> PicturedMap:
        images, shipped = dataset.test_images, shipped_analysis.load(model.path, dataset)
        if shipped is not None:
            return PicturedMap(shipped.widest, sprite_sheet(images))
        import_first(*SKLEARN)
        classifier = own_classifier(model, control)
        found = picture_map(classifier, images, control.report, control.should_stop)
        return PicturedMap(found, sprite_sheet(images))

    return queues().analyses.once(_key("map", model, dataset), work)


def neighbour_map_job(model: StoredModel, dataset: Dataset, known: PictureMap) -> Snapshot:
    """Return the job that reports a `Round` now and then; its result is the last one's places."""

    def work(control: Control) -> object:
        shipped = shipped_analysis.load(model.path, dataset)
        if shipped is not None:
            control.report(Round(shipped.neighbours, ROUNDS))
            return shipped.neighbours
        return neighbour_map(known.directions, control.report, control.should_stop)

    return queues().analyses.once(_key("neighbour map", model, dataset), work)


def examples_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """Return the job whose result is the `AlikePictures` of the data set."""

    def work(control: Control) -> AlikePictures:
        shipped = shipped_analysis.load(model.path, dataset)
        if shipped is not None:
            return AlikePictures(shipped.alike.__getitem__, shipped.searched)
        import_first(*SKLEARN)
        classifier, known = own_classifier(model, control), dataset.train_images
        examples = Examples(classifier, known, control.report, control.should_stop)

        def like(number: int) -> np.ndarray:
            return examples.like(dataset.test_images[number : number + 1], ALIKE)[0]

        return AlikePictures(like, len(examples.numbers))

    return queues().large.once(_key("examples", model, dataset), work)


def _key(kind: str, model: StoredModel, dataset: Dataset) -> Hashable:
    return kind, identity(model), dataset.name
