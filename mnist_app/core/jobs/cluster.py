"""Calls of the lab's functions in worker processes of Dask, on this machine or elsewhere.

They are processes of this machine that come and go with the work, or those of a scheduler.
"""

import logging
import pickle
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import spawn
from typing import Any

import dask
from distributed import Adaptive, Client, LocalCluster

from mnist_app.core.errors import Stopped, Temporary, WorkerLost
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.pending_call import AWAY, GetOrders, PendingCall, Report
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.worker import LANE, Call, Preparation, fail_at_once, idle_trainers, perform

logger = logging.getLogger(__name__)

# One thread of a worker may train, the other does short work.
LANES = 2
TRAINING = {LANE: 1}
# A worker without work stays this long, so that the next job finds TensorFlow loaded.
IDLE_SECONDS = 60.0
ADAPT_SECONDS = 0.5
# A scheduler that has not answered for this long is away.
CONNECT_SECONDS = 5.0
# What all workers of this machine may take of its memory; the rest is the server's.
MEMORY_FRACTION = 0.8
CONFIG = {
    # Each topic's events stay in the server's memory, up to 50 kB each.
    "distributed.admin.low-level-log-length": 20,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.large-graph-warning-threshold": "1GiB",
    # TensorFlow uses all cores; a low trim threshold has each large array mapped anew.
    "distributed.nanny.pre-spawn-environ": {},
    # There is nothing to spill, and a worker that is paused would keep its jobs waiting for ever.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,
}


class Cluster:
    """Workers that do what the server asks for; safe to use from several threads."""

    def __init__(
        self, address: str = "", workers: int = 1, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """Start nothing yet.

        Args:
            address: of a Dask scheduler, `tcp://host:8786`; "" for workers on this machine.
            workers: how many there may be on this machine.
            idle_seconds: how long a worker of this machine stays when there is nothing to do.
        """
        self._address, self._workers, self._idle_seconds = address, workers, idle_seconds
        self._starting = threading.Lock()
        self._local: LocalCluster | None = None
        self._topic = f"digit-lab-{uuid.uuid4().hex}"
        self._changing = threading.Lock()
        # Of each call that is open, whether it trains.
        self._open: list[bool] = []
        # The workers that train, or are about to.
        self._taken: set[str] = set()

    def call(
        self,
        function: str,
        *arguments: Any,
        control: Control,
        report: Report | None = None,
        is_training: bool = False,
        attempts: int = 2,
        known_factor: float = 1.0,
        **keywords: Any,
    ) -> Any:
        """Have a worker call a function, and wait for its result.

        Args:
            function: `"mnist_app.lab.module:name"`; also takes `report` and `control`.
            control: of the job that waits: its orders are passed on within a step.
            report: gets what the function reports, and each `Phase`; `control.report` by default.
            is_training: it takes minutes; one such call at a time is done by a worker.
            attempts: how often it is started, when its worker is lost.
            known_factor: what the function knows already of the factor of the learning rate, as it
                goes on from where another call was.

        Raises:
            WorkerLost: the worker was lost, at the last attempt.
            Stopped: the job was asked to stop and there is nothing to keep.
            DigitLabError: it failed, or no worker can be reached.
        """
        begin = partial(
            self._attempt,
            function,
            pickle.dumps((arguments, keywords)),
            lambda: control.orders._replace(factor=control.orders.factor / known_factor),
            report or control.report,
            is_training,
        )
        for _ in range(attempts - 1):
            with suppress(WorkerLost):
                return begin()
        return begin()

    def close(self) -> None:
        """End the workers of this machine."""
        with self._starting:
            if self._local is not None:
                self._local.close()
                self._local = None

    def local(self) -> LocalCluster:
        """Return the cluster of this machine, which grows and shrinks by itself."""
        with self._starting:
            if self._local is None:
                dask.config.set(CONFIG)
                spawn.get_preparation_data = _preparation_data
                self._local = LocalCluster(
                    n_workers=0,
                    threads_per_worker=LANES,
                    memory_limit=MEMORY_FRACTION / self._workers,
                    resources=TRAINING,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                )
                self._local.adapt(
                    Adaptive=partial(_Demand, self._wanted),
                    minimum=0,
                    maximum=self._workers,
                    interval=ADAPT_SECONDS,
                    wait_count=round(self._idle_seconds / ADAPT_SECONDS),
                )
            return self._local

    def _attempt(
        self,
        function: str,
        arguments: bytes,
        get_orders: GetOrders,
        report: Report,
        is_training: bool,
    ) -> Any:
        key = f"{function}-{uuid.uuid4().hex}"
        call = Call(key, self._topic, function, arguments, get_orders())
        pending = PendingCall(call, get_orders, report)
        report(Phase(Stage.WAITING if self._address else Stage.STARTING, time.time()))
        with (
            self._work(is_training),
            self._client(pending) as client,
            self._lane(client, get_orders, is_training) as lane,
        ):
            future = client.submit(perform, call, key=key, pure=False, **lane)
            try:
                return pending.result(client, future)
            finally:
                future.cancel()

    @contextmanager
    def _lane(
        self, client: Client, get_orders: GetOrders, is_training: bool
    ) -> Iterator[dict[str, Any]]:
        """Reserve a worker that does not train, which Dask itself does not see to.

        It takes a task that waits for another for one that runs, and leaves it where it is.
        """
        if not is_training:
            yield {}
            return
        worker = self._reserved(client, get_orders)
        try:
            yield {"workers": [worker], "allow_other_workers": True, "resources": TRAINING}
        finally:
            with self._changing:
                self._taken.remove(worker)

    def _reserved(self, client: Client, get_orders: GetOrders) -> str:
        """Wait for a worker that does not train, and reserve it; return its address."""
        while not get_orders().is_stopped:
            with _reaching():
                free = client.run_on_scheduler(idle_trainers)
            with self._changing:
                for worker in free:
                    if worker not in self._taken:
                        self._taken.add(worker)
                        return worker
            time.sleep(ADAPT_SECONDS / 2)
        raise Stopped

    @contextmanager
    def _work(self, is_training: bool) -> Iterator[None]:
        """Count a call as open, so that workers of this machine start for it."""
        with self._changing:
            self._open.append(is_training)
        try:
            yield
        finally:
            with self._changing:
                self._open.remove(is_training)

    @contextmanager
    def _client(self, pending: PendingCall) -> Iterator[Client]:
        """Connect for one call, so that a scheduler that was away is found again."""
        with _reaching():
            client = Client(
                self._address or self.local(), timeout=CONNECT_SECONDS, set_as_default=False
            )
        with client:
            with _reaching():
                client.subscribe_topic(self._topic, pending.receive)
                client.register_plugin(Preparation())
                client.run_on_scheduler(fail_at_once)
            yield client

    def _wanted(self) -> int:
        """Return the number of workers that the open calls need."""
        with self._changing:
            return max(sum(self._open), bool(self._open))


def _preparation_data(name: str) -> dict[str, Any]:
    """Tell a new process about this one, but not to run this program again.

    That would be the app itself, which Streamlit puts in the place of the main module.
    """
    data = _python_preparation_data(name)
    return {key: data[key] for key in data if not key.startswith("init_main")}


_python_preparation_data = spawn.get_preparation_data


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        logger.warning("The scheduler cannot be reached", exc_info=True)
        raise Temporary(AWAY) from error


class _Demand(Adaptive):
    """As many workers as networks train, and one for everything else; Dask would count threads."""

    def __init__(self, wanted: Callable[[], int], *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._wanted = wanted

    async def target(self) -> int:
        """Return the number of workers that the open calls need."""
        return self._wanted()
