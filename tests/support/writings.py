"""Whoever writes numbers by program."""

import numpy as np

from mnist_app.core.data.composed_numbers import Writing
from tests.support import photos


def writing() -> Writing:
    """One hand, and the same digits as pictures."""
    hand = [([100 * stroke for stroke in photos.drawing(n).strokes], n) for n in range(10)]
    images = [np.round(255 * photos.written(str(n), 28, 28, size=0.72)) for n in range(10)]
    return Writing([hand], np.stack(images).astype(np.uint8), np.arange(10))
