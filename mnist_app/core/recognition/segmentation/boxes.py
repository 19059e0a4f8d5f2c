"""Boxes around ink, and the height of a digit.

Boxes are float64 (n, 4), left, top, right and bottom of each, y down, in any unit.
"""

from collections.abc import Sequence

import numpy as np

from mnist_app.core.ink.drawings import LEAST_EXTENT, corners

# What is lower than this fraction of the highest piece does not say how high digits are.
LOW_FRACTION = 0.5
# Of the longer side of everything, a digit's height is at least this fraction.
LEAST_HEIGHT = 0.03
# Fainter ink does not connect what it touches.
FAINT = 0.3


def boxes_of(lines: Sequence[np.ndarray]) -> np.ndarray:
    """Return the box around each line, points (n, 2) with n >= 1."""
    return np.array([np.concatenate(corners([line])) for line in lines]).reshape(-1, 4)


def boxes_in(ink: np.ndarray) -> np.ndarray:
    """Return the boxes of the connected ink, float (height, width) in 0..1."""
    from scipy import ndimage

    parts, _ = ndimage.label(ink > FAINT, structure=np.ones((3, 3)))
    boxes = [
        [across.start, down.start, across.stop, down.stop]
        for down, across in ndimage.find_objects(parts)
    ]
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def digit_height(boxes: np.ndarray) -> float:
    """Return the median height of the tall boxes, more than 0; of at least one box."""
    heights = boxes[:, 3] - boxes[:, 1]
    usual = float(np.median(heights[heights >= LOW_FRACTION * heights.max()]))
    # Of dots and lying lines the extent is all there is to go by.
    extent = float((boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).max())
    return max(usual, LEAST_HEIGHT * extent, LEAST_EXTENT)
