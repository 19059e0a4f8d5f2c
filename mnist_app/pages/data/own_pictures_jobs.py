"""The jobs that look into a file of own pictures, and that keep them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mnist_app.core.data.own_pictures import dataset_import
from mnist_app.core.data.own_pictures.conversion import Conversion, Method
from mnist_app.core.data.own_pictures.source import Source, sorted_names
from mnist_app.core.errors import DigitLabError
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.pages.session.queues import lined_up, queues

# Of a picture as it is, in pixels.
THUMBNAIL = 112
HEAVY = ("scipy.ndimage", "skimage.filters", "skimage.transform")


@dataclass(frozen=True)
class ShownSample:
    """A picture before and after.

    Attributes:
        label: what it shows.
        before: as it is, uint8 (height, width, 3).
        images: by each method, uint8 (28, 28); None where a method finds nothing in it.
    """

    label: str
    before: np.ndarray
    images: Mapping[Method, np.ndarray | None]


@dataclass(frozen=True)
class FilePreview:
    """A preview of a file of pictures.

    Attributes:
        classes: each with the number of its pictures.
        samples: a few pictures.
        suggestion: the method that suits them.
    """

    classes: tuple[tuple[str, int], ...]
    samples: tuple[ShownSample, ...]
    suggestion: Conversion


@dataclass(frozen=True)
class Kept:
    """A data set on the shelf, and a sentence about each picture that is not in it."""

    id: str
    left_out: tuple[str, ...]


def looking_job(file_id: str, name: str, data: bytes, owner: str) -> Snapshot:
    """Return the job whose result is a `FilePreview` into a file.

    Args:
        file_id: tells it from other files.

    Raises:
        DigitLabError: too many people wait.
    """

    def work(control: Control) -> FilePreview:
        source = _opened(name, data)
        found = dataset_import.samples(source)
        suggestion = dataset_import.suggestion(found)
        counts = Counter(source.labels)
        return FilePreview(
            tuple((label, counts[label]) for label in sorted_names(counts)),
            tuple(_shown(sample, suggestion) for sample in found),
            suggestion,
        )

    return lined_up(queues().batches, ("look into", file_id), work, owner)


def keeping_job(
    key: tuple, name: str, data: bytes, convert: Conversion, title: str, owner: str
) -> Snapshot:
    """Return the job that puts a file's pictures on the shelf; its result is `Kept`.

    Args:
        key: tells it from others.

    Raises:
        DigitLabError: too many people wait.
    """

    def work(control: Control) -> Kept:
        source = _opened(name, data)
        own = dataset_import.import_dataset(
            source, convert, "", title, control.report, control.should_stop
        )
        return Kept(own_datasets.keep(own.dataset, owner, title), own.left_out)

    return lined_up(queues().batches, ("keep", *key), work, owner)


def kept_as(key: tuple) -> Kept | None:
    """Return what came of the job about `key`; None while there is nothing yet."""
    job = queues().batches.latest(("keep", *key))
    return job.result if job is not None and job.state is JobState.DONE else None


def _opened(name: str, data: bytes) -> Source:
    import_first(*HEAVY)
    source = dataset_import.source_of(name, data)
    dataset_import.require_allowed(source)
    return source


def _shown(sample: dataset_import.Sample, suggestion: Conversion) -> ShownSample:
    colours = np.broadcast_to(sample.colours, (*sample.colours.shape[:2], 3))
    before = Image.fromarray(np.round(colours * 255).astype(np.uint8))
    before.thumbnail((THUMBNAIL, THUMBNAIL))
    images = {method: _converted(sample, suggestion.by(method)) for method in Method}
    return ShownSample(sample.label, np.asarray(before), images)


def _converted(sample: dataset_import.Sample, convert: Conversion) -> np.ndarray | None:
    try:
        return convert(sample.colours)
    except DigitLabError:
        return None
