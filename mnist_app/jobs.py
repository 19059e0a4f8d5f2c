"""Work that takes longer than a page may wait: background workers with immutable snapshots.

One `Worker` runs one job at a time; who comes second waits in line. A page only ever holds a job's
id and looks at snapshots, so a reload, a second tab or another page finds the same job again.
Several visitors share a worker: each job carries its owner, and an owner who left gives way.
"""

import gc
import itertools
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mnist_app.errors import DigitLabError
from mnist_app.steering import Steering

logger = logging.getLogger(__name__)

# Jobs that are over and still remembered; older ones are forgotten, so memory stays bounded.
REMEMBERED = 16


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Snapshot:
    """A job at one moment; never changes once made.

    Attributes:
        id: unique in its worker.
        key: what the job is about; the same key is never worked on twice by `Worker.once`.
        owner: who asked for it.
        state: where it stands.
        ahead: how many jobs run or wait before it.
        place: its place among those that wait, 1 is the next to run; 0 when it does not wait.
        progress: what it last reported, None before that.
        result: what it returned, when it is done, or stopped with something to keep.
        error: one sentence for a person, when it failed.
        stopping: it was told to stop and has not yet.
        left: it was told to stop because its owner had left.
        paused: it was told to wait.
        started, ended: seconds since the epoch, 0 until then.
    """

    id: int
    key: Hashable
    owner: str
    state: State = State.WAITING
    ahead: int = 0
    place: int = 0
    progress: Any = None
    result: Any = None
    error: str = ""
    stopping: bool = False
    left: bool = False
    paused: bool = False
    started: float = 0.0
    ended: float = 0.0

    @property
    def is_over(self) -> bool:
        """Nothing more will change."""
        return self.state in (State.DONE, State.STOPPED, State.FAILED)


class Control(Steering):
    """What a job holds on to while it runs: it reports through it and asks what it is told."""

    def __init__(self, worker: "Worker", job_id: int) -> None:
        super().__init__()
        self._worker = worker
        self._id = job_id

    def report(self, progress: Any) -> None:
        """Make `progress`, which must never change again, part of the next snapshots."""
        self._worker._update(self._id, progress=progress)


Task = Callable[[Control], Any]


@dataclass(frozen=True)
class _Order:
    """What belongs to a job until it is over; see `Worker.submit`."""

    task: Task
    control: Control
    if_cancelled: Callable[[], None]


