"""A sentence about the limits of this server."""

import math

from mnist_app.core import limits


def describe_limits() -> str:
    """Return what training may take here, in a sentence."""
    minutes, weights = limits.most_minutes(), limits.most_weights()
    waiting, models = limits.most_waiting(), limits.most_models()
    allowed = [
        (minutes, f"a run may last {_counted(minutes, 'minute')}"),
        (weights, f"a network may have {_counted(weights, 'weight')}"),
        (waiting, f"{_counted(waiting, 'run')} may train or wait at a time"),
        (models, f"{_counted(models, 'trained model')} may be kept"),
    ]
    parts = [words for limit, words in allowed if limit < math.inf]
    if not parts:
        return ""
    *first, last = parts
    return f"Limits of this server: {', '.join(first)}{' and ' if first else ''}{last}."


def _counted(number: float, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,.10g} {noun}s"
