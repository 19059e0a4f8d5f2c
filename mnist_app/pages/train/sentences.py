"""A sentence about the limits of this server."""

import math

from mnist_app.core import limits
from mnist_app.pages.session.wording import counted


def describe_limits() -> str:
    """Return what training may take here, in a sentence."""
    minutes, weights = limits.most("minutes"), limits.most("weights")
    waiting, models = limits.most("waiting"), limits.most("models")
    allowed = [
        (minutes, f"a run may last up to {counted(minutes, 'minute')}"),
        (weights, f"a network may have up to {counted(weights, 'weight')}"),
        (waiting, f"up to {counted(waiting, 'network')} can train or wait here at once"),
        (models, f"up to {models:,.0f} are kept"),
    ]
    told = "; ".join(words for limit, words in allowed if limit < math.inf)
    return f"{told[0].upper()}{told[1:]}." if told else ""
