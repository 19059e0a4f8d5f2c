"""Underlines and frames: what was drawn and is no digit, told by the boxes around it."""

import numpy as np

from mnist_app.boxes import digit_height

# An underline is wider than this and, in terms of its width, no higher than that.
WIDER_THAN_DIGITS = 1.2
FLATTEST = 0.2
# Ink this much higher than a digit's bar begins a frame's side.
FRAME_SIDE = 0.85


def are_rulings(boxes: np.ndarray) -> np.ndarray:
    """Which boxes, (n, 4), are lying lines too wide for a digit, bool (n,)."""
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    flat = height <= FLATTEST * width
    if flat.all():
        return np.zeros(len(boxes), dtype=bool)
    return flat & (width > WIDER_THAN_DIGITS * digit_height(boxes[~flat]))


def are_frames(boxes: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Which boxes, (n, 4), go around all of the others or are a side between two rulings."""
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
        top, bottom = rulings[:, 1].min(), rulings[:, 3].max()
        frame |= rest & (boxes[:, 3] - boxes[:, 1] >= FRAME_SIDE * (bottom - top))
    return frame if (rest & ~frame).any() else np.zeros(len(boxes), dtype=bool)
