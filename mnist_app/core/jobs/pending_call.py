"""The server's side of a call: messages in, orders out, until it is over."""

import logging
import pickle
import queue
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from mnist_app.core.errors import Interrupted, Stopped, Temporary, WorkerLost
from mnist_app.core.jobs.job_queue import UNFORESEEN
from mnist_app.core.jobs.run_control import Orders
from mnist_app.core.jobs.worker import Call, Message, Unforeseen, fetch, follow

logger = logging.getLogger(__name__)

Report = Callable[[Any], None]
GetOrders = Callable[[], Orders]

# Between two looks at a job's orders: less than a training step takes.
LOOK_SECONDS = 0.02
LOST = (
    "The program that did this stopped unexpectedly, perhaps because memory ran out. Try again, or "
    "use a smaller network."
)
AWAY = (
    "The computers that do the training cannot be reached right now. Everything else still works: "
    "try again in a minute."
)


class PendingCall:
    """Passes the messages of a call to the job that waits, and the job's orders to the call."""

    def __init__(self, call: Call, get_orders: GetOrders, report: Report) -> None:
        """Begin before the call is submitted.

        Args:
            get_orders: returns the job's orders.
            report: gets what the function reports.
        """
        self._id, self._orders = call.id, call.orders
        self._get_orders, self._report = get_orders, report
        self._inbox: queue.SimpleQueue[tuple[Message, bytes]] = queue.SimpleQueue()
        # The worker's address, once it has begun.
        self._worker = ""

    def receive(self, event: tuple[float, tuple[str, str, bytes]]) -> None:
        """Take in an event, which may be about another call."""
        call_id, kind, data = event[1]
        if call_id == self._id:
            self._inbox.put((Message(kind), data))

    def result(self, client: Client, future: Future) -> Any:
        """Pass messages on, in both directions, until the call is over; return its result.

        Raises:
            WorkerLost: the worker was lost.
            Stopped: it was asked to stop and there is nothing to keep.
            DigitLabError: it failed, or the scheduler is gone.
        """
        while not (future.done() and self._inbox.empty()):
            with suppress(queue.Empty):
                self._hear(client, *self._inbox.get(timeout=LOOK_SECONDS))
            orders = self._get_orders()
            if orders != self._orders:
                self._pass_on(client, orders)
        return _result(future)

    def _hear(self, client: Client, kind: Message, data: bytes) -> None:
        if kind is Message.REPORT:
            self._report(pickle.loads(data))
        elif kind is Message.CHECKPOINT:
            checkpoint = self._run(client, fetch)
            if checkpoint is not None:
                self._report(checkpoint)
        elif self._worker:
            # Dask began it anew, from its start, because it lost the first worker.
            raise WorkerLost(LOST)
        else:
            self._worker = data.decode()

    def _pass_on(self, client: Client, orders: Orders) -> None:
        """Pass orders on; a call that has not begun is not waited for any more."""
        if self._worker:
            self._run(client, follow, orders)
            self._orders = orders
        elif orders.is_stopped:
            raise Stopped

    def _run(self, client: Client, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function on the worker beside the call; return None if the worker is gone."""
        try:
            replies = client.run(function, self._id, *arguments, workers=[self._worker])
            return replies[self._worker]
        except Exception:
            # The end of the call, which is seen next, says more.
            logger.info("%s could not be asked about %s", self._worker, self._id, exc_info=True)
            return None


def _result(future: Future) -> Any:
    try:
        outcome = pickle.loads(future.result())
    except KilledWorker as error:
        raise WorkerLost(LOST) from error
    except FutureCancelledError as error:
        raise Interrupted(AWAY) from error
    except Exception as error:
        logger.exception("A worker could not begin %s", future.key)
        raise Temporary(UNFORESEEN) from error
    if isinstance(outcome, Unforeseen):
        logger.error("%s failed in a worker:\n%s", future.key, outcome)
        raise Temporary(UNFORESEEN)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
