"""Job queues: background threads with immutable snapshots, for work that a page cannot wait for.

One `JobQueue` runs one job at a time, or a few; later ones wait. A page only holds
a job's id and looks at snapshots, so a reload, a second tab or another page finds the same job
again. Several visitors share a queue: each job carries its owner, and an owner who left, or lets a
job pause for too long, gives way.
"""

import itertools
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

from mnist_app.core.errors import DigitLabError, Stopped, Temporary
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.jobs.snapshot import GaveWay, JobState, Snapshot

logger = logging.getLogger(__name__)

# Jobs that are over and still remembered; older ones are forgotten, so memory stays bounded.
REMEMBERED = 16
UNFORESEEN = "Something unexpected went wrong. Try again. The details are in the server's log."
OUT_OF_MEMORY = (
    "There is not enough memory for this right now. Try again in a minute, or use fewer pictures "
    "or a smaller network."
)


class Control(RunControl):
    """The control of a job, through which it also reports."""

    def __init__(self, queue: "JobQueue", job_id: int) -> None:
        super().__init__()
        self._queue = queue
        self._id = job_id

    def report(self, progress: Any) -> None:
        """Make `progress`, which must never change again, part of the next snapshots."""
        self._queue._update(self._id, progress=progress)


Task = Callable[[Control], Any]


@dataclass(frozen=True)
class _Order:
    """The parts of a job that go when it is over; see `JobQueue.submit`."""

    task: Task
    control: Control
    if_cancelled: Callable[[], None]


