"""Orders to a run: stop, pause, resume, learn faster or slower."""

import math
import threading
from typing import Any, NamedTuple

from mnist_app.core.errors import DigitLabError


class Orders(NamedTuple):
    """All orders to a run so far.

    Attributes:
        factor: for the learning rate: the product of all factors asked for.
    """

    is_stopped: bool = False
    is_paused: bool = False
    factor: float = 1.0


class RunControl:
    """The control of a run: set from any thread, asked by the run after each step."""

    def __init__(self, orders: Orders | None = None) -> None:
        """Begin with earlier orders, if there are any."""
        self._changed = threading.Condition()
        self._orders = orders or Orders()

    @property
    def orders(self) -> Orders:
        """Return all orders so far."""
        return self._orders

    @property
    def is_paused(self) -> bool:
        """Return whether the run is to wait."""
        return self._orders.is_paused

    @property
    def learning_rate_factor(self) -> float:
        """Return the product of all factors asked for."""
        return self._orders.factor

    def should_stop(self) -> bool:
        """Return whether somebody wants the run to end."""
        return self._orders.is_stopped

    def stop(self) -> None:
        """End it, also while it is paused."""
        self._change(is_stopped=True)

    def pause(self) -> None:
        """Make it wait after the step it is in."""
        self._change(is_paused=True)

    def resume(self) -> None:
        """Let it go on."""
        self._change(is_paused=False)

    def scale_learning_rate(self, factor: float) -> None:
        """Multiply the learning rate, whatever schedule it follows, from the next step on.

        Raises:
            DigitLabError: the factor is no number above zero.
        """
        if not 0 < factor < math.inf:
            raise DigitLabError(
                f"The learning rate can be multiplied by a number above 0, but not by {factor}."
            )
        with self._changed:
            self._change(factor=self._orders.factor * factor)

    def follow(self, orders: Orders) -> None:
        """Take over another control's orders; what was stopped stays stopped."""
        with self._changed:
            is_stopped = self.should_stop() or orders.is_stopped
            self._change(**orders._replace(is_stopped=is_stopped)._asdict())

    def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
        """Return when it may go on or is to stop, and after `seconds` at the latest.

        Also when `learning_rate_factor` is no longer the `factor` that it learns by.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self.should_stop() or not self.is_paused or self.learning_rate_factor != factor
                ),
                seconds,
            )

    def _change(self, **orders: Any) -> None:
        with self._changed:
            self._orders = self._orders._replace(**orders)
            self._changed.notify_all()
