import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mnist_app.core.errors import DigitLabError, Stopped
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


def test_jobs_run_one_at_a_time_in_the_order_they_came(queue: JobQueue) -> None:
    running: list[int] = []
    order: list[int] = []

    def task(number: int) -> Any:
        def run(control: Control) -> int:
            running.append(number)
            time.sleep(0.005)
            assert running == [number]
            running.clear()
            order.append(number)
            return number

        return run

    jobs = [queue.submit(task(number)) for number in range(4)]
    assert [over(queue, job).result for job in jobs] == [0, 1, 2, 3]
    assert order == [0, 1, 2, 3]


def test_a_few_jobs_run_at_once_where_that_is_allowed() -> None:
    queue = JobQueue("test", at_once=2)
    gates = [Gate() for _ in range(3)]
    jobs = [queue.submit(gate) for gate in gates]
    assert gates[0].entered.wait(PATIENCE)
    assert gates[1].entered.wait(PATIENCE)
    assert [now(queue, job).state for job in jobs] == [
        JobState.RUNNING,
        JobState.RUNNING,
        JobState.WAITING,
    ]
    assert now(queue, jobs[2]).place == 1
    gates[1].opened.set()
    assert gates[2].entered.wait(PATIENCE)
    assert now(queue, jobs[0]).state is JobState.RUNNING
    for gate in gates:
        gate.opened.set()
    assert [over(queue, job).state for job in jobs] == [JobState.DONE] * 3


def test_who_waits_sees_the_place_in_line(queue: JobQueue, gate: Gate) -> None:
    first = queue.submit(gate)
    second, third = queue.submit(lambda control: 2), queue.submit(lambda control: 3)
    gate.entered.wait(PATIENCE)
    assert now(queue, first).state is JobState.RUNNING
    assert [now(queue, job).ahead for job in (first, second, third)] == [0, 1, 2]
    assert now(queue, third).state is JobState.WAITING
    queue.stop(second.id)
    assert now(queue, third).ahead == 1
    gate.opened.set()
    assert over(queue, third).ahead == 0


def test_what_is_done_just_now_is_the_last_to_be_forgotten(gate: Gate) -> None:
    queue = JobQueue("test", remembered=2)
    former = [over(queue, queue.once(key, lambda control: "former")) for key in "ab"]
    last = queue.once("c", gate)
    gate.entered.wait(PATIENCE)
    assert [queue.once(key, gate).id for key in "ab"] == [job.id for job in former]
    gate.opened.set()
    assert over(queue, last).result == "through"
    assert queue.snapshot(former[0].id) is None
    assert now(queue, former[1]).result == "former"


def test_a_waiting_job_stops_at_once_and_never_runs(queue: JobQueue, gate: Gate) -> None:
    ran: list[str] = []
    first = queue.submit(gate)
    second = queue.submit(lambda control: ran.append("ran"))
    queue.stop(second.id)
    assert now(queue, second).state is JobState.STOPPED
    gate.opened.set()
    over(queue, first)
    over(queue, queue.submit(lambda control: None))
    assert ran == []


def test_a_running_job_is_told_to_stop_and_keeps_what_it_has(queue: JobQueue, gate: Gate) -> None:
    job = queue.submit(gate)
    gate.entered.wait(PATIENCE)
    queue.stop(job.id)
    assert now(queue, job).stopping or now(queue, job).is_over
    last = over(queue, job)
    assert (last.state, last.result) == (JobState.STOPPED, "through")
    queue.stop(job.id)
    assert now(queue, job) == last


def test_a_job_may_stop_with_nothing_to_keep(queue: JobQueue) -> None:
    def task(control: Control) -> None:
        raise Stopped

    job = over(queue, queue.submit(task))
    assert (job.state, job.result, job.error) == (JobState.STOPPED, None, "")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DigitLabError("The file is broken: choose another."), "The file is broken"),
        (MemoryError(), "not enough memory for this now: try again"),
        (ZeroDivisionError("division by zero"), "not foreseen"),
        (SystemExit(1), "not foreseen"),
        (RecursionError("division"), "not foreseen"),
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


def test_memory_stays_bounded(queue: JobQueue) -> None:
    jobs = [queue.submit(lambda control: bytes(10)) for _ in range(12)]
    over(queue, jobs[-1])
    assert [job.id for job in queue.jobs()] == [job.id for job in jobs[-4:]]
    assert queue.snapshot(jobs[0].id) is None
    assert queue.wait(jobs[0].id) is None
    queue.stop(jobs[0].id)


def test_memory_stays_bounded_while_one_job_takes_forever(queue: JobQueue, gate: Gate) -> None:
    queue.submit(gate)
    for _ in range(30):
        queue.stop(queue.submit(lambda control: None).id)
    assert len(queue.jobs()) <= 5


