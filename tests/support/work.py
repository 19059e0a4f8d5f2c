"""Functions that tests have a worker do, as if they were of the lab, and calls of them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.runs.checkpoints import Checkpoint
from tests.support.gates import now, until

Report = Callable[[Any], None]


def add(one: int, other: int, *, report: Report, control: RunControl) -> int:
    report("adding")
    return one + other


def process(*, report: Report, control: RunControl) -> dict[str, Any]:
    """Return the id and priority of the process."""
    return {
        "pid": os.getpid(),
        "niceness": os.nice(0),
        "thread": threading.get_ident(),
        "streamlit": "streamlit" in sys.modules,
    }


def go_on(*, report: Report, control: RunControl) -> str:
    """Report each new order, until told to stop."""
    told = None
    while not control.should_stop():
        if control.orders != told:
            told = control.orders
            report((os.getpid(), told.is_paused, told.factor))
        time.sleep(0.002)
    return "kept"


def stop_with_nothing(*, report: Report, control: RunControl) -> None:
    raise Stopped


def fail(*, report: Report, control: RunControl) -> None:
    raise DigitLabError("The file is broken: choose another.")


def leave(*, report: Report, control: RunControl) -> None:
    sys.exit(3)


def recurse(*, report: Report, control: RunControl) -> None:
    recurse(report=report, control=control)


def run_out_of_memory(*, report: Report, control: RunControl) -> None:
    raise MemoryError


def return_what_cannot_travel(*, report: Report, control: RunControl) -> object:
    return threading.Lock()


def return_what_cannot_arrive(*, report: Report, control: RunControl) -> object:
    return _Unloadable()


def report_what_cannot_travel(*, report: Report, control: RunControl) -> None:
    report(threading.Lock())


def raise_what_cannot_travel(*, report: Report, control: RunControl) -> None:
    raise _Demanding("one", "two")


def die(marks: Path, times: int, *, report: Report, control: RunControl) -> int:
    """Kill the process the first `times` times; gives how often it died."""
    died = len(list(marks.iterdir()))
    if died < times:
        (marks / str(died)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return died


def grow(*, report: Report, control: RunControl) -> None:
    """Take more and more memory."""
    taken = []
    while not control.should_stop():
        taken.append(b"x" * 20_000_000)
        time.sleep(0.02)


def count_up(
    *, report: Report, control: RunControl, checkpoint: Checkpoint | None = None, size: int = 0
) -> int:
    """Make a checkpoint at each number; wait for the order to stop at the third."""
    number = int(checkpoint.data[:1]) if checkpoint else 0
    while not control.should_stop():
        if number < 3:
            number += 1
            report(Checkpoint(str(number).encode() + bytes(size)))
        time.sleep(0.01)
    return number


class _Unloadable:
    def __reduce__(self) -> tuple[Any, tuple[int]]:
        return _unload, (1,)


def _unload(number: int) -> None:
    raise RuntimeError("cannot be made again")


class _Demanding(Exception):
    """Cannot be unpickled: it asks for more than it keeps."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)


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
    """Put a call of a function of this module into the line."""
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
