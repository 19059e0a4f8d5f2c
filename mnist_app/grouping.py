"""Several digits in one drawing: which ink belongs to which digit, from left to right."""

import numpy as np

from mnist_app.ink import Drawing

# Two marks are one digit when they share at least this part of the narrower one's width.
SHARED_WIDTH = 0.35
# Ink wider than this, in terms of the median height of the digits, is several that touch.
WIDEST_DIGIT = 1.15
# No cut leaves less than this share of the digits' height on one side.
NARROWEST_CUT = 0.25
# What another run of ink in a column costs, as a share of the digits' height in full ink.
RUN_COST = 0.3


def split_drawing(drawing: Drawing) -> list[Drawing]:
    """Group strokes into digits by their overlap in x.

    Returns:
        One drawing a digit, from left to right; empty for an empty drawing.
    """
    spans = [(stroke[:, 0].min(), stroke[:, 0].max()) for stroke in drawing.strokes]
    margin = drawing.pen_width / 2
    groups = _groups([(low - margin, high + margin) for low, high in spans])
    return [
        Drawing([drawing.strokes[index] for index in group], drawing.pen_width) for group in groups
    ]


def split_ink(ink: np.ndarray) -> list[np.ndarray]:
    """Group connected ink into digits by its overlap in x, and cut those that touch.

    Args:
        ink: float (height, width) in 0..1.

    Returns:
        One array of the same shape a digit, from left to right, without the other digits' ink.
    """
    from scipy import ndimage

    parts, count = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    spans = [(place[1].start, place[1].stop) for place in ndimage.find_objects(parts)]
    groups = _groups(spans) if count else []
    digits = [np.where(np.isin(parts, np.array(group) + 1), ink, 0) for group in groups]
    height = float(np.median([len(np.flatnonzero(digit.any(axis=1))) for digit in digits] or [0]))
    return [piece for digit in digits for piece in _cut(digit, height)]


def _cut(ink: np.ndarray, height: float) -> list[np.ndarray]:
    """Cut ink that is too wide for one digit where a column holds least of it, in fewest runs."""
    columns = np.flatnonzero(ink.any(axis=0))
    margin = round(NARROWEST_CUT * height)
    low, high = columns[0] + margin, columns[-1] + 1 - margin
    if len(columns) <= WIDEST_DIGIT * height or low >= high:
        return [ink]
    runs = np.diff(ink > 0, axis=0, prepend=False, append=False).sum(axis=0) / 2
    # Neighbours touch in one place; a column through a ring meets two.
    cost = ink.sum(axis=0) + RUN_COST * height * runs
    place = low + int(np.argmin(cost[low:high]))
    is_left = np.arange(ink.shape[1]) < place
    return [
        *_cut(np.where(is_left, ink, 0), height),
        *_cut(np.where(is_left, 0, ink), height),
    ]


def _groups(spans: list[tuple[float, float]]) -> list[list[int]]:
    """Merge spans that overlap enough, until none does; indices by group, left to right."""
    merged: list[tuple[float, float, list[int]]] = []
    for index in sorted(range(len(spans)), key=lambda index: spans[index]):
        low, high = spans[index]
        members = [index]
        while merged and _belong(merged[-1], (low, high)):
            before_low, before_high, before = merged.pop()
            low, high = min(low, before_low), max(high, before_high)
            members = before + members
        merged.append((low, high, members))
    return [sorted(members) for _, _, members in merged]


def _belong(left: tuple[float, float, list[int]], right: tuple[float, float]) -> bool:
    shared = min(left[1], right[1]) - max(left[0], right[0])
    narrower = min(left[1] - left[0], right[1] - right[0])
    return shared > 0 and shared >= SHARED_WIDTH * narrower
