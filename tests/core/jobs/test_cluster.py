"""Calls of workers on this machine."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import Client

from mnist_app.core.jobs import cluster as door
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import Control, JobQueue
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.settings import TrainingConfig
from tests.support.gates import PATIENCE, now, over, until
from tests.support.work import begun, called, training_server

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture
def queue() -> JobQueue:
    return JobQueue("test", at_once=3)


Submit = Callable[..., Snapshot]


@pytest.fixture
def submit(cluster: Cluster, queue: JobQueue) -> Iterator[Submit]:
    """Put a call of a function of `tests.support.work` into the line; none is left behind."""

    def submitted(name: str, *arguments: Any, **options: Any) -> Snapshot:
        return called(queue, cluster, name, *arguments, **options)

    yield submitted
    for job in queue.jobs():
        queue.stop(job.id)
        queue.wait(job.id, PATIENCE)


def test_a_worker_does_it_and_gives_the_result(queue: JobQueue, submit: Submit) -> None:
    job = over(queue, submit("add", 1, other=2))
    assert (job.state, job.result, job.progress) == (JobState.DONE, 3, "adding")


def test_it_is_told_how_far_the_worker_is(queue: JobQueue, submit: Submit) -> None:
    told: list[Any] = []
    over(queue, submit("add", 1, 2, report=told.append))
    phases = [phase for phase in told if isinstance(phase, Phase)]
    assert phases[0].stage is Stage.STARTING
    assert phases[-1].stage is Stage.BEGUN
    assert [phase.since for phase in phases] == sorted(phase.since for phase in phases)


def test_a_worker_gives_way_to_the_server(queue: JobQueue, submit: Submit) -> None:
    found = over(queue, submit("process")).result
    assert found["pid"] != os.getpid()
    assert found["niceness"] > os.nice(0)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fail", "The file is broken: choose another."),
        ("run_out_of_memory", "not enough memory"),
        ("leave", "unexpected"),
        ("recurse", "unexpected"),
        ("return_what_cannot_travel", "unexpected"),
        ("return_what_cannot_arrive", "unexpected"),
        ("report_what_cannot_travel", "unexpected"),
        ("raise_what_cannot_travel", "unexpected"),
        ("there_is_none", "unexpected"),
    ],
)
def test_a_failure_is_told_in_plain_words_and_the_worker_goes_on(
    queue: JobQueue, submit: Submit, name: str, sentence: str
) -> None:
    before = over(queue, submit("process")).result["pid"]
    job = over(queue, submit(name))
    assert job.state is JobState.FAILED
    assert sentence in job.error
    assert job.is_refused == (name == "fail")
    assert over(queue, submit("process")).result["pid"] == before


def test_a_call_may_stop_with_nothing_to_keep(queue: JobQueue, submit: Submit) -> None:
    job = over(queue, submit("stop_with_nothing"))
    assert (job.state, job.result, job.error) == (JobState.STOPPED, None, "")


def test_orders_reach_the_worker(queue: JobQueue, submit: Submit) -> None:
    job = begun(queue, submit("go_on", is_training=True))
    assert job.progress[1:] == (False, 1.0)
    queue.pause(job.id)
    until(lambda: now(queue, job).progress[1:] == (True, 1.0))
    control = queue.control(job.id)
    assert control is not None
    control.scale_learning_rate(0.5)
    until(lambda: now(queue, job).progress[1:] == (True, 0.5))
    queue.resume(job.id)
    until(lambda: now(queue, job).progress[1:] == (False, 0.5))
    queue.stop(job.id)
    last = over(queue, job)
    assert (last.state, last.result) == (JobState.STOPPED, "kept")


def test_what_was_said_before_it_began_is_known(cluster: Cluster, queue: JobQueue) -> None:
    def call(control: Control) -> Any:
        control.scale_learning_rate(0.25)
        return cluster.call("tests.support.work:go_on", control=control)

    job = begun(queue, queue.submit(call))
    assert job.progress[1:] == (False, 0.25)
    queue.stop(job.id)
    over(queue, job)


def test_a_worker_trains_one_network_at_a_time_and_does_short_work_beside_it(
    queue: JobQueue, submit: Submit
) -> None:
    first = begun(queue, submit("go_on", is_training=True))
    second = submit("go_on", is_training=True)
    assert over(queue, submit("add", 1, 2)).result == 3
    assert isinstance(now(queue, second).progress, Phase)
    queue.stop(second.id)
    last = over(queue, second)
    assert (last.state, last.result) == (JobState.STOPPED, None), "it had not begun"
    assert not now(queue, first).is_over
    third = submit("go_on", is_training=True)
    queue.stop(first.id)
    over(queue, first)
    begun(queue, third)


def test_checkpoints_arrive_and_do_not_stay_in_memory(
    cluster: Cluster, queue: JobQueue, submit: Submit
) -> None:
    found: list[int] = []

    def report(progress: Any) -> None:
        if isinstance(progress, Checkpoint):
            found.append(len(progress.data))

    job = submit("count_up", size=5_000_000, report=report)
    until(lambda: bool(found))
    queue.stop(job.id)
    over(queue, job)
    assert set(found) == {5_000_001}
    with Client(cluster.local(), set_as_default=False) as client:
        events = client.get_events()
    assert sum(len(str(event)) for topic in events.values() for event in topic) < 1_000_000


def test_what_a_worker_did_when_it_was_killed_is_begun_anew(
    queue: JobQueue, submit: Submit, tmp_path: Path
) -> None:
    job = over(queue, submit("die", tmp_path, 1))
    assert (job.state, job.result) == (JobState.DONE, 1)


def test_what_kills_each_worker_fails_in_plain_words_and_nobody_else_notices(
    queue: JobQueue, submit: Submit, tmp_path: Path
) -> None:
    job = over(queue, submit("die", tmp_path, 9, attempts=1))
    assert job.state is JobState.FAILED
    assert "stopped unexpectedly" in job.error
    assert len(list(tmp_path.iterdir())) == 1
    assert over(queue, submit("add", 1, 2)).result == 3


def test_workers_come_and_go_with_the_work_and_end_when_they_take_too_much_memory(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 300_000_000
    monkeypatch.setattr(door, "MEMORY_FRACTION", limit / psutil.virtual_memory().total)
    small = Cluster(idle_seconds=0.5)
    try:
        first = over(queue, called(queue, small, "process")).result["pid"]
        until(lambda: not psutil.pid_exists(first))
        job = over(queue, called(queue, small, "grow", attempts=1))
        assert job.state is JobState.FAILED
        assert "memory ran out" in job.error
    finally:
        small.close()


def test_two_first_calls_at_once_find_all_of_the_lab(queue: JobQueue) -> None:
    fresh = Cluster()
    images, config = np.zeros((1, 28, 28), np.uint8), TrainingConfig(rotation=5.0)
    arguments = ("mnist_app.lab.training.augmentation:examples", images, 1, [config])
    other = ("mnist_app.lab.export:convert", model_store.SHIPPED.read_bytes(), "it")
    try:
        jobs = [
            queue.submit(lambda control: fresh.call(*arguments, control=control)),
            queue.submit(lambda control: fresh.call(*other, control=control)),
        ]
        for job in jobs:
            last = queue.wait(job.id, 120)
            assert last is not None
            assert last.state is JobState.DONE, last.error
    finally:
        fresh.close()


def test_as_many_networks_train_at_once_as_there_may_be_workers(queue: JobQueue) -> None:
    two = Cluster(workers=2)
    try:
        jobs = [called(queue, two, "go_on", is_training=True) for _ in range(2)]
        pids = {begun(queue, job).progress[0] for job in jobs}
        assert len(pids) == 2
        for job in jobs:
            queue.stop(job.id)
            over(queue, job)
    finally:
        two.close()


def test_the_workers_of_a_server_that_is_killed_end_by_themselves() -> None:
    server, worker = training_server()
    assert psutil.pid_exists(worker)
    server.kill()
    server.wait()
    until(lambda: not psutil.pid_exists(worker))
