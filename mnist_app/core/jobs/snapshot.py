"""A job at one moment, as pages see it."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """The state of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class GaveWay(StrEnum):
    """The reason why a job was stopped for those who wait."""

    LEFT = "left"
    PAUSED = "paused"


@dataclass(frozen=True)
class Snapshot:
    """A job at one moment; never changes once made.

    Attributes:
        id: unique in its queue.
        key: what the job is about; the same key is never worked on twice by `JobQueue.once`.
        owner: who asked for it.
        state: where it stands.
        ahead: how many jobs run or wait before it.
        place: its place among those that wait, 1 is the next to run; 0 when it does not wait.
        progress: what it last reported, None before that.
        result: what it returned, when it is done, or stopped with something to keep.
        error: one sentence for a person, when it failed.
        is_refused: it failed for what it was given, with which it would fail again.
        stopping: it was asked to stop and has not yet.
        gave_way: it was stopped for others because its owner had left, or let it pause for too
            long; None else.
        paused: it waits to be resumed.
        started, ended: seconds since the epoch, 0 until then.
    """

    id: int
    key: Hashable
    owner: str
    state: JobState = JobState.WAITING
    ahead: int = 0
    place: int = 0
    progress: Any = None
    result: Any = None
    error: str = ""
    is_refused: bool = False
    stopping: bool = False
    gave_way: GaveWay | None = None
    paused: bool = False
    started: float = 0.0
    ended: float = 0.0

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will change."""
        return self.state in (JobState.DONE, JobState.STOPPED, JobState.FAILED)
