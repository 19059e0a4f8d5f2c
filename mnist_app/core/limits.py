"""The limits of a public host, set in the environment by whoever runs the app.

Each is read anew, and a `DigitLabError` names the variable that is no number above zero.
"""

import math
import os

from mnist_app.core.errors import DigitLabError

# What a host allows that sets nothing: more than a classroom needs, less than a script can ask for.
WAITING = 10
MODELS = 200
WORKERS = 1


def most_minutes() -> float:
    """Return how long a run may train; infinity without a limit."""
    return _limit("MNIST_APP_MAX_MINUTES")


def most_weights() -> float:
    """Return the most weights a network may have; infinity without a limit."""
    return _limit("MNIST_APP_MAX_WEIGHTS")


def most_waiting() -> float:
    """Return how many runs of all visitors may train or wait at once."""
    return _limit("MNIST_APP_MAX_QUEUE", WAITING)


def most_models() -> float:
    """Return how many models trained by visitors are kept."""
    return _limit("MNIST_APP_MAX_MODELS", MODELS)


def most_workers() -> int:
    """Return how many workers of this machine, or networks of a cluster, may train at once."""
    return max(1, int(_limit("MNIST_APP_WORKERS", WORKERS)))


def kiosk_seconds() -> float:
    """Return the idle seconds after which a page starts anew; infinity where this is no kiosk."""
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
            f"This network has {count:,} weights, but {most:,.0f} is the most allowed here. "
            "Choose a smaller one."
        )


def _limit(name: str, default: float = math.inf) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise DigitLabError(f"{name} must be a number above 0, not {text!r}.")
    return value
