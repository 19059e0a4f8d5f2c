"""Who waits for a job that all visitors share: one of them alone does not stop it for the others.

Each tab counts by itself, as each shows by itself how the job stands.
"""

import threading
import time
from collections.abc import Callable

import streamlit as st

from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.snapshot import Snapshot

# Who waits asks several times a second; a tab in the background once a second at first. One that
# is slower than this, and wants the job after all, starts it again by itself.
GONE_SECONDS = 10.0


class Interest:
    """Which tabs wait for which jobs; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[JobQueue, int, str], float] = {}

    def note(self, worker: JobQueue, job_id: int, tab: str) -> None:
        """A tab waits for a job; told again and again."""
        with self._lock:
            now = self._clock()
            self._seen = {
                key: seen for key, seen in self._seen.items() if now - seen < GONE_SECONDS
            }
            self._seen[worker, job_id, tab] = now

    def drop(self, worker: JobQueue, job_id: int, tab: str) -> bool:
        """A tab waits no longer; tells whether nobody else does."""
        with self._lock:
            now = self._clock()
            self._seen.pop((worker, job_id, tab), None)
            return not any(
                key[:2] == (worker, job_id) and now - seen < GONE_SECONDS
                for key, seen in self._seen.items()
            )


def give_up(worker: JobQueue, job: Snapshot) -> None:
    """This session does not want the job, whether or not it goes on for others."""
    _given_up().add((worker.name, job.id))


def take_up(worker: JobQueue, job: Snapshot) -> None:
    """It wants it after all."""
    _given_up().discard((worker.name, job.id))


def has_given_up(worker: JobQueue, job: Snapshot) -> bool:
    """Whether this session does not want the job."""
    return (worker.name, job.id) in _given_up()


def _given_up() -> set[tuple[str, int]]:
    return st.session_state.setdefault("given_up", set())
