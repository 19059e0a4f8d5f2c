import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.jobs.job_queue import Control, State, Worker
from tests.support.gates import PATIENCE, Gate, now, over


@pytest.fixture
def worker() -> Worker:
    return Worker("test", remembered=4)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def test_a_job_brings_its_result(worker: Worker) -> None:
    before = time.time()
    job = over(worker, worker.submit(lambda control: 42, owner="me"))
    assert (job.state, job.result, job.error, job.owner) == (State.DONE, 42, "", "me")
    assert before <= job.started <= job.ended <= time.time()


def test_jobs_run_one_at_a_time_in_the_order_they_came(worker: Worker) -> None:
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

    jobs = [worker.submit(task(number)) for number in range(4)]
    assert [over(worker, job).result for job in jobs] == [0, 1, 2, 3]
    assert order == [0, 1, 2, 3]


def test_a_few_jobs_run_at_once_where_that_is_allowed() -> None:
    worker = Worker("test", at_once=2)
    gates = [Gate() for _ in range(3)]
    jobs = [worker.submit(gate) for gate in gates]
    assert gates[0].entered.wait(PATIENCE)
    assert gates[1].entered.wait(PATIENCE)
    assert [now(worker, job).state for job in jobs] == [State.RUNNING, State.RUNNING, State.WAITING]
    assert now(worker, jobs[2]).place == 1
    gates[1].opened.set()
    assert gates[2].entered.wait(PATIENCE)
    assert now(worker, jobs[0]).state is State.RUNNING
    for gate in gates:
        gate.opened.set()
    assert [over(worker, job).state for job in jobs] == [State.DONE] * 3


def test_who_waits_sees_the_place_in_line(worker: Worker, gate: Gate) -> None:
    first = worker.submit(gate)
    second, third = worker.submit(lambda control: 2), worker.submit(lambda control: 3)
    gate.entered.wait(PATIENCE)
    assert now(worker, first).state is State.RUNNING
    assert [now(worker, job).ahead for job in (first, second, third)] == [0, 1, 2]
    assert now(worker, third).state is State.WAITING
    worker.stop(second.id)
    assert now(worker, third).ahead == 1
    gate.opened.set()
    assert over(worker, third).ahead == 0


def test_what_is_done_just_now_is_the_last_to_be_forgotten(gate: Gate) -> None:
    worker = Worker("test", remembered=2)
    former = [over(worker, worker.once(key, lambda control: "former")) for key in "ab"]
    last = worker.once("c", gate)
    gate.entered.wait(PATIENCE)
    assert [worker.once(key, gate).id for key in "ab"] == [job.id for job in former]
    gate.opened.set()
    assert over(worker, last).result == "through"
    assert worker.snapshot(former[0].id) is None
    assert now(worker, former[1]).result == "former"


def test_a_waiting_job_stops_at_once_and_never_runs(worker: Worker, gate: Gate) -> None:
    ran: list[str] = []
    first = worker.submit(gate)
    second = worker.submit(lambda control: ran.append("ran"))
    worker.stop(second.id)
    assert now(worker, second).state is State.STOPPED
    gate.opened.set()
    over(worker, first)
    over(worker, worker.submit(lambda control: None))
    assert ran == []


def test_a_running_job_is_told_to_stop_and_keeps_what_it_has(worker: Worker, gate: Gate) -> None:
    job = worker.submit(gate)
    gate.entered.wait(PATIENCE)
    worker.stop(job.id)
    assert now(worker, job).stopping or now(worker, job).is_over
    last = over(worker, job)
    assert (last.state, last.result) == (State.STOPPED, "through")
    worker.stop(job.id)
    assert now(worker, job) == last


def test_a_job_may_stop_with_nothing_to_keep(worker: Worker) -> None:
    def task(control: Control) -> None:
        raise Stopped

    job = over(worker, worker.submit(task))
    assert (job.state, job.result, job.error) == (State.STOPPED, None, "")


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
    worker: Worker, error: BaseException, sentence: str
) -> None:
    def task(control: Control) -> None:
        raise error

    job = over(worker, worker.submit(task))
    assert job.state is State.FAILED
    assert sentence in job.error
    assert "division" not in job.error
    assert over(worker, worker.submit(lambda control: 1)).state is State.DONE


def test_progress_is_seen_while_it_runs_and_old_snapshots_stay(worker: Worker, gate: Gate) -> None:
    def task(control: Control) -> None:
        control.report("half")
        gate(control)

    job = worker.submit(task)
    gate.entered.wait(PATIENCE)
    half = now(worker, job)
    assert half.progress == "half"
    gate.opened.set()
    over(worker, job)
    assert (half.state, job.state) == (State.RUNNING, State.WAITING)
    with pytest.raises(dataclasses.FrozenInstanceError):
        half.state = State.DONE  # type: ignore[misc]