class JobQueue:
    """Background threads that run jobs in the order in which they came.

    Attributes:
        name: tells it from other queues.
    """

    def __init__(
        self,
        name: str,
        remembered: int = REMEMBERED,
        patience: float = math.inf,
        longest_pause: float = math.inf,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with no jobs.

        Args:
            remembered: how many jobs that are over can still be looked at.
            patience: an owner who was not `seen` for this many seconds by `clock` has left. A job
                of theirs that waits is cancelled; one that runs is stopped once another waits.
                Jobs of nobody, whose owner is "", are as if somebody always looked.
            longest_pause: how many seconds a job may pause while others wait; then it is stopped.
            at_once: how many jobs may run at the same time.
        """
        self.name = name
        self._remembered, self._at_once = remembered, at_once
        self._patience, self._longest_pause, self._clock = patience, longest_pause, clock
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._ids = itertools.count(1)
        self._jobs: OrderedDict[int, Snapshot] = OrderedDict()
        self._orders: dict[int, _Order] = {}
        self._seen: dict[str, float] = {}
        # Since when a job pauses while others wait.
        self._held_up: dict[int, float] = {}
        self._threads: list[threading.Thread] = []

    def submit(
        self,
        task: Task,
        owner: str = "",
        key: Hashable = None,
        if_cancelled: Callable[[], None] = lambda: None,
    ) -> Snapshot:
        """Put a job in line.

        Args:
            task: called in the queue's thread. What it returns is the job's result; a
                `DigitLabError` is its failure in plain words; `Stopped` says that it stopped, as
                told, with nothing to keep.
            if_cancelled: called instead when it is stopped before its turn, in the thread that
                stops it: it must be quick.
        """
        with self._lock:
            return self._submit(task, owner, key, if_cancelled)

    def seen(self, owner: str) -> None:
        """Note that a page of that owner is there; every page calls it again and again.

        This also stops the jobs of owners who left, or pause for too long while others wait.
        """
        with self._lock:
            if owner in self._seen:
                self._seen[owner] = self._clock()
            cancelled = self._give_way()
        _tell(cancelled)

    def once(self, key: Hashable, task: Task, owner: str = "") -> Snapshot:
        """Return the job about `key`; queue it if there is none, or it was stopped.

        A failed job stays, so that its failure can be read, until `forget` clears the way.
        """
        with self._lock:
            for job in reversed(self._jobs.values()):
                if job.key == key and job.state is not JobState.STOPPED:
                    # Asked for again: the last to be forgotten.
                    self._jobs.move_to_end(job.id)
                    return self._placed(job)
            return self._submit(task, owner, key, lambda: None)

    def snapshot(self, job_id: int) -> Snapshot | None:
        """Return the job as it is now; None when it is long over and forgotten."""
        with self._lock:
            job = self._jobs.get(job_id)
            return self._placed(job) if job else None

    def latest(self, key: Hashable) -> Snapshot | None:
        """Return the newest job about `key`, or None; start none."""
        with self._lock:
            found = [job for job in self._jobs.values() if job.key == key]
            return self._placed(max(found, key=lambda job: job.id)) if found else None

    def jobs(self, owner: str | None = None) -> list[Snapshot]:
        """Return all jobs, or one owner's, oldest first."""
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

    def control(self, job_id: int) -> Control | None:
        """Return the control of a running job; None for any other."""
        with self._lock:
            return self._running(job_id)

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
        if len(self._threads) < self._at_once:
            self._threads.append(threading.Thread(target=self._work, name=self.name, daemon=True))
            self._threads[-1].start()
        self._changed.notify_all()
        return self._placed(self._jobs[job_id])

    def _stop(self, job: Snapshot, gave_way: GaveWay | None = None) -> list[_Order]:
        """Tell a job to stop; gives its order if it will never run."""
        if job.is_over:
            return []
        self._orders[job.id].control.stop()
        if job.state is JobState.RUNNING:
            self._set(job.id, stopping=True, paused=False, gave_way=job.gave_way or gave_way)
            return []
        self._set(job.id, state=JobState.STOPPED, ended=time.time(), gave_way=gave_way)
        order = self._orders.pop(job.id)
        self._forget()
        return [order]

    def _give_way(self) -> list[_Order]:
        """Stop jobs whose owners left or pause; gives the orders of those that will never run."""
        cancelled = []
        for job in self._waiting():
            if self._has_left(job.owner):
                cancelled += self._stop(job, GaveWay.LEFT)
        running = sum(job.state is JobState.RUNNING for job in self._jobs.values())
        # A thread that is free has yet to take the first who waits.
        others_wait = len(self._waiting()) > self._at_once - running
        for job in list(self._jobs.values()):
            if others_wait and job.state is JobState.RUNNING and not job.stopping:
                self._make_way(job)
            else:
                self._held_up.pop(job.id, None)
        return cancelled

    def _make_way(self, job: Snapshot) -> None:
        """Stop a running job whose owner left, or that pauses for too long."""
        if self._has_left(job.owner):
            self._stop(job, GaveWay.LEFT)
        elif not job.paused:
            self._held_up.pop(job.id, None)
        elif self._clock() - self._held_up.setdefault(job.id, self._clock()) > self._longest_pause:
            self._stop(job, GaveWay.PAUSED)

    def _has_left(self, owner: str) -> bool:
        return bool(owner) and self._clock() - self._seen[owner] > self._patience

    def _waiting(self) -> list[Snapshot]:
        return [job for job in self._jobs.values() if job.state is JobState.WAITING]

    def _running(self, job_id: int) -> Control | None:
        job = self._jobs.get(job_id)
        is_running = job is not None and job.state is JobState.RUNNING
        return self._orders[job_id].control if is_running else None

    def _placed(self, job: Snapshot) -> Snapshot:
        if job.state is not JobState.WAITING:
            return job
        before = [other for other in self._jobs.values() if other.id < job.id]
        return replace(
            job,
            ahead=sum(not other.is_over for other in before),
            place=1 + sum(other.state is JobState.WAITING for other in before),
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
            with self._lock:
                del self._orders[job_id]
                self._set(job_id, ended=time.time(), paused=False, **outcome)
                del outcome
                # Nobody has seen its result yet: the last to be forgotten.
                self._jobs.move_to_end(job_id)
                self._held_up.pop(job_id, None)
                self._forget()

    def _next(self) -> tuple[int, _Order]:
        """Begin the next job, as soon as there is one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting()))
                cancelled = self._give_way()
                job_id = min((job.id for job in self._waiting()), default=None)
                if job_id is not None:
                    self._set(job_id, state=JobState.RUNNING, started=time.time())
            _tell(cancelled)
            if job_id is not None:
                return job_id, self._orders[job_id]

    def _outcome(self, task: Task, control: Control) -> dict[str, Any]:
        try:
            result = task(control)
        except Stopped:
            return {"state": JobState.STOPPED}
        except DigitLabError as error:
            is_refused = not isinstance(error, Temporary)
            return {"state": JobState.FAILED, "error": str(error), "is_refused": is_refused}
        except MemoryError:
            return {"state": JobState.FAILED, "error": OUT_OF_MEMORY}
        except BaseException:
            # Also SystemExit, which would end the thread, and the line with it.
            logger.exception("A job of %s failed", self.name)
            return {"state": JobState.FAILED, "error": UNFORESEEN}
        return {
            "state": JobState.STOPPED if control.should_stop() else JobState.DONE,
            "result": result,
        }

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
            logger.exception("A job's cancellation could not be passed on")