class Worker:
    """One background thread that runs jobs in the order in which they came.

    Attributes:
        name: tells it from other workers.
    """

    def __init__(
        self,
        name: str,
        remembered: int = REMEMBERED,
        patience: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with no jobs.

        Args:
            remembered: how many jobs that are over can still be looked at.
            patience: an owner who was not `seen` for so many seconds by `clock` has left. A job
                of theirs that waits is cancelled; one that runs is stopped once another waits.
                Jobs of nobody, whose owner is "", are as if somebody always looked.
        """
        self.name = name
        self._remembered = remembered
        self._patience, self._clock = patience, clock
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._ids = itertools.count(1)
        self._jobs: OrderedDict[int, Snapshot] = OrderedDict()
        self._orders: dict[int, _Order] = {}
        self._seen: dict[str, float] = {}
        self._thread: threading.Thread | None = None

    def submit(
        self,
        task: Task,
        owner: str = "",
        key: Hashable = None,
        if_cancelled: Callable[[], None] = lambda: None,
    ) -> Snapshot:
        """Put a job in line.

        Args:
            task: called in the worker's thread. What it returns is the job's result; a
                `DigitLabError` is its failure in plain words; `InterruptedError` says that it
                stopped, as told, with nothing to keep.
            if_cancelled: called in its stead when it was told to stop before its turn; by
                whoever told it, so it must be quick.
        """
        with self._lock:
            return self._submit(task, owner, key, if_cancelled)

    def seen(self, owner: str) -> None:
        """A page of that owner is there; called by each, again and again.

        Whoever is there sees to it that those who left give way.
        """
        with self._lock:
            if owner in self._seen:
                self._seen[owner] = self._clock()
            cancelled = self._give_way()
        _tell(cancelled)

    def once(self, key: Hashable, task: Task, owner: str = "") -> Snapshot:
        """The job about `key`; put in line now if there is none yet, or it was stopped.

        A failed job stays, so that its failure can be read, until `forget` clears the way.
        """
        with self._lock:
            for job in reversed(self._jobs.values()):
                if job.key == key and job.state is not State.STOPPED:
                    # Asked for again: the last to be forgotten.
                    self._jobs.move_to_end(job.id)
                    return self._placed(job)
            return self._submit(task, owner, key, lambda: None)

    def snapshot(self, job_id: int) -> Snapshot | None:
        """The job now; None when it is long over and forgotten."""
        with self._lock:
            job = self._jobs.get(job_id)
            return self._placed(job) if job else None

    def latest(self, key: Hashable) -> Snapshot | None:
        """The newest job about `key`, without starting one."""
        with self._lock:
            found = [job for job in self._jobs.values() if job.key == key]
            return self._placed(max(found, key=lambda job: job.id)) if found else None

    def jobs(self, owner: str | None = None) -> list[Snapshot]:
        """All jobs, or one owner's, oldest first."""
        with self._lock:
            found = sorted(self._jobs.values(), key=lambda job: job.id)
            return [self._placed(job) for job in found if owner in (None, job.owner)]

    def stop(self, job_id: int) -> None:
        """Tell a job to stop; one that only waits is over at once."""
        with self._lock:
            job = self._jobs.get(job_id)
            cancelled = self._stop(job) if job else []
        _tell(cancelled)

    def pause(self, job_id: int) -> None:
        """Make a running job wait, if it is of a kind that can; others are left as they are."""
        with self._lock:
            control = self._running(job_id)
            if control is not None and not control.should_stop():
                control.pause()
                self._set(job_id, paused=True)

    def resume(self, job_id: int) -> None:
        """Let a paused job go on."""
        with self._lock:
            control = self._running(job_id)
            if control is not None:
                control.resume()
                self._set(job_id, paused=False)

    def scale_learning_rate(self, job_id: int, factor: float) -> None:
        """Multiply the learning rate of a running job; others are left as they are.

        Raises:
            DigitLabError: the factor is no number above zero.
        """
        with self._lock:
            control = self._running(job_id)
            if control is not None:
                control.scale_learning_rate(factor)

    def forget(self, job_id: int) -> None:
        """Drop a job that is over."""
        with self._lock:
            if job_id in self._jobs and self._jobs[job_id].is_over:
                del self._jobs[job_id]

    def wait(self, job_id: int, timeout: float | None = None) -> Snapshot | None:
        """Wait until a job is over, for callers without a screen; gives its last snapshot."""

        def is_over() -> bool:
            job = self._jobs.get(job_id)
            return job is None or job.is_over

        with self._changed:
            self._changed.wait_for(is_over, timeout)
            return self._jobs.get(job_id)

    def _submit(
        self, task: Task, owner: str, key: Hashable, if_cancelled: Callable[[], None]
    ) -> Snapshot:
        job_id = next(self._ids)
        self._jobs[job_id] = Snapshot(job_id, job_id if key is None else key, owner)
        self._orders[job_id] = _Order(task, Control(self, job_id), if_cancelled)
        if owner:
            self._seen[owner] = self._clock()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
            self._thread.start()
        self._changed.notify_all()
        return self._placed(self._jobs[job_id])

    def _stop(self, job: Snapshot, left: bool = False) -> list[_Order]:
        """Tell a job to stop; gives its order if it will never run."""
        if job.is_over:
            return []
        self._orders[job.id].control.stop()
        if job.state is State.RUNNING:
            self._set(job.id, stopping=True, paused=False, left=job.left or left)
            return []
        self._set(job.id, state=State.STOPPED, ended=time.time(), left=left)
        order = self._orders.pop(job.id)
        self._forget()
        return [order]

    def _give_way(self) -> list[_Order]:
        """Stop jobs whose owners left; gives the orders of those that will never run."""
        cancelled = []
        for job in self._waiting():
            if self._has_left(job.owner):
                cancelled += self._stop(job, left=True)
        if self._waiting():
            for job in list(self._jobs.values()):
                if job.state is State.RUNNING and not job.stopping and self._has_left(job.owner):
                    self._stop(job, left=True)
        return cancelled

    def _has_left(self, owner: str) -> bool:
        return bool(owner) and self._clock() - self._seen[owner] > self._patience

    def _waiting(self) -> list[Snapshot]:
        return [job for job in self._jobs.values() if job.state is State.WAITING]

    def _running(self, job_id: int) -> Control | None:
        job = self._jobs.get(job_id)
        is_running = job is not None and job.state is State.RUNNING
        return self._orders[job_id].control if is_running else None

    def _placed(self, job: Snapshot) -> Snapshot:
        if job.state is not State.WAITING:
            return job
        before = [other for other in self._jobs.values() if other.id < job.id]
        return replace(
            job,
            ahead=sum(not other.is_over for other in before),
            place=1 + sum(other.state is State.WAITING for other in before),
        )

    def _set(self, job_id: int, **changes: Any) -> None:
        self._jobs[job_id] = replace(self._jobs[job_id], **changes)
        self._changed.notify_all()

    def _update(self, job_id: int, **changes: Any) -> None:
        with self._lock:
            self._set(job_id, **changes)

    def _work(self) -> None:
        while True:
            job_id, order = self._next()
            outcome = self._outcome(order.task, order.control)
            del order
            # Networks and their optimizers refer to themselves; nothing else would free them soon.
            gc.collect()
            with self._lock:
                del self._orders[job_id]
                self._set(job_id, ended=time.time(), paused=False, **outcome)
                del outcome
                # Whoever asked for it has yet to look: the last to be forgotten.
                self._jobs.move_to_end(job_id)
                self._forget()

    def _next(self) -> tuple[int, _Order]:
        """Begin the next job, as soon as there is one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._orders))
                cancelled = self._give_way()
                job_id = min(self._orders, default=None)
                if job_id is not None:
                    self._set(job_id, state=State.RUNNING, started=time.time())
            _tell(cancelled)
            if job_id is not None:
                return job_id, self._orders[job_id]

    def _outcome(self, task: Task, control: Control) -> dict[str, Any]:
        try:
            result = task(control)
        except InterruptedError:
            return {"state": State.STOPPED}
        except DigitLabError as error:
            return {"state": State.FAILED, "error": str(error)}
        except MemoryError:
            return {
                "state": State.FAILED,
                "error": "There is not enough memory for this now: try again in a minute, or with "
                "fewer pictures or a smaller network.",
            }
        except Exception:
            logger.exception("A job of %s failed", self.name)
            return {
                "state": State.FAILED,
                "error": "Something went wrong that was not foreseen; the server's log has the "
                "details. Try again.",
            }
        return {"state": State.STOPPED if control.should_stop() else State.DONE, "result": result}

    def _forget(self) -> None:
        over = [job.id for job in self._jobs.values() if job.is_over]
        for job_id in over[: max(0, len(over) - self._remembered)]:
            del self._jobs[job_id]
        owners = {self._jobs[job_id].owner for job_id in self._orders}
        self._seen = {owner: moment for owner, moment in self._seen.items() if owner in owners}


def _tell(cancelled: list[_Order]) -> None:
    for order in cancelled:
        try:
            order.if_cancelled()
        except Exception:
            logger.exception("Nobody could be told that a job was cancelled")
