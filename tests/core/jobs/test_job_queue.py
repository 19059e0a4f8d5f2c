import dataclasses
import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_app.core.errors import DigitLabError, Stopped, WorkerLost
from mnist_app.core.jobs.job_queue import Control, JobQueue
from mnist_app.core.jobs.snapshot import JobState
from tests.support.gates import PATIENCE, Gate, now, over


@pytest.fixture
def queue() -> JobQueue:
    return JobQueue("test", remembered=4)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def test_a_job_brings_its_result(queue: JobQueue) -> None:
    before = time.time()
    job = over(queue, queue.submit(lambda control: 42, owner="me"))
    assert (job.state, job.result, job.error, job.owner) == (JobState.DONE, 42, "", "me")
    assert before <= job.started <= job.ended <= time.time()


def test_a_job_may_stop_with_nothing_to_keep(queue: JobQueue) -> None:
    def task(control: Control) -> None:
        raise Stopped

    job = over(queue, queue.submit(task))
    assert (job.state, job.result, job.error) == (JobState.STOPPED, None, "")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DigitLabError("The file is broken: choose another."), "The file is broken"),
        (MemoryError(), "not enough memory for this right now. Try again"),
        (ZeroDivisionError("division by zero"), "unexpected"),
        (SystemExit(1), "unexpected"),
        (RecursionError("division"), "unexpected"),
    ],
)
def test_a_failure_is_told_in_plain_words_and_the_next_job_runs(
    queue: JobQueue, error: BaseException, sentence: str
) -> None:
    def task(control: Control) -> None:
        raise error

    job = over(queue, queue.submit(task))
    assert job.state is JobState.FAILED
    assert sentence in job.error
    assert "division" not in job.error
    assert over(queue, queue.submit(lambda control: 1)).state is JobState.DONE


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        (DigitLabError("The file is broken: choose another."), True),
        (WorkerLost("The program stopped: try again."), False),
        (MemoryError(), False),
        (ZeroDivisionError("division by zero"), False),
    ],
)
def test_only_what_would_fail_again_is_refused(
    queue: JobQueue, error: Exception, is_refused: bool
) -> None:
    def task(control: Control) -> None:
        raise error

    assert over(queue, queue.submit(task)).is_refused is is_refused


def test_progress_is_seen_while_it_runs_and_old_snapshots_stay(queue: JobQueue, gate: Gate) -> None:
    def task(control: Control) -> None:
        control.report("half")
        gate(control)

    job = queue.submit(task)
    gate.entered.wait(PATIENCE)
    half = now(queue, job)
    assert half.progress == "half"
    gate.opened.set()
    over(queue, job)
    assert (half.state, job.state) == (JobState.RUNNING, JobState.WAITING)
    with pytest.raises(dataclasses.FrozenInstanceError):
        half.state = JobState.DONE  # type: ignore[misc]


def test_once_never_works_twice_on_the_same(queue: JobQueue, gate: Gate) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: queue.once("key", gate).id, range(8)))
    assert len(set(found)) == 1
    gate.opened.set()
    assert over(queue, queue.once("key", gate)).id == found[0]


def test_a_running_job_is_paused_steered_and_resumed(queue: JobQueue) -> None:
    begun = threading.Event()

    def task(control: Control) -> float:
        begun.set()
        while control.learning_rate_factor == 1:
            control.wait_while_paused()
        return control.learning_rate_factor

    job = queue.submit(task)
    assert begun.wait(PATIENCE)
    queue.pause(job.id)
    assert now(queue, job).paused
    control = queue.control(job.id)
    assert control is not None
    control.scale_learning_rate(0.5)
    control.scale_learning_rate(0.5)
    queue.resume(job.id)
    assert over(queue, job).result == 0.25


@pytest.fixture
def clock() -> list[float]:
    """Seconds that pass when somebody adds to them."""
    return [0.0]


def shared(clock: list[float], at_once: int = 1, patience: float = 600) -> JobQueue:
    return JobQueue("test", 4, patience, 300, at_once, lambda: clock[0])


@pytest.mark.parametrize(("reason", "owners"), [("left", ["Ben"]), ("paused", ["Ben", "Ann"])])
def test_who_left_or_pauses_for_too_long_makes_way_and_keeps_what_was_learned(
    reason: str, owners: list[str], clock: list[float], gate: Gate
) -> None:
    queue = shared(clock)
    ann = queue.submit(gate, owner="Ann")
    assert gate.entered.wait(PATIENCE)
    if reason == "paused":
        queue.pause(ann.id)
    ben = queue.submit(lambda control: None, owner="Ben")
    for moment in (0, 250, 290, 750):
        assert not now(queue, ann).stopping
        clock[0] = moment
        for owner in owners:
            queue.seen(owner)
    last = over(queue, ann)
    assert (last.state, last.gave_way, last.result) == (JobState.STOPPED, reason, "through")
    assert over(queue, ben).state is JobState.DONE


def test_a_run_of_who_left_goes_on_while_there_is_room(clock: list[float], gate: Gate) -> None:
    queue = shared(clock, at_once=2)
    ann = queue.submit(gate, owner="Ann")
    assert gate.entered.wait(PATIENCE)
    clock[0] = 700
    over(queue, queue.submit(lambda control: None, owner="Ben"))
    queue.seen("Ben")
    assert not now(queue, ann).stopping


def test_without_patience_nobody_ever_left(clock: list[float], gate: Gate) -> None:
    queue = shared(clock, patience=math.inf)
    first, second = queue.submit(gate, "Ann"), queue.submit(lambda control: None, "Ben")
    clock[0] = 1e9
    queue.seen("Ben")
    gate.opened.set()
    assert [over(queue, job).state for job in (first, second)] == [JobState.DONE] * 2


def test_who_cannot_be_told_of_a_cancelled_job_harms_no_other(queue: JobQueue, gate: Gate) -> None:
    running = queue.submit(gate)
    queue.stop(queue.submit(gate, if_cancelled=lambda: 1 / 0).id)  # type: ignore[arg-type]
    gate.opened.set()
    assert over(queue, running).state is JobState.DONE
