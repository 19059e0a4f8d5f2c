"""Several visitors share a worker."""

from collections.abc import Iterator

import pytest

from mnist_app.core.jobs.job_queue import Control, JobQueue
from mnist_app.core.jobs.snapshot import GaveWay, JobState, Snapshot
from tests.support.gates import PATIENCE, Gate, now, over, until

MINUTE = 60.0


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> JobQueue:
    return JobQueue("test", remembered=4, patience=10 * MINUTE, clock=clock)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def running(queue: JobQueue, gate: Gate) -> Snapshot:
    """A job of Ann that runs."""
    job = queue.submit(gate, owner="Ann")
    assert gate.entered.wait(PATIENCE)
    return job


def nothing(control: Control) -> None:
    """A task that is done at once."""


def test_who_waits_has_a_place(queue: JobQueue, gate: Gate, running: Snapshot) -> None:
    waiting = [queue.submit(nothing, owner=name) for name in ("Ben", "Cem", "Dora")]
    assert [job.place for job in waiting] == [1, 2, 3]
    assert now(queue, running).place == 0
    queue.stop(waiting[0].id)
    assert [now(queue, job).place for job in waiting] == [0, 1, 2]
    assert [job.place for job in queue.jobs()] == [0, 0, 1, 2]
    gate.opened.set()
    assert over(queue, waiting[2]).place == 0


