"""Calls of `tests.support.work` by workers, and a server that makes one."""

import os
import subprocess
import sys
from typing import Any

from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.jobs.snapshot import Snapshot
from tests.support.gates import now, until

_SERVER = """
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
def report(told):
    if isinstance(told, tuple):
        print(told[0], flush=True)
if __name__ == "__main__":
    line, cluster = JobQueue("server"), Cluster({address!r})
    line.wait(line.submit(lambda control: cluster.call(
        "tests.support.work:go_on", control=control, report=report, is_training=True)).id)
"""


def called(
    queue: JobQueue, cluster: Cluster, name: str, *arguments: Any, **options: Any
) -> Snapshot:
    """Put a call of a function of `tests.support.work` into the line."""
    function = f"tests.support.work:{name}"
    return queue.submit(
        lambda control: cluster.call(function, *arguments, **options, control=control)
    )


def begun(queue: JobQueue, job: Snapshot) -> Snapshot:
    """Return the job once its worker reports something of its own."""
    until(lambda: not isinstance(now(queue, job).progress, Phase | None))
    return now(queue, job)


def python(*words: str, **options: Any) -> subprocess.Popen[Any]:
    """Start a Python that finds what the tests find."""
    found = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, *words], env=found, **options)


def training_server(address: str = "") -> tuple[subprocess.Popen[str], int]:
    """Start a server whose worker trains until the server ends, and wait until it does so.

    Returns:
        The server, and the worker's process.
    """
    server = python("-c", _SERVER.format(address=address), stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, int(server.stdout.readline())
