"""Boxes around ink, the height of a digit, and groups of boxes that overlap.

Boxes are float64 (n, 4), left, top, right and bottom of each, y down, in any unit.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mnist_app.core.ink.drawings import LEAST_EXTENT
from mnist_app.core.recognition.segmentation.layout import MOST_PIECES

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# Pieces are one from the start when they share this part of the narrower one's width.
SHARED_WIDTH = 0.8
# What is lower than this fraction of the highest piece does not say how high digits are.
LOW_FRACTION = 0.5
# Of the longer side of everything, a digit's height is at least this fraction.
LEAST_HEIGHT = 0.03


def boxes_of(lines: Sequence[np.ndarray]) -> np.ndarray:
    """Return the box around each line, points (n, 2) with n >= 1."""
    if not lines:
        return np.zeros((0, 4))
    points = np.concatenate(lines)
    starts = np.cumsum([0, *(len(line) for line in lines[:-1])])
    return np.hstack([np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)])


def boxes_in(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label the connected ink, float (height, width), from 1; return labels and their boxes."""
    from scipy import ndimage

    parts, _ = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    boxes = [
        [across.start, down.start, across.stop, down.stop]
        for down, across in ndimage.find_objects(parts)
    ]
    return parts, np.array(boxes, dtype=np.float64).reshape(-1, 4)


def digit_height(boxes: np.ndarray) -> float:
    """Return the median height of the tall boxes, more than 0."""
    heights = boxes[:, 3] - boxes[:, 1]
    usual = float(np.median(heights[heights >= LOW_FRACTION * heights.max()]))
    # Of dots and lying lines the extent is all there is to go by.
    extent = float((boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).max())
    return max(usual, LEAST_HEIGHT * extent, LEAST_EXTENT)


def groups_of(boxes: np.ndarray) -> list[list[int]]:
    """Group the indices of boxes that belong together, left to right; at most `MOST_PIECES`."""
    return _fewer(_overlapping(boxes), boxes)


def united(groups: list[list[int]], boxes: np.ndarray) -> np.ndarray:
    """Return the box around each group."""
    return np.array(
        [[*boxes[group, :2].min(axis=0), *boxes[group, 2:].max(axis=0)] for group in groups]
    ).reshape(-1, 4)


def _overlapping(boxes: np.ndarray) -> list[list[int]]:
    """Merge boxes that overlap enough in x, until none does."""
    merged: list[tuple[float, float, list[int]]] = []
    for index in np.lexsort((boxes[:, 2], boxes[:, 0])).tolist():
        low, high, members = boxes[index, 0], boxes[index, 2], [index]
        while merged and _belong(merged[-1], (low, high)):
            before_low, before_high, before = merged.pop()
            low, high = min(low, before_low), max(high, before_high)
            members = before + members
        merged.append((low, high, members))
    merged.sort(key=lambda group: group[0] + group[1])
    return [members for _, _, members in merged]


def _belong(left: tuple[float, float, list[int]], right: tuple[float, float]) -> bool:
    shared = min(left[1], right[1]) - max(left[0], right[0])
    narrower = min(left[1] - left[0], right[1] - right[0])
    return bool(shared >= SHARED_WIDTH * narrower)


def _fewer(groups: list[list[int]], boxes: np.ndarray) -> list[list[int]]:
    """Merge neighbours across the narrowest gaps until there are few enough."""
    around = united(groups, boxes)
    gaps = around[1:, 0] - around[:-1, 2]
    borders = np.sort(np.argsort(-gaps, kind="stable")[: MOST_PIECES - 1]) + 1
    edges = [0, *borders.tolist(), len(groups)]
    return [
        [index for group in groups[low:high] for index in group] for low, high in pairwise(edges)
    ]
