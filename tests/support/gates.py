"""A task that tests hold in their hands, and looks at jobs."""

import threading
import time
from collections.abc import Callable

from mnist_app.core.jobs.job_queue import Control, JobQueue
from mnist_app.core.jobs.snapshot import Snapshot

# Seconds after which nothing more is expected, on however slow a machine.
PATIENCE = 300


class Gate:
    """A task that runs until it is let go, or told to stop."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, control: Control) -> str:
        self.entered.set()
        while not self.opened.is_set() and not control.should_stop():
            time.sleep(0.005)
        return "through"


def over(queue: JobQueue, job: Snapshot) -> Snapshot:
    """The job once it is over."""
    last = queue.wait(job.id, PATIENCE)
    assert last is not None
    assert last.is_over
    return last


def now(queue: JobQueue, job: Snapshot) -> Snapshot:
    found = queue.snapshot(job.id)
    assert found is not None
    return found


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)
