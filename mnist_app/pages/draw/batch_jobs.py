"""Many pictures of one visitor, read in a job; what comes of it lives as long as their session."""

import io
import weakref
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.images import frames
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.batch import ReadingOptions, Row, Values, rows
from mnist_app.core.recognition.input_files import entries_of
from mnist_app.pages.session.jobs import THREADS, own_classifier
from mnist_app.pages.session.queues import queues

# More are not read at once; the command line has no such limit.
MOST = 200


@dataclass(frozen=True)
class ShownRow:
    """A row of the table: its values, and the picture as an address that holds all of it."""

    values: Values
    picture: str | None


@dataclass(eq=False)
class Batch:
    """Pictures to be read, and the rows that come of them, in the order of the files.

    Attributes:
        about: what tells it from another.
        files: each with its name; let go of once they are read.
        job: the number of the job that reads.
    """

    about: tuple
    files: Sequence[tuple[str, bytes]]
    rows: list[ShownRow] = field(default_factory=list)
    job: int = 0


def begin(batch: Batch, model: StoredModel, options: ReadingOptions, owner: str) -> None:
    """Begin to read a batch, in whose `rows` the rows come.

    Raises:
        DigitLabError: too many people wait for theirs.
    """
    queue = queues().batches
    if sum(not job.is_over for job in queue.jobs()) > limits.most("waiting"):
        raise DigitLabError("Many people are reading pictures right now. Try again in a minute.")
    # Whoever leaves takes the batch along, and then there is nobody to read for.
    sought = weakref.ref(batch)

    def work(control: Control) -> None:
        import_first("scipy.ndimage", "skimage.filters", "pandas")
        classifiers = [own_classifier(model, control) for _ in range(THREADS)]
        files = _still(sought).files
        total, done = sum(len(data) for _, data in files), 0
        entries = entries_of((name, partial(io.BytesIO, data)) for name, data in files)
        for row in rows(islice(entries, MOST), classifiers, options):
            if control.should_stop():
                raise Stopped
            _still(sought).rows.append(_shown(row))
            done += row.size
            control.report(min(1.0, done / max(1, total)))
        _still(sought).files = ()

    batch.job = queue.submit(work, owner).id


def _still(sought: weakref.ref[Batch]) -> Batch:
    batch = sought()
    if batch is None:
        raise Stopped
    return batch


def _shown(row: Row) -> ShownRow:
    if row.picture is None:
        return ShownRow(row.values, None)
    picture = b64encode(frames.small(row.picture)).decode()
    return ShownRow(row.values, f"data:image/jpeg;base64,{picture}")
