"""What a public host allows: set by whoever runs the app, in the environment; unset is no limit."""

import math
import os

from mnist_app.errors import DigitLabError


def most_minutes() -> float:
    """How long a run may train; infinity without a limit.

    Raises:
        DigitLabError: `MNIST_APP_MAX_MINUTES` is no number above zero.
    """
    return _limit("MNIST_APP_MAX_MINUTES")


def most_weights() -> float:
    """How many weights a network may have; infinity without a limit.

    Raises:
        DigitLabError: `MNIST_APP_MAX_WEIGHTS` is no number above zero.
    """
    return _limit("MNIST_APP_MAX_WEIGHTS")


def kiosk_seconds() -> float:
    """How long nobody may touch a page before it begins anew; infinity where this is no kiosk.

    Raises:
        DigitLabError: `MNIST_APP_KIOSK_SECONDS` is no number, or below zero.
    """
    name = "MNIST_APP_KIOSK_SECONDS"
    return math.inf if os.environ.get(name, "").strip() == "0" else _limit(name)


def require_weights(count: int) -> None:
    """Refuse a network with more weights than this host allows.

    Raises:
        DigitLabError: `count` is above the limit.
    """
    most = most_weights()
    if count > most:
        raise DigitLabError(
            f"This network has {count:,} weights and this host allows {most:,.0f}: "
            "choose a smaller one."
        )


def in_words() -> str:
    """What a training run may take here, in a sentence; "" without limits.

    Raises:
        DigitLabError: a limit is no number above zero.
    """
    minutes, weights = most_minutes(), most_weights()
    allowed = []
    if minutes < math.inf:
        allowed.append(f"a run lasts at most {minutes:g} {'minute' if minutes == 1 else 'minutes'}")
    if weights < math.inf:
        allowed.append(f"a network has at most {weights:,.0f} weights")
    return f"On this host {' and '.join(allowed)}." if allowed else ""


def _limit(name: str) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return math.inf
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise DigitLabError(f"{name} must be a number above 0, not {text!r}.")
    return value
