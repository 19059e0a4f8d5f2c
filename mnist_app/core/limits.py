"""The limits of a public host, set in the environment by whoever runs the app.

Each is read anew, and a `DigitLabError` names the variable that is no number above zero.
"""

import math
import os
from dataclasses import dataclass

from mnist_app.core.errors import DigitLabError


@dataclass(frozen=True)
class Limit:
    """A limit that a host may set.

    Attributes:
        variable: of the environment.
        default: where the host sets nothing, more than a classroom needs and less than a script
            can ask for; infinity for no limit.
        help: what it sets, for a host.
        unit: "" where `help` says what is counted.
    """

    variable: str
    default: float
    help: str
    unit: str = ""


LIMITS = {
    "workers": Limit(
        "MNIST_APP_WORKERS", 1, "How many networks may train at once, each in a process of its own."
    ),
    "waiting": Limit(
        "MNIST_APP_MAX_QUEUE",
        10,
        "How many runs may train or wait on the whole host, how many copies may learn "
        "handwriting, and how many uploads may wait.",
    ),
    "models": Limit("MNIST_APP_MAX_MODELS", 200, "How many models visitors may keep."),
    "minutes": Limit(
        "MNIST_APP_MAX_MINUTES",
        math.inf,
        "How long one run may take, pauses and breaks included. Then it stops and keeps the best "
        "it has learned.",
        "minutes",
    ),
    "weights": Limit(
        "MNIST_APP_MAX_WEIGHTS", math.inf, "How many weights a network trained here may have."
    ),
    "kiosk_seconds": Limit(
        "MNIST_APP_KIOSK_SECONDS",
        math.inf,
        "For a screen where strangers come and go: after this many seconds in which nobody draws, "
        "clicks or types, the app starts again for the next visitor. Drawings, photos, "
        "corrections, the chosen model and all things on the shelf are cleared. A run that is "
        "training carries on.",
        "seconds",
    ),
    "shelf_items": Limit(
        "MNIST_APP_SHELF_ITEMS",
        20,
        "How many things a visitor may keep: symbols, data sets and networks.",
    ),
    "shelf_mb": Limit(
        "MNIST_APP_SHELF_MB", 200, "How much space the things of one visitor may take.", "MB"
    ),
    "shelf_total_mb": Limit(
        "MNIST_APP_SHELF_TOTAL_MB",
        2000,
        "How much space the things of all visitors together may take.",
        "MB",
    ),
    "shelf_days": Limit(
        "MNIST_APP_SHELF_DAYS", 30, "How long a thing that nobody uses is kept.", "days"
    ),
    "dataset_mb": Limit(
        "MNIST_APP_DATASET_MB", 50, "How large a data set may be that a visitor uploads.", "MB"
    ),
    "dataset_pictures": Limit(
        "MNIST_APP_DATASET_PICTURES",
        60_000,
        "How many pictures a visitor's data set may have to learn from, and as many to test with.",
    ),
    "dataset_classes": Limit(
        "MNIST_APP_DATASET_CLASSES", 100, "How many classes a visitor's data set may have."
    ),
}


def most(name: str) -> float:
    """Return what this host allows at most; infinity without a limit.

    Args:
        name: one of `LIMITS`.
    """
    row = LIMITS[name]
    text = os.environ.get(row.variable, "").strip()
    if not text:
        return row.default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise DigitLabError(f"{row.variable} must be a number above 0, not {text!r}.")
    return value


def most_workers() -> int:
    """Return how many workers of this machine, or networks of a cluster, may train at once."""
    return max(1, int(most("workers")))


def kiosk_seconds() -> float:
    """Return the idle seconds after which a page starts anew; infinity where this is no kiosk."""
    text = os.environ.get(LIMITS["kiosk_seconds"].variable, "").strip()
    return math.inf if text == "0" else most("kiosk_seconds")


def require_weights(count: int) -> None:
    """Refuse a network with more weights than this host allows.

    Raises:
        DigitLabError: `count` is above the limit.
    """
    allowed = most("weights")
    if count > allowed:
        raise DigitLabError(
            f"This network has {count:,} weights, but {allowed:,.0f} is the most allowed here. "
            "Choose a smaller one."
        )