def test_memory_stays_bounded(worker: Worker) -> None:
    jobs = [worker.submit(lambda control: bytes(10)) for _ in range(12)]
    over(worker, jobs[-1])
    assert [job.id for job in worker.jobs()] == [job.id for job in jobs[-4:]]
    assert worker.snapshot(jobs[0].id) is None
    assert worker.wait(jobs[0].id) is None
    worker.stop(jobs[0].id)


def test_memory_stays_bounded_while_one_job_takes_forever(worker: Worker, gate: Gate) -> None:
    worker.submit(gate)
    for _ in range(30):
        worker.stop(worker.submit(lambda control: None).id)
    assert len(worker.jobs()) <= 5


def test_a_job_that_is_over_can_be_forgotten_but_no_other(worker: Worker, gate: Gate) -> None:
    done = over(worker, worker.submit(lambda control: 1))
    running = worker.submit(gate)
    for job in (done, running):
        worker.forget(job.id)
    assert worker.snapshot(done.id) is None
    assert worker.snapshot(running.id) is not None


def test_once_never_works_twice_on_the_same(worker: Worker, gate: Gate) -> None:
    started: list[int] = []

    def task(control: Control) -> str:
        started.append(1)
        return gate(control)

    threads_found: list[int] = []
    threads = [
        threading.Thread(target=lambda: threads_found.append(worker.once("key", task).id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.opened.set()
    assert len(set(threads_found)) == 1
    job = worker.once("key", task)
    assert over(worker, job).result == "through"
    assert worker.once("key", task).id == job.id
    assert started == [1]
    assert worker.once("another key", task).id != job.id


def test_once_starts_again_what_was_stopped(worker: Worker, gate: Gate) -> None:
    job = worker.once("key", gate)
    worker.stop(job.id)
    over(worker, job)
    assert worker.once("key", lambda control: 1).id != job.id


def test_once_keeps_a_failure_until_it_is_forgotten(worker: Worker) -> None:
    def task(control: Control) -> None:
        raise DigitLabError("No.")

    job = over(worker, worker.once("key", task))
    assert worker.once("key", task) == job
    worker.forget(job.id)
    assert worker.once("key", lambda control: 1).id != job.id


def test_what_is_asked_for_again_is_forgotten_last(worker: Worker) -> None:
    wanted = over(worker, worker.once("wanted", lambda control: 1))
    for _ in range(3):
        over(worker, worker.submit(lambda control: 2))
    worker.once("wanted", lambda control: 1)
    for _ in range(3):
        over(worker, worker.submit(lambda control: 3))
    assert worker.snapshot(wanted.id) is not None


def test_jobs_are_found_by_owner_and_by_key(worker: Worker, gate: Gate) -> None:
    mine = [worker.submit(gate, owner="me", key="k"), worker.submit(gate, owner="me", key="k")]
    yours = worker.submit(gate, owner="you")
    assert [job.id for job in worker.jobs("me")] == [job.id for job in mine]
    assert [job.id for job in worker.jobs()] == [*(job.id for job in mine), yours.id]
    latest = worker.latest("k")
    assert latest is not None
    assert latest.id == mine[1].id
    assert worker.latest("nothing") is None


def test_waiting_has_an_end(worker: Worker, gate: Gate) -> None:
    job = worker.submit(gate)
    waiting = worker.wait(job.id, timeout=0.01)
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


def test_a_running_job_can_be_paused_and_resumed(worker: Worker) -> None:
    task = Patient()
    job = worker.submit(task)
    task.entered.wait(PATIENCE)
    worker.pause(job.id)
    assert now(worker, job).paused
    time.sleep(0.05)
    rounds = task.rounds
    time.sleep(0.05)
    assert task.rounds <= rounds + 1
    worker.resume(job.id)
    assert not now(worker, job).paused
    task.opened.set()
    assert over(worker, job).state is State.DONE


def test_a_paused_job_can_be_stopped(worker: Worker) -> None:
    task = Patient()
    job = worker.submit(task)
    task.entered.wait(PATIENCE)
    worker.pause(job.id)
    worker.stop(job.id)
    worker.pause(job.id)
    last = over(worker, job)
    assert (last.state, last.paused) == (State.STOPPED, False)


def test_the_learning_rate_of_a_running_job_can_be_multiplied(worker: Worker) -> None:
    task = Patient()
    job = worker.submit(task)
    task.entered.wait(PATIENCE)
    worker.scale_learning_rate(job.id, 0.5)
    worker.scale_learning_rate(job.id, 0.5)
    with pytest.raises(DigitLabError):
        worker.scale_learning_rate(job.id, 0)
    task.opened.set()
    assert over(worker, job).result == 0.25


def test_only_what_runs_can_be_steered(worker: Worker, gate: Gate) -> None:
    worker.submit(gate)
    task = Patient()
    task.opened.set()
    waiting = worker.submit(task)
    worker.pause(waiting.id)
    worker.scale_learning_rate(waiting.id, 3)
    worker.resume(999)
    assert not now(worker, waiting).paused
    gate.opened.set()
    assert over(worker, waiting).result == 1
    worker.pause(waiting.id)
    assert not now(worker, waiting).paused
