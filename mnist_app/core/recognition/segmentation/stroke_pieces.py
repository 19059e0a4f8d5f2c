"""A drawing -> the pieces of which its digits are made, from left to right.

There are more pieces than digits: strokes, and parts of a stroke that may be several digits written
without lifting the pen. All geometry is measured upright, in heights of a digit.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing, Strokes, evenly_spaced, length_of
from mnist_app.core.recognition.segmentation.boxes import boxes_of, digit_height, groups_of, united
from mnist_app.core.recognition.segmentation.layout import MOST_TOGETHER, Layout
from mnist_app.core.recognition.segmentation.rulings import are_frames, are_rulings
from mnist_app.core.recognition.segmentation.slant import set_upright, slant_of

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# Numbers need far fewer strokes, and a far shorter line in heights of a digit.
MOST_STROKES = 200
MOST_INK = 200
TOO_MUCH = "There is too much ink for a number. Clear it and write only the digits."
# A stroke wider than this may be several digits written without lifting the pen.
WIDE_STROKE = 1.0
MOST_CROSSINGS = 1
# What a cut through one stroke counts, as a picture's lines are about so thick.
LINE_WIDTH = 0.3
# Cuts are tried this far from each other; no two are made nearer, nor near an end.
CUT_STEP = 0.05
CUT_APART = 0.15


@dataclass(frozen=True)
class _Part:
    """Some lines of a stroke, their upright box, and the stroke's number."""

    lines: Strokes
    box: np.ndarray
    stroke: int


def drawn_pieces(drawing: Drawing) -> tuple[list[Drawing], Layout]:
    """Divide a drawing into pieces of which digits are made.

    Returns:
        The pieces from left to right and where they stand; none for an empty drawing. Underlines
        and frames are left out.

    Raises:
        DigitLabError: there is far more ink than a number needs.
    """
    if drawing.is_empty:
        return [], Layout(np.zeros((0, 4)), np.zeros(0))
    if len(drawing.strokes) > MOST_STROKES:
        raise DigitLabError(TOO_MUCH)
    strokes = _written(drawing.strokes)
    height = digit_height(boxes_of(strokes))
    if length_of(strokes) > MOST_INK * height:
        raise DigitLabError(TOO_MUCH)
    slant = slant_of(np.concatenate([evenly_spaced(one, height / 40) for one in strokes]), height)
    parts = [
        part
        for number, stroke in enumerate(strokes)
        for part in _parts(stroke, number, slant, height)
    ]
    boxes = np.array([part.box for part in parts])
    groups = groups_of(boxes)
    members = [[parts[index] for index in group] for group in groups]
    cuts = [_cut_between(left, right) for left, right in pairwise(members)]
    pieces = [
        Drawing([line for part in group for line in part.lines], drawing.pen_width)
        for group in members
    ]
    return pieces, Layout(united(groups, boxes), np.array(cuts))


def _written(strokes: Strokes) -> list[np.ndarray]:
    """Leave out underlines and frames, unless there is nothing else."""
    boxes = boxes_of(strokes)
    rest = ~are_rulings(boxes)
    kept = rest & ~are_frames(boxes, rest) if rest.any() else np.full(len(boxes), True)
    return [stroke for stroke, is_kept in zip(strokes, kept, strict=True) if is_kept]


def _parts(stroke: np.ndarray, number: int, slant: float, height: float) -> list[_Part]:
    """Split a stroke where it may pass to the next digit."""
    upright = set_upright(stroke, slant)
    low, high = upright[:, 0].min(), upright[:, 0].max()
    if high - low <= WIDE_STROKE * height:
        return [_Part([stroke], boxes_of([upright])[0] / height, number)]
    points = evenly_spaced(stroke, height / 40)
    upright = set_upright(points, slant)
    sides = np.searchsorted(_crossings(upright[:, 0], height), upright[:, 0])
    turns = np.flatnonzero(np.diff(sides)) + 1
    runs = list(zip(np.split(points, turns), np.split(sides, turns), strict=True))
    return [
        _Part(
            [line for line, places in runs if places[0] == side],
            boxes_of([upright[sides == side]])[0] / height,
            number,
        )
        for side in np.unique(sides)
    ]


def _crossings(x: np.ndarray, height: float) -> list[float]:
    """Find where a stroke, upright x along it, passes from left to right."""
    margin = CUT_APART * height
    places = np.arange(x.min() + margin, x.max() - margin, CUT_STEP * height)
    is_right = x[None, :] > places[:, None]
    crossings = np.diff(is_right, axis=1).sum(axis=1)
    nearby = (np.abs(x[None, :] - places[:, None]) < CUT_STEP * height).sum(axis=1)
    chosen: list[float] = []
    for index in np.lexsort((nearby, crossings)):
        is_apart = all(abs(places[index] - place) > margin for place in chosen)
        if crossings[index] <= MOST_CROSSINGS and is_apart and len(chosen) < MOST_TOGETHER:
            chosen.append(float(places[index]))
    return sorted(chosen)


def _cut_between(left: list[_Part], right: list[_Part]) -> float:
    shared = {part.stroke for part in left} & {part.stroke for part in right}
    return LINE_WIDTH * len(shared)
