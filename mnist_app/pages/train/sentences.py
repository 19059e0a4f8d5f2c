"""A sentence about the limits of this server."""

import math

from mnist_app.core import limits
from mnist_app.pages.session.wording import counted


def describe_limits() -> str:
    """Return what training may take here, in a sentence."""
    minutes, weights = limits.most_minutes(), limits.most_weights()
    waiting, models = limits.most_waiting(), limits.most_models()
    allowed = [
        (minutes, f"a run may last {counted(minutes, 'minute')}"),
        (weights, f"a network may have {counted(weights, 'weight')}"),
        (waiting, f"{counted(waiting, 'run')} may train or wait at a time"),
        (models, f"{counted(models, 'trained model')} may be kept"),
    ]
    parts = [words for limit, words in allowed if limit < math.inf]
    if not parts:
        return ""
    *first, last = parts
    return f"Limits of this server: {', '.join(first)}{' and ' if first else ''}{last}."
