"""The phases of a call before the work itself reports."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """A stage before the work itself reports."""

    STARTING = "Starting up"
    WAITING = "Waiting for a free machine"
    LOADING = "Getting the learning program ready"
    BEGUN = "Getting ready"
    TESTING = "Testing it on pictures it has never seen"


@dataclass(frozen=True)
class Phase:
    """A stage and when it began.

    Attributes:
        since: when it began, seconds since the epoch.
    """

    stage: Stage
    since: float
    # Nothing of the work is done yet, as in `Progress.fraction`.
    fraction: float = 0.0
