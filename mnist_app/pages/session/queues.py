"""The queues of background jobs that all visitors of this process share."""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import JobQueue, Task
from mnist_app.core.jobs.snapshot import JobState, Snapshot

if TYPE_CHECKING:
    from mnist_app.core.jobs.cluster import Cluster

# An owner who shows no sign for so long has left, and their runs give way to those who wait.
LEFT_SECONDS = 300.0
# So long may a run pause while others wait.
PAUSE_SECONDS = 300.0


def _training_queue() -> JobQueue:
    at_once = 1
    # The first run tells that the setting is wrong.
    with suppress(DigitLabError):
        at_once = limits.most_workers()
    return JobQueue("training", patience=LEFT_SECONDS, longest_pause=PAUSE_SECONDS, at_once=at_once)


@dataclass(frozen=True)
class Queues:
    """The queues, and the locks of what may happen only once at a time.

    Attributes:
        training: training runs.
        finetuning: copies that learn a visitor's handwriting, remembered for the visit.
        teaching: copies that learn a visitor's symbols.
        datasets: data sets to open or download, up to 55 MB each.
        analyses: what reads thousands of pictures; results of up to 24 MB.
        batches: many pictures of a visitor.
        importing: networks of visitors, each for minutes of a worker.
        large: files, and neighbours among the training pictures, up to 32 MB each.
        lab: short questions that only a worker process can answer.
        short: what takes well under a second, such as reading a picture.
        downloaders: the tabs that wait for a download, by its job.
    """

    training: JobQueue = field(default_factory=_training_queue)
    finetuning: JobQueue = field(default_factory=lambda: JobQueue("finetuning", remembered=32))
    teaching: JobQueue = field(default_factory=lambda: JobQueue("teaching", remembered=32))
    datasets: JobQueue = field(default_factory=lambda: JobQueue("datasets", remembered=3))
    analyses: JobQueue = field(
        default_factory=lambda: JobQueue("analyses", remembered=6, at_once=2)
    )
    batches: JobQueue = field(default_factory=lambda: JobQueue("batches"))
    importing: JobQueue = field(default_factory=lambda: JobQueue("importing", remembered=32))
    large: JobQueue = field(default_factory=lambda: JobQueue("large", remembered=4, at_once=2))
    lab: JobQueue = field(default_factory=lambda: JobQueue("lab", remembered=32, at_once=2))
    short: JobQueue = field(default_factory=lambda: JobQueue("short", remembered=64, at_once=4))
    downloaders: dict[int, set[str]] = field(default_factory=dict)
    converting: threading.Lock = field(default_factory=threading.Lock)
    lining_up: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(show_spinner=False)
def queues() -> Queues:
    """Return the queues of this process."""
    return Queues()


@st.cache_resource(show_spinner=False)
def cluster() -> "Cluster":
    """Return the worker processes; Dask itself is imported with the first call.

    Raises:
        DigitLabError: a setting of the host is wrong.
    """
    from mnist_app.core.jobs.cluster import Cluster

    return Cluster(os.environ.get("MNIST_APP_SCHEDULER", "").strip(), limits.most_workers())


def newest(queue: JobQueue, key: tuple, task: Task, owner: str) -> Snapshot:
    """Return the job about `key`; stop what its owner asked of the same kind before."""
    _stop_earlier(queue, key, owner)
    return queue.once(key, task, owner)


def lined_up(queue: JobQueue, key: tuple, task: Task, owner: str) -> Snapshot:
    """Return the job about `key`; at first put it in line, in place of its owner's earlier one.

    One that was stopped stays so until it is forgotten: the owner's tabs do not stop each other
    in turn.

    Raises:
        DigitLabError: too many wait.
    """
    last = queue.latest(key)
    if last is None:
        _stop_earlier(queue, key, owner)
        waiting = sum(job.state is JobState.WAITING for job in queue.jobs())
        if waiting >= limits.most("waiting"):
            raise DigitLabError("Many people bring files right now. Try again in a minute.")
    elif last.state is JobState.STOPPED:
        return last
    return queue.once(key, task, owner)


def _stop_earlier(queue: JobQueue, key: tuple, owner: str) -> None:
    for job in queue.jobs(owner):
        if isinstance(job.key, tuple) and job.key[0] == key[0] and job.key != key:
            queue.stop(job.id)
