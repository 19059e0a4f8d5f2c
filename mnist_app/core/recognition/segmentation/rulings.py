"""Underlines and frames around digits, recognised by their boxes."""

import numpy as np

from mnist_app.core.recognition.segmentation.boxes import digit_height

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# An underline is wider than this and, in terms of its width, no higher than that.
WIDER_THAN_DIGITS = 1.2
FLATTEST = 0.2
# A shorter one is still wider than this, and stands so far below all else, in heights of a digit.
LEAST_UNDERLINE = 0.5
CLEAR_BELOW = 0.04
# A frame's side is narrower than this fraction of its height, and ends this close to both lines.
THINNEST_SIDE = 0.2
SIDE_SLACK = 0.1


def are_rulings(boxes: np.ndarray) -> np.ndarray:
    """Mark the boxes, (n, 4), of lying lines too wide for a digit, bool (n,)."""
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    flat = height <= FLATTEST * width
    if flat.all():
        return np.zeros(len(boxes), dtype=bool)
    usual = digit_height(boxes[~flat])
    below = boxes[:, 1] - boxes[~flat, 3].max() > CLEAR_BELOW * usual
    return flat & (width > np.where(below, LEAST_UNDERLINE, WIDER_THAN_DIGITS) * usual)


def are_frames(boxes: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Mark the boxes, (n, 4), around all others and the sides between two rulings, bool (n,)."""
    frame = np.zeros(len(boxes), dtype=bool)
    for index in np.flatnonzero(rest):
        others = rest.copy()
        others[index] = False
        width, height = boxes[index, 2:] - boxes[index, :2]
        if others.any() and width > height:
            low, high = boxes[others, :2].min(axis=0), boxes[others, 2:].max(axis=0)
            frame[index] = (low > boxes[index, :2]).all() and (high < boxes[index, 2:]).all()
    rulings = boxes[~rest]
    if len(rulings) >= 2:
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        slack = SIDE_SLACK * height
        spans = boxes[:, 1] <= rulings[:, 1].min() + slack
        spans &= boxes[:, 3] >= rulings[:, 3].max() - slack
        frame |= rest & spans & (width <= THINNEST_SIDE * height)
    return frame if (rest & ~frame).any() else np.zeros(len(boxes), dtype=bool)
