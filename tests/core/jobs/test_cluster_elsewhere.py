"""Calls of workers of a scheduler, which may be on other machines."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_cache
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session import queues, run_jobs
from tests.support.gates import now, over, until
from tests.support.work import begun, called, python, training_server

pytestmark = pytest.mark.cluster

CONFIG = TrainingConfig(dataset="optdigits", architecture="simple_cnn", batch_size=8, epochs=6)
Start = Callable[..., subprocess.Popen[bytes]]
NO_DASHBOARD = "--dashboard-address 127.0.0.1:0"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command of Dask's in a folder of its own; all end with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def started(*command: str) -> subprocess.Popen[bytes]:
        folder = tmp_path / str(len(processes))
        folder.mkdir()
        processes.append(python("-m", "dask", *command, cwd=folder))
        return processes[-1]

    yield started
    for process in processes:
        end(process)


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def cluster(address: str) -> Cluster:
    return Cluster(address)


@pytest.fixture
def line() -> JobQueue:
    return JobQueue("test", at_once=2)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, as if their machine lost its power."""
    try:
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = [process]
    for member in family:
        member.kill()
    process.wait()


def scheduler(start: Start, address: str) -> subprocess.Popen[bytes]:
    port = address.rpartition(":")[2]
    return start(*f"scheduler --host 127.0.0.1 --port {port} {NO_DASHBOARD}".split())


def trainer(start: Start, address: str) -> subprocess.Popen[bytes]:
    return start(*f"worker {address} --nthreads 2 --resources training=1 {NO_DASHBOARD}".split())


def test_a_scheduler_that_cannot_be_reached_is_told(line: JobQueue, cluster: Cluster) -> None:
    job = over(line, called(line, cluster, "add", 1, 2))
    assert job.state is JobState.FAILED
    assert "cannot be reached" in job.error
    assert "127.0.0.1" not in job.error


def test_two_visitors_train_on_two_machines_and_one_machine_is_lost(
    start: Start, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of their own, and nothing in common but the scheduler: the server saves both."""
    monkeypatch.setenv("MNIST_APP_SCHEDULER", address)
    monkeypatch.setenv("MNIST_APP_WORKERS", "2")
    queues.queues.clear()
    queues.cluster.clear()
    scheduler(start, address)
    machines = [trainer(start, address) for _ in range(2)]
    jobs = [run_jobs.training_job(CONFIG, f"Of {visitor}", visitor) for visitor in ("Ann", "Ben")]
    training = queues.queues().training
    until(lambda: all(epoch(training, job) > 1 for job in jobs))
    end(machines[0])
    for job in jobs:
        last = training.wait(job.id, 120)
        assert last is not None
        assert last.state is JobState.DONE, last.error
    assert sorted(job.progress.progress.remark for job in training.jobs()) == ["", run_jobs.WENT_ON]
    assert {"Of Ann", "Of Ben"} <= {model.title for model in model_cache.readers().values()}
    queues.queues.clear()
    queues.cluster.clear()


def epoch(line: JobQueue, job: Snapshot) -> int:
    """The epoch that a run is in, 0 before it learns."""
    run = now(line, job).progress
    return run.progress.epoch if run is not None and run.progress is not None else 0


def test_workers_outlive_their_servers_and_a_scheduler_that_went_is_found_again(
    start: Start, address: str, line: JobQueue, cluster: Cluster
) -> None:
    first = scheduler(start, address)
    trainer(start, address)
    server, _ = training_server(address)
    server.kill()
    server.wait()
    job = begun(line, called(line, cluster, "go_on", is_training=True))
    end(first)
    lost = over(line, job)
    assert (lost.state, "cannot be reached" in lost.error) == (JobState.FAILED, True)
    scheduler(start, address)
    trainer(start, address)
    assert over(line, called(line, cluster, "add", 1, 2)).result == 3