def test_who_left_while_waiting_frees_the_place(
    queue: JobQueue, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    told: list[str] = []
    ben = queue.submit(nothing, owner="Ben", if_cancelled=lambda: told.append("Ben"))
    cem = queue.submit(nothing, owner="Cem", if_cancelled=lambda: told.append("Cem"))
    clock.now = 9 * MINUTE
    for owner in ("Ann", "Cem"):
        queue.seen(owner)
    assert now(queue, ben).state is JobState.WAITING
    clock.now = 11 * MINUTE
    queue.seen("Cem")
    gone = now(queue, ben)
    assert (gone.state, gone.gave_way) == (JobState.STOPPED, GaveWay.LEFT)
    assert now(queue, cem).place == 1
    gate.opened.set()
    assert over(queue, cem).state is JobState.DONE
    assert told == ["Ben"]


def test_a_run_of_who_left_goes_on_while_nobody_waits(
    queue: JobQueue, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    clock.now = 600 * MINUTE
    queue.seen("Ben")
    assert not now(queue, running).stopping
    gate.opened.set()
    last = over(queue, running)
    assert (last.state, last.gave_way) == (JobState.DONE, None)


def test_a_run_of_who_left_makes_way_for_who_waits_and_keeps_what_it_has(
    queue: JobQueue, clock: Clock, running: Snapshot
) -> None:
    clock.now = 9 * MINUTE
    ben = queue.submit(nothing, owner="Ben")
    queue.seen("Ben")
    assert not now(queue, running).stopping
    clock.now = 11 * MINUTE
    queue.seen("Ben")
    last = over(queue, running)
    assert (last.state, last.gave_way, last.result) == (JobState.STOPPED, GaveWay.LEFT, "through")
    assert over(queue, ben).state is JobState.DONE


def test_who_comes_to_a_line_of_who_left_need_not_wait(
    queue: JobQueue, clock: Clock, running: Snapshot
) -> None:
    for _ in range(2):
        queue.submit(nothing, owner="Ben")
    clock.now = 11 * MINUTE
    cem = queue.submit(nothing, owner="Cem")
    queue.seen("Cem")
    assert over(queue, cem).state is JobState.DONE
    assert [job.state for job in queue.jobs("Ben")] == [JobState.STOPPED, JobState.STOPPED]
    assert now(queue, running).gave_way is GaveWay.LEFT


def test_who_is_seen_now_and_then_stays(queue: JobQueue, clock: Clock, running: Snapshot) -> None:
    ben = queue.submit(nothing, owner="Ben")
    for minute in range(0, 60, 5):
        clock.now = minute * MINUTE
        queue.seen("Ann")
        queue.seen("Ben")
    assert not now(queue, running).stopping
    assert now(queue, ben).place == 1


def test_nobody_starts_what_nobody_looks_at_any_more(
    queue: JobQueue, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    """The next one is looked for when a job ends, also when no page asks."""
    ben = queue.submit(nothing, owner="Ben")
    clock.now = 11 * MINUTE
    gate.opened.set()
    last = over(queue, ben)
    assert (last.state, last.gave_way) == (JobState.STOPPED, GaveWay.LEFT)
    assert over(queue, queue.submit(nothing, owner="Cem")).state is JobState.DONE


def paused(queue: JobQueue, job: Snapshot) -> None:
    queue.pause(job.id)
    assert now(queue, job).paused


def test_a_pause_lasts_as_long_as_nobody_waits(clock: Clock) -> None:
    queue = JobQueue("test", longest_pause=5 * MINUTE, clock=clock)
    job = queue.submit(Gate(), owner="Ann")
    until(lambda: now(queue, job).state is JobState.RUNNING)
    paused(queue, job)
    clock.now = 60 * MINUTE
    queue.seen("Ann")
    assert not now(queue, job).stopping
    queue.stop(job.id)


def test_a_pause_ends_after_a_while_when_others_wait_and_what_was_learned_is_kept(
    clock: Clock,
) -> None:
    queue = JobQueue("test", longest_pause=5 * MINUTE, clock=clock)
    ann = queue.submit(Gate(), owner="Ann")
    until(lambda: now(queue, ann).state is JobState.RUNNING)
    paused(queue, ann)
    clock.now = 60 * MINUTE
    ben = queue.submit(nothing, owner="Ben")
    queue.seen("Ben")
    clock.now = 64 * MINUTE
    queue.seen("Ben")
    assert not now(queue, ann).stopping
    clock.now = 66 * MINUTE
    queue.seen("Ben")
    last = over(queue, ann)
    assert (last.state, last.gave_way, last.result) == (JobState.STOPPED, GaveWay.PAUSED, "through")
    assert over(queue, ben).state is JobState.DONE


def test_who_goes_on_in_time_keeps_the_place(clock: Clock) -> None:
    queue = JobQueue("test", longest_pause=5 * MINUTE, clock=clock)
    ann = queue.submit(Gate(), owner="Ann")
    until(lambda: now(queue, ann).state is JobState.RUNNING)
    paused(queue, ann)
    queue.submit(nothing, owner="Ben")
    queue.seen("Ben")
    clock.now = 4 * MINUTE
    queue.resume(ann.id)
    queue.seen("Ben")
    paused(queue, ann)
    clock.now = 8 * MINUTE
    queue.seen("Ben")
    assert not now(queue, ann).stopping
    queue.stop(ann.id)


def test_jobs_of_nobody_are_never_left(queue: JobQueue, clock: Clock, gate: Gate) -> None:
    first = queue.submit(gate)
    assert gate.entered.wait(PATIENCE)
    second = queue.once("key", nothing)
    clock.now = 600 * MINUTE
    queue.seen("Ann")
    assert not now(queue, first).stopping
    gate.opened.set()
    assert over(queue, second).state is JobState.DONE


def test_without_patience_nobody_ever_left(gate: Gate, clock: Clock) -> None:
    queue = JobQueue("test", clock=clock)
    first = queue.submit(gate, owner="Ann")
    second = queue.submit(nothing, owner="Ben")
    clock.now = 1e9
    queue.seen("Ben")
    assert not now(queue, first).stopping
    gate.opened.set()
    assert over(queue, second).state is JobState.DONE


def test_who_cannot_be_told_of_a_cancelled_job_harms_no_other(
    queue: JobQueue, gate: Gate, running: Snapshot
) -> None:
    def fail() -> None:
        raise OSError

    queue.stop(queue.submit(nothing, owner="Ben", if_cancelled=fail).id)
    gate.opened.set()
    assert over(queue, running).state is JobState.DONE
    told: list[str] = []
    over(queue, queue.submit(nothing, if_cancelled=lambda: told.append("ran")))
    assert told == []
