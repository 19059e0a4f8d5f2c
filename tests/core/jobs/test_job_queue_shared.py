"""Several visitors share a worker."""

from collections.abc import Iterator

import pytest

from mnist_app.core.jobs.job_queue import Control, GaveWay, Snapshot, State, Worker
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
def worker(clock: Clock) -> Worker:
    return Worker("test", remembered=4, patience=10 * MINUTE, clock=clock)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def running(worker: Worker, gate: Gate) -> Snapshot:
    """A job of Ann that runs."""
    job = worker.submit(gate, owner="Ann")
    assert gate.entered.wait(PATIENCE)
    return job


def nothing(control: Control) -> None:
    """A task that is done at once."""


def test_who_waits_has_a_place(worker: Worker, gate: Gate, running: Snapshot) -> None:
    waiting = [worker.submit(nothing, owner=name) for name in ("Ben", "Cem", "Dora")]
    assert [job.place for job in waiting] == [1, 2, 3]
    assert now(worker, running).place == 0
    worker.stop(waiting[0].id)
    assert [now(worker, job).place for job in waiting] == [0, 1, 2]
    assert [job.place for job in worker.jobs()] == [0, 0, 1, 2]
    gate.opened.set()
    assert over(worker, waiting[2]).place == 0


def test_who_left_while_waiting_frees_the_place(
    worker: Worker, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    told: list[str] = []
    ben = worker.submit(nothing, owner="Ben", if_cancelled=lambda: told.append("Ben"))
    cem = worker.submit(nothing, owner="Cem", if_cancelled=lambda: told.append("Cem"))
    clock.now = 9 * MINUTE
    for owner in ("Ann", "Cem"):
        worker.seen(owner)
    assert now(worker, ben).state is State.WAITING
    clock.now = 11 * MINUTE
    worker.seen("Cem")
    gone = now(worker, ben)
    assert (gone.state, gone.gave_way) == (State.STOPPED, GaveWay.LEFT)
    assert now(worker, cem).place == 1
    gate.opened.set()
    assert over(worker, cem).state is State.DONE
    assert told == ["Ben"]


def test_a_run_of_who_left_goes_on_while_nobody_waits(
    worker: Worker, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    clock.now = 600 * MINUTE
    worker.seen("Ben")
    assert not now(worker, running).stopping
    gate.opened.set()
    last = over(worker, running)
    assert (last.state, last.gave_way) == (State.DONE, None)


def test_a_run_of_who_left_makes_way_for_who_waits_and_keeps_what_it_has(
    worker: Worker, clock: Clock, running: Snapshot
) -> None:
    clock.now = 9 * MINUTE
    ben = worker.submit(nothing, owner="Ben")
    worker.seen("Ben")
    assert not now(worker, running).stopping
    clock.now = 11 * MINUTE
    worker.seen("Ben")
    last = over(worker, running)
    assert (last.state, last.gave_way, last.result) == (State.STOPPED, GaveWay.LEFT, "through")
    assert over(worker, ben).state is State.DONE


def test_who_comes_to_a_line_of_who_left_need_not_wait(
    worker: Worker, clock: Clock, running: Snapshot
) -> None:
    for _ in range(2):
        worker.submit(nothing, owner="Ben")
    clock.now = 11 * MINUTE
    cem = worker.submit(nothing, owner="Cem")
    worker.seen("Cem")
    assert over(worker, cem).state is State.DONE
    assert [job.state for job in worker.jobs("Ben")] == [State.STOPPED, State.STOPPED]
    assert now(worker, running).gave_way is GaveWay.LEFT


def test_who_is_seen_now_and_then_stays(worker: Worker, clock: Clock, running: Snapshot) -> None:
    ben = worker.submit(nothing, owner="Ben")
    for minute in range(0, 60, 5):
        clock.now = minute * MINUTE
        worker.seen("Ann")
        worker.seen("Ben")
    assert not now(worker, running).stopping
    assert now(worker, ben).place == 1


def test_nobody_starts_what_nobody_looks_at_any_more(
    worker: Worker, clock: Clock, gate: Gate, running: Snapshot
) -> None:
    """The next one is looked for when a job ends, also when no page asks."""
    ben = worker.submit(nothing, owner="Ben")
    clock.now = 11 * MINUTE
    gate.opened.set()
    last = over(worker, ben)
    assert (last.state, last.gave_way) == (State.STOPPED, GaveWay.LEFT)
    assert over(worker, worker.submit(nothing, owner="Cem")).state is State.DONE


def paused(worker: Worker, job: Snapshot) -> None:
    worker.pause(job.id)
    assert now(worker, job).paused


def test_a_pause_lasts_as_long_as_nobody_waits(clock: Clock) -> None:
    worker = Worker("test", longest_pause=5 * MINUTE, clock=clock)
    job = worker.submit(Gate(), owner="Ann")
    until(lambda: now(worker, job).state is State.RUNNING)
    paused(worker, job)
    clock.now = 60 * MINUTE
    worker.seen("Ann")
    assert not now(worker, job).stopping
    worker.stop(job.id)


def test_a_pause_ends_after_a_while_when_others_wait_and_what_was_learned_is_kept(
    clock: Clock,
) -> None:
    worker = Worker("test", longest_pause=5 * MINUTE, clock=clock)
    ann = worker.submit(Gate(), owner="Ann")
    until(lambda: now(worker, ann).state is State.RUNNING)
    paused(worker, ann)
    clock.now = 60 * MINUTE
    ben = worker.submit(nothing, owner="Ben")
    worker.seen("Ben")
    clock.now = 64 * MINUTE
    worker.seen("Ben")
    assert not now(worker, ann).stopping
    clock.now = 66 * MINUTE
    worker.seen("Ben")
    last = over(worker, ann)
    assert (last.state, last.gave_way, last.result) == (State.STOPPED, GaveWay.PAUSED, "through")
    assert over(worker, ben).state is State.DONE


def test_who_goes_on_in_time_keeps_the_place(clock: Clock) -> None:
    worker = Worker("test", longest_pause=5 * MINUTE, clock=clock)
    ann = worker.submit(Gate(), owner="Ann")
    until(lambda: now(worker, ann).state is State.RUNNING)
    paused(worker, ann)
    worker.submit(nothing, owner="Ben")
    worker.seen("Ben")
    clock.now = 4 * MINUTE
    worker.resume(ann.id)
    worker.seen("Ben")
    paused(worker, ann)
    clock.now = 8 * MINUTE
    worker.seen("Ben")
    assert not now(worker, ann).stopping
    worker.stop(ann.id)


def test_jobs_of_nobody_are_never_left(worker: Worker, clock: Clock, gate: Gate) -> None:
    first = worker.submit(gate)
    assert gate.entered.wait(PATIENCE)
    second = worker.once("key", nothing)
    clock.now = 600 * MINUTE
    worker.seen("Ann")
    assert not now(worker, first).stopping
    gate.opened.set()
    assert over(worker, second).state is State.DONE


def test_without_patience_nobody_ever_left(gate: Gate, clock: Clock) -> None:
    worker = Worker("test", clock=clock)
    first = worker.submit(gate, owner="Ann")
    second = worker.submit(nothing, owner="Ben")
    clock.now = 1e9
    worker.seen("Ben")
    assert not now(worker, first).stopping
    gate.opened.set()
    assert over(worker, second).state is State.DONE


def test_who_cannot_be_told_of_a_cancelled_job_harms_no_other(
    worker: Worker, gate: Gate, running: Snapshot
) -> None:
    def fail() -> None:
        raise OSError

    worker.stop(worker.submit(nothing, owner="Ben", if_cancelled=fail).id)
    gate.opened.set()
    assert over(worker, running).state is State.DONE
    told: list[str] = []
    over(worker, worker.submit(nothing, if_cancelled=lambda: told.append("ran")))
    assert told == []