def test_a_job_that_is_over_can_be_forgotten_but_no_other(queue: JobQueue, gate: Gate) -> None:
    done = over(queue, queue.submit(lambda control: 1))
    running = queue.submit(gate)
    for job in (done, running):
        queue.forget(job.id)
    assert queue.snapshot(done.id) is None
    assert queue.snapshot(running.id) is not None


def test_once_never_works_twice_on_the_same(queue: JobQueue, gate: Gate) -> None:
    started: list[int] = []

    def task(control: Control) -> str:
        started.append(1)
        return gate(control)

    threads_found: list[int] = []
    threads = [
        threading.Thread(target=lambda: threads_found.append(queue.once("key", task).id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.opened.set()
    assert len(set(threads_found)) == 1
    job = queue.once("key", task)
    assert over(queue, job).result == "through"
    assert queue.once("key", task).id == job.id
    assert started == [1]
    assert queue.once("another key", task).id != job.id


def test_once_starts_again_what_was_stopped(queue: JobQueue, gate: Gate) -> None:
    job = queue.once("key", gate)
    queue.stop(job.id)
    over(queue, job)
    assert queue.once("key", lambda control: 1).id != job.id


def test_once_keeps_a_failure_until_it_is_forgotten(queue: JobQueue) -> None:
    def task(control: Control) -> None:
        raise DigitLabError("No.")

    job = over(queue, queue.once("key", task))
    assert queue.once("key", task) == job
    queue.forget(job.id)
    assert queue.once("key", lambda control: 1).id != job.id


def test_what_is_asked_for_again_is_forgotten_last(queue: JobQueue) -> None:
    wanted = over(queue, queue.once("wanted", lambda control: 1))
    for _ in range(3):
        over(queue, queue.submit(lambda control: 2))
    queue.once("wanted", lambda control: 1)
    for _ in range(3):
        over(queue, queue.submit(lambda control: 3))
    assert queue.snapshot(wanted.id) is not None


def test_jobs_are_found_by_owner_and_by_key(queue: JobQueue, gate: Gate) -> None:
    mine = [queue.submit(gate, owner="me", key="k"), queue.submit(gate, owner="me", key="k")]
    yours = queue.submit(gate, owner="you")
    assert [job.id for job in queue.jobs("me")] == [job.id for job in mine]
    assert [job.id for job in queue.jobs()] == [*(job.id for job in mine), yours.id]
    latest = queue.latest("k")
    assert latest is not None
    assert latest.id == mine[1].id
    assert queue.latest("nothing") is None


def test_waiting_has_an_end(queue: JobQueue, gate: Gate) -> None:
    job = queue.submit(gate)
    waiting = queue.wait(job.id, timeout=0.01)
    assert waiting is not None
    assert not waiting.is_over


class Patient:
    """A task that waits while it is paused, and gives what the learning rate came to."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.rounds = 0

    def __call__(self, control: Control) -> float:
        self.entered.set()
        while not self.opened.is_set() and not control.should_stop():
            control.wait_while_paused()
            self.rounds += 1
            time.sleep(0.002)
        return control.learning_rate_factor


def test_a_running_job_can_be_paused_and_resumed(queue: JobQueue) -> None:
    task = Patient()
    job = queue.submit(task)
    task.entered.wait(PATIENCE)
    queue.pause(job.id)
    assert now(queue, job).paused
    time.sleep(0.05)
    rounds = task.rounds
    time.sleep(0.05)
    assert task.rounds <= rounds + 1
    queue.resume(job.id)
    assert not now(queue, job).paused
    task.opened.set()
    assert over(queue, job).state is JobState.DONE


def test_a_paused_job_can_be_stopped(queue: JobQueue) -> None:
    task = Patient()
    job = queue.submit(task)
    task.entered.wait(PATIENCE)
    queue.pause(job.id)
    queue.stop(job.id)
    queue.pause(job.id)
    last = over(queue, job)
    assert (last.state, last.paused) == (JobState.STOPPED, False)


def test_a_running_job_can_be_controlled_from_outside(queue: JobQueue) -> None:
    task = Patient()
    job = queue.submit(task)
    task.entered.wait(PATIENCE)
    control = queue.control(job.id)
    assert control is not None
    control.scale_learning_rate(0.5)
    control.scale_learning_rate(0.5)
    task.opened.set()
    assert over(queue, job).result == 0.25


def test_only_what_runs_can_be_controlled(queue: JobQueue, gate: Gate) -> None:
    queue.submit(gate)
    task = Patient()
    task.opened.set()
    waiting = queue.submit(task)
    queue.pause(waiting.id)
    assert queue.control(waiting.id) is None
    queue.resume(999)
    assert not now(queue, waiting).paused
    gate.opened.set()
    assert over(queue, waiting).result == 1
    queue.pause(waiting.id)
    assert not now(queue, waiting).paused
