"""What a run is told while it goes: stop, pause, resume, learn faster or slower."""

import math
import threading

from mnist_app.errors import DigitLabError


class Steering:
    """Told from any thread; asked by the run after each step."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_stopped = False
        self._is_paused = False
        self._factor = 1.0

    @property
    def is_paused(self) -> bool:
        """Whether it is to wait."""
        return self._is_paused

    @property
    def learning_rate_factor(self) -> float:
        """What the learning rate is to be multiplied by: the product of all that was asked for."""
        return self._factor

    def should_stop(self) -> bool:
        """Whether somebody wants it to end."""
        return self._is_stopped

    def stop(self) -> None:
        """End it, also while it is paused."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Make it wait after the step it is in."""
        with self._changed:
            self._is_paused = True

    def resume(self) -> None:
        """Let it go on."""
        with self._changed:
            self._is_paused = False
            self._changed.notify_all()

    def scale_learning_rate(self, factor: float) -> None:
        """Multiply the learning rate, whatever schedule it follows, from the next step on.

        Raises:
            DigitLabError: the factor is no number above zero.
        """
        if not 0 < factor < math.inf:
            raise DigitLabError(
                f"The learning rate can only be multiplied by a number above 0, not {factor}."
            )
        with self._changed:
            self._factor *= factor
            self._changed.notify_all()

    def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
        """Return when it may go on or is to stop, and after `seconds` at the latest.

        Also when `learning_rate_factor` is no longer the `factor` that it learns by.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_stopped or not self._is_paused or self._factor != factor, seconds
            )
