"""The worker's side of a call: find the function, report, follow orders.

The server names a function by a text, so that it need not import what the worker does.
"""

import logging
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psutil
from distributed import Scheduler, Worker, WorkerPlugin, get_worker

from mnist_app.core.errors import DigitLabError, Stopped, Temporary
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.jobs.job_queue import OUT_OF_MEMORY
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.run_control import Orders, RunControl
from mnist_app.core.runs.checkpoints import Checkpoint

# As far below the server as can be; an idle machine still learns at full speed.
NICENESS = 19
# Imports that the core defers until they are needed.
IMPORTED_LATE = ("scipy.ndimage", "sklearn.datasets", "sklearn.metrics", "sklearn.model_selection")
# The Dask resource that a training takes, of which a worker has one.
LANE = "training"


@dataclass(frozen=True)
class Call:
    """A call of a function in a worker.

    Attributes:
        id: unique; also the key of the task.
        topic: of the events that the server listens to.
        function: `"module:name"`.
        arguments: the pickled pair of positional and keyword arguments.
        orders: those from before it begins.
    """

    id: str
    topic: str
    function: str
    arguments: bytes
    orders: Orders


class Message(StrEnum):
    """The kind of a message to the server."""

    STARTED = "started"
    REPORT = "report"
    CHECKPOINT = "checkpoint"


class Unforeseen(Exception):
    """Something that no call should end with; its text is a traceback."""


class Preparation(WorkerPlugin):
    """Prepares a worker to learn beside a server, and stops its calls when nobody wants them."""

    name = "digit-lab"

    def setup(self, worker: Worker) -> None:
        """Give way to the server, and leave out what TensorFlow says when it starts."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # Each run has a network of its own, which TensorFlow takes for a mistake (retracing).
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        is_windows = sys.platform == "win32"
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if is_windows else NICENESS)

    def transition(self, key: Any, start: str, finish: str, **kwargs: Any) -> None:
        """Stop a call that was cancelled, or whose server is gone."""
        if finish == "released" and key in _running:
            _running[key].stop()


_running: dict[Any, RunControl] = {}
# The last checkpoint of each call, until the server fetches it.
_checkpoints: dict[str, Checkpoint] = {}


def perform(call: Call) -> bytes:
    """Do what a call asks for.

    Returns:
        The pickled result, or the pickled exception that ended it: nothing that is sent can fail
        to arrive.
    """
    _running[call.id] = control = RunControl(call.orders)
    send = _sender(call)
    send(Message.STARTED, get_worker().address.encode())
    try:
        return _result(call, send, control)
    except (Stopped, DigitLabError) as error:
        return pickle.dumps(error)
    except MemoryError:
        return pickle.dumps(Temporary(OUT_OF_MEMORY))
    except BaseException:
        # Also SystemExit, which would end the worker.
        return pickle.dumps(Unforeseen(traceback.format_exc()))
    finally:
        del _running[call.id]
        _checkpoints.pop(call.id, None)


def follow(call_id: str, orders: Orders) -> None:
    """Pass orders to a call that runs in this process."""
    if call_id in _running:
        _running[call_id].follow(orders)


def fetch(call_id: str) -> Checkpoint | None:
    """Return the last checkpoint of a call in this process; None if it was fetched before."""
    return _checkpoints.pop(call_id, None)


def fail_at_once(dask_scheduler: Scheduler) -> None:
    """Have the scheduler fail the tasks of a lost worker, which it would otherwise start again.

    Run by the scheduler.
    """
    dask_scheduler.allowed_failures = 0


def idle_trainers(dask_scheduler: Scheduler) -> list[str]:
    """Return the addresses of the workers that may train and do not; run by the scheduler."""
    return [
        worker.address
        for worker in dask_scheduler.running
        if worker.resources.get(LANE, 0) > worker.used_resources.get(LANE, 0)
    ]


def _result(call: Call, send: Callable[[Message, bytes], None], control: RunControl) -> bytes:
    module, name = call.function.split(":")

    def report(progress: Any) -> None:
        if isinstance(progress, Checkpoint):
            # Too large for the log of events.
            _checkpoints[call.id] = progress
            send(Message.CHECKPOINT, b"")
        else:
            send(Message.REPORT, pickle.dumps(progress))

    if module not in sys.modules:
        report(Phase(Stage.LOADING, time.time()))
    import_first(module, *IMPORTED_LATE)
    function = getattr(sys.modules[module], name)
    report(Phase(Stage.BEGUN, time.time()))
    arguments, keywords = pickle.loads(call.arguments)
    return pickle.dumps(function(*arguments, **keywords, report=report, control=control))


def _sender(call: Call) -> Callable[[Message, bytes], None]:
    worker = get_worker()

    def send(kind: Message, data: bytes) -> None:
        worker.log_event(call.topic, (call.id, str(kind), data))

    return send
