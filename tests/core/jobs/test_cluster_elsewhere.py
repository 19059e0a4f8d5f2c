"""Calls of workers of a scheduler, which may be on other machines."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_cache
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session import queues, run_jobs
from tests.support.gates import now, over, until

pytestmark = pytest.mark.cluster

CONFIG = TrainingConfig(dataset="optdigits", architecture="simple_cnn", batch_size=8, epochs=6)
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command of Dask's in a folder of its own; all end with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def started(*command: str) -> subprocess.Popen[bytes]:
        folder = tmp_path / str(len(processes))
        folder.mkdir()
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "dask", *command],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        )
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
    return start(
        "scheduler", "--host", "127.0.0.1", "--port", port, "--dashboard-address", "127.0.0.1:0"
    )


def trainer(start: Start, address: str) -> subprocess.Popen[bytes]:
    return start(
        "worker",
        address,
        "--nthreads",
        "2",
        "--resources",
        "training=1",
        "--dashboard-address",
        "127.0.0.1:0",
    )


def submitted(
    line: JobQueue, cluster: Cluster, name: str, *arguments: Any, **options: Any
) -> Snapshot:
    return line.submit(
        lambda control: cluster.call(
            f"tests.support.work:{name}", *arguments, control=control, **options
        )
    )


def begun(line: JobQueue, job: Snapshot) -> Snapshot:
    until(lambda: now(line, job).progress is not None)
    until(lambda: not isinstance(now(line, job).progress, Phase))
    return now(line, job)


def test_a_scheduler_that_cannot_be_reached_is_told(line: JobQueue, cluster: Cluster) -> None:
    job = over(line, submitted(line, cluster, "add", 1, 2))
    assert job.state is JobState.FAILED
    assert "cannot be reached" in job.error
    assert "127.0.0.1" not in job.error


def test_two_machines_train_at_once_and_one_of_them_is_lost(
    start: Start, address: str, line: JobQueue, cluster: Cluster
) -> None:
    scheduler(start, address)
    trainer(start, address), trainer(start, address)
    jobs = [submitted(line, cluster, "go_on", is_training=True, attempts=1) for _ in range(2)]
    pids = [begun(line, job).progress[0] for job in jobs]
    assert pids[0] != pids[1]
    psutil.Process(pids[0]).kill()
    lost = over(line, jobs[0])
    assert (lost.state, "ended before its time" in lost.error) == (JobState.FAILED, True)
    again = begun(line, submitted(line, cluster, "go_on", is_training=True))
    assert again.progress[0] not in pids
    for job in (jobs[1], again):
        line.stop(job.id)
        assert over(line, job).result == "kept"


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


def test_a_scheduler_that_goes_away_is_told_and_found_again(
    start: Start, address: str, line: JobQueue, cluster: Cluster
) -> None:
    first = scheduler(start, address)
    trainer(start, address)
    job = begun(line, submitted(line, cluster, "go_on", is_training=True))
    end(first)
    lost = over(line, job)
    assert (lost.state, "cannot be reached" in lost.error) == (JobState.FAILED, True)
    scheduler(start, address)
    trainer(start, address)
    assert over(line, submitted(line, cluster, "add", 1, 2)).result == 3


def test_nobody_trains_for_a_server_that_is_gone(
    start: Start, address: str, line: JobQueue, cluster: Cluster
) -> None:
    scheduler(start, address)
    trainer(start, address)
    server = start_server(address)
    try:
        server.stdout.readline()
    finally:
        server.kill()
        server.wait()
    job = begun(line, submitted(line, cluster, "go_on", is_training=True))
    line.stop(job.id)
    over(line, job)


def start_server(address: str) -> Any:
    """A process that trains until it is ended, and prints a line when it has begun."""
    code = (
        "from mnist_app.core.jobs.cluster import Cluster\n"
        "from mnist_app.core.jobs.job_queue import JobQueue\n"
        "def report(told):\n    if isinstance(told, tuple): print(told[0], flush=True)\n"
        "line = JobQueue('server')\n"
        f"call = lambda control: Cluster({address!r}).call(\n"
        "    'tests.support.work:go_on', control=control, report=report, is_training=True)\n"
        "line.wait(line.submit(call).id)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
