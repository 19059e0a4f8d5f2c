"""Several digits in one drawing or picture: which ink belongs to which digit, from left to right.

Ink is divided into more pieces than there are digits: strokes, connected ink, and parts of what may
be several digits that touch. Every run of neighbouring pieces that could be one digit is a
candidate; the network judges all of them, and dynamic programming finds the sequence of candidates
that is the best reading (Matan, Burges, LeCun, Denker, "Multi-digit recognition using a space
displacement neural network", 1992; Fujisawa, Nakano, Kurino, "Segmentation methods for character
recognition", 1992). All geometry is measured upright, in heights of a digit. The weights of what
the network cannot know were chosen on numbers made of training digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from mnist_app.ink import LEAST_EXTENT, Drawing, Strokes, even

# First and last piece of a candidate, the last not included.
Span = tuple[int, int]

# However much was scribbled, no more candidates than the product of these are judged.
MOST_PIECES = 32
MOST_TOGETHER = 8
# A digit is no wider than this, and holds no wider gap.
WIDEST = 1.6
WIDEST_GAP = 0.45
# Pieces are one from the start when they share this part of the narrower one's width.
SHARED_WIDTH = 0.8
# What is lower than this share of the highest piece does not say how high digits are.
LOW_SHARE = 0.5
# Of the longer side of everything, a digit's height is at least this share.
LEAST_HEIGHT = 0.03
# An underline is wider than this and, in terms of its width, no higher than that.
WIDER_THAN_DIGITS = 1.2
FLATTEST = 0.2
# Ink this much higher than a digit's bar begins a frame's side.
FRAME_SIDE = 0.85
SLANTS = np.linspace(-0.8, 0.8, 17)
# How fine the profile is that tells the slant, and how much an upright hand is expected.
PROFILE_BIN = 0.05
UPRIGHT_BONUS = 0.1

# Pictures are divided at this many pixels a digit.
DIVIDED_HEIGHT = 40
# No seam runs further from its straight line than this, nor do two begin nearer to each other.
SEAM_REACH = 0.15
SEAM_STEP = 0.1
SEAM_APART = 0.08
# Of two seams through as much ink, the straighter.
SEAM_TURN = 0.05
# No seam cuts more ink than this, none stands nearer to the end of the ink.
MOST_CUT = 0.5
NEAREST_CUT = 0.1
# A narrower piece is not divided.
NARROWEST = 0.4
# A stroke wider than this may be several digits written without lifting the pen.
WIDE_STROKE = 1.0
MOST_CROSSINGS = 1
# What a cut through one stroke counts, as a picture's lines are about so thick.
LINE_WIDTH = 0.3

# What a candidate costs, beside the logarithm of the network's best probability.
COSTS = {
    "digit": 0.3,
    "cut_ink": 1.5,
    "gap": 1.2,
    "overlap": 1.3,
    "wide": 2.5,
    "low": 6.0,
    "two_high": 0.4,
}
# Up to here a candidate is neither wide nor low.
USUAL_WIDTH = 0.9
USUAL_HEIGHT = 0.7


@dataclass(frozen=True)
class Layout:
    """Where pieces of ink stand, upright, in heights of a digit.

    Attributes:
        boxes: float64 (n, 4), left, top, right and bottom of each, in order from left to right.
        cuts: float64 (n - 1,), how much ink was cut between neighbours, 0 where they hang apart.
    """

    boxes: np.ndarray
    cuts: np.ndarray

    def candidates(self) -> list[Span]:
        """All runs of neighbouring pieces that may be one digit; each piece alone is one."""
        return [
            (first, last)
            for first in range(len(self.boxes))
            for last in range(first + 1, min(first + MOST_TOGETHER, len(self.boxes)) + 1)
            if last == first + 1 or self._may_be_one(first, last)
        ]

    def best(self, candidates: Sequence[Span], log_probabilities: np.ndarray) -> list[Span]:
        """The sequence of candidates that is the best reading, by dynamic programming.

        Args:
            candidates: as `candidates` gives them.
            log_probabilities: float (len(candidates),), of the best class of each.
        """
        gains = log_probabilities - self.features(candidates) @ np.array([*COSTS.values()])
        best: list[tuple[float, list[Span]]] = [(0.0, [])]
        best += [(-math.inf, [])] * len(self.boxes)
        for (first, last), gain in zip(candidates, gains.tolist(), strict=True):
            score = best[first][0] + gain
            if score > best[last][0]:
                best[last] = (score, [*best[first][1], (first, last)])
        return best[-1][1]

    def features(self, candidates: Sequence[Span]) -> np.ndarray:
        """How much there is of each of `COSTS`, float64 (len(candidates), len(COSTS))."""
        rows = [self._features(first, last) for first, last in candidates]
        return np.array(rows).reshape(-1, len(COSTS))

    def _features(self, first: int, last: int) -> tuple[float, ...]:
        width, height = self._size(first, last)
        cut = float(self.cuts[last - 1]) if last < len(self.boxes) else 0.0
        # A cut through full ink already tells that the neighbours overlap.
        overlap = 0.0 if cut or last == len(self.boxes) else -min(self._gap(last), 0.0)
        gaps = [self._gap(place) for place in range(first + 1, last)]
        return (
            1.0,
            cut,
            max([0.0, *gaps]),
            overlap,
            max(0.0, width - USUAL_WIDTH),
            max(0.0, USUAL_HEIGHT - height),
            self._second_height(first, last),
        )

    def _second_height(self, first: int, last: int) -> float:
        """Height of the second highest of the parts that hang apart: two digits are both high."""
        starts = [first, *(place for place in range(first + 1, last) if not self.cuts[place - 1])]
        ends = [*starts[1:], last]
        heights = [self._size(*part)[1] for part in zip(starts, ends, strict=True)]
        return sorted(heights)[-2] if len(heights) > 1 else 0.0

    def _may_be_one(self, first: int, last: int) -> bool:
        gaps = (self._gap(place) for place in range(first + 1, last))
        return self._size(first, last)[0] <= WIDEST and max(gaps) <= WIDEST_GAP

    def _size(self, first: int, last: int) -> tuple[float, float]:
        low = self.boxes[first:last, :2].min(axis=0)
        width, height = self.boxes[first:last, 2:].max(axis=0) - low
        return float(width), float(height)

    def _gap(self, place: int) -> float:
        """From what stands left of a place to what stands right of it; below 0 if they overlap."""
        return float(self.boxes[place, 0] - self.boxes[:place, 2].max())


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
    """
    strokes = _written(drawing.strokes)
    if not strokes:
        return [], Layout(np.zeros((0, 4)), np.zeros(0))
    height = _digit_height(_boxes(strokes))
    slant = _slant(np.concatenate([even(stroke, height / 40) for stroke in strokes]), height)
    parts = [
        part
        for number, stroke in enumerate(strokes)
        for part in _parts(stroke, number, slant, height)
    ]
    boxes = np.array([part.box for part in parts])
    groups = _fewer(_groups(boxes), boxes)
    members = [[parts[index] for index in group] for group in groups]
    cuts = [_cut_between(left, right) for left, right in pairwise(members)]
    pieces = [
        Drawing([line for part in group for line in part.lines], drawing.pen_width)
        for group in members
    ]
    return pieces, Layout(_united(groups, boxes), np.array(cuts))


def _written(strokes: Strokes) -> list[np.ndarray]:
    """Leave out underlines and frames, unless there is nothing else."""
    boxes = _boxes(strokes)
    rest = ~_is_ruling(boxes)
    kept = rest & ~_is_frame(boxes, rest) if rest.any() else np.full(len(boxes), True)
    return [stroke for stroke, is_kept in zip(strokes, kept, strict=True) if is_kept]


def _is_ruling(boxes: np.ndarray) -> np.ndarray:
    """Which boxes, (n, 4), are lying lines too wide for a digit, bool (n,)."""
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    flat = height <= FLATTEST * width
    if flat.all():
        return np.zeros(len(boxes), dtype=bool)
    return flat & (width > WIDER_THAN_DIGITS * _digit_height(boxes[~flat]))


def _is_frame(boxes: np.ndarray, rest: np.ndarray) -> np.ndarray:
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


def _boxes(lines: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines]).reshape(-1, 4)


def _digit_height(boxes: np.ndarray) -> float:
    """The usual height of what is high, more than 0."""
    heights = boxes[:, 3] - boxes[:, 1]
    usual = float(np.median(heights[heights >= LOW_SHARE * heights.max()]))
    # Of dots and lying lines the extent is all there is to go by.
    extent = float((boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).max())
    return max(usual, LEAST_HEIGHT * extent, LEAST_EXTENT)


def _slant(points: np.ndarray, height: float) -> float:
    """By how much x must grow with y for the ink, points (n, 2), to stand upright.

    The profile of upright writing has the sharpest peaks (Vinciarelli and Luettin, "A new
    normalization technique for cursive handwritten words", 2001).
    """
    x, y = (points / (PROFILE_BIN * height)).T
    sharpness = []
    for slant in SLANTS:
        upright = x + slant * y
        columns = np.floor(upright - upright.min()).astype(int)
        sharpness.append(float((np.bincount(columns) ** 2.0).sum()))
    weighed = np.array(sharpness) * (1 - UPRIGHT_BONUS * np.abs(SLANTS))
    return float(SLANTS[int(weighed.argmax())])


def _parts(stroke: np.ndarray, number: int, slant: float, height: float) -> list[_Part]:
    """A stroke, or what is left and right of the places where it may pass to the next digit."""
    upright = _upright(stroke, slant)
    low, high = upright[:, 0].min(), upright[:, 0].max()
    if high - low <= WIDE_STROKE * height:
        return [_Part([stroke], _boxes([upright])[0] / height, number)]
    points = even(stroke, height / 40)
    upright = _upright(points, slant)
    sides = np.searchsorted(_crossings(upright[:, 0], height), upright[:, 0])
    turns = np.flatnonzero(np.diff(sides)) + 1
    runs = list(zip(np.split(points, turns), np.split(sides, turns), strict=True))
    return [
        _Part(
            [line for line, places in runs if places[0] == side],
            _boxes([upright[sides == side]])[0] / height,
            number,
        )
        for side in np.unique(sides)
    ]


def _crossings(x: np.ndarray, height: float) -> list[float]:
    """Where to cut a stroke, given upright x along it: where it passes from left to right."""
    margin = SEAM_REACH * height
    places = np.arange(x.min() + margin, x.max() - margin, SEAM_STEP * height / 2)
    is_right = x[None, :] > places[:, None]
    crossings = np.diff(is_right, axis=1).sum(axis=1)
    nearby = (np.abs(x[None, :] - places[:, None]) < SEAM_STEP * height / 2).sum(axis=1)
    chosen: list[float] = []
    for index in np.lexsort((nearby, crossings)):
        is_apart = all(abs(places[index] - place) > margin for place in chosen)
        if crossings[index] <= MOST_CROSSINGS and is_apart and len(chosen) < MOST_TOGETHER:
            chosen.append(float(places[index]))
    return sorted(chosen)


def _upright(points: np.ndarray, slant: float) -> np.ndarray:
    return np.column_stack([points[:, 0] + slant * points[:, 1], points[:, 1]])


def _cut_between(left: list[_Part], right: list[_Part]) -> float:
    shared = {part.stroke for part in left} & {part.stroke for part in right}
    return LINE_WIDTH * len(shared)


def _groups(boxes: np.ndarray) -> list[list[int]]:
    """Merge boxes that overlap enough in x, until none does; indices by group, left to right."""
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
    united = _united(groups, boxes)
    gaps = united[1:, 0] - united[:-1, 2]
    borders = np.sort(np.argsort(-gaps, kind="stable")[: MOST_PIECES - 1]) + 1
    edges = [0, *borders.tolist(), len(groups)]
    return [
        [index for group in groups[low:high] for index in group] for low, high in pairwise(edges)
    ]


def _united(groups: list[list[int]], boxes: np.ndarray) -> np.ndarray:
    return np.array(
        [[*boxes[group, :2].min(axis=0), *boxes[group, 2:].max(axis=0)] for group in groups]
    ).reshape(-1, 4)


@dataclass(frozen=True)
class _Seam:
    """A way from top to bottom through ink.

    Attributes:
        columns: int64 (height,), the first column right of it in each row.
        ink: how much it cuts, in heights of a digit.
        group: the number of the group that it divides.
        place: where it begins, upright.
    """

    columns: np.ndarray
    ink: float
    group: int
    place: float


def inked_pieces(ink: np.ndarray) -> tuple[np.ndarray, Layout]:
    """Divide a picture of ink into pieces of which digits are made.

    Args:
        ink: float (height, width) in 0..1.

    Returns:
        For each pixel the number of its piece, int64 (height, width), from 0, from left to right,
        -1 where there is no ink or only an underline; and where the pieces stand.
    """
    from scipy import ndimage

    parts, count = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    boxes = _places(parts, ndimage.find_objects(parts))
    if not count:
        return np.full(ink.shape, -1), Layout(np.zeros((0, 4)), np.zeros(0))
    kept = ~_is_ruling(boxes)
    height = _digit_height(boxes[kept])
    shrink = min(1.0, DIVIDED_HEIGHT / height)
    written = np.where(np.isin(parts, np.flatnonzero(kept) + 1), ink, 0)
    pieces, layout = _divided(_shrunk(written, shrink), height * shrink)
    return np.where(written > 0, _enlarged(pieces, ink.shape), -1), layout


def _places(parts: np.ndarray, slices: list[tuple[slice, slice]]) -> np.ndarray:
    return np.array(
        [[across.start, down.start, across.stop, down.stop] for down, across in slices],
        dtype=np.float64,
    ).reshape(-1, 4)


def _shrunk(ink: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return ink
    size = [max(1, round(length * scale)) for length in reversed(ink.shape)]
    picture = Image.fromarray(ink.astype(np.float32))
    return np.asarray(picture.resize((size[0], size[1]), Image.Resampling.BOX), dtype=np.float64)


def _enlarged(pieces: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Number the pixels of the whole picture as those of the shrunk one that are nearest."""
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(
        pieces < 0, return_distances=False, return_indices=True
    )
    rows, columns = (
        np.minimum((np.arange(long) + 0.5) * short // long, short - 1).astype(int)
        for long, short in zip(shape, pieces.shape, strict=True)
    )
    return pieces[tuple(nearest)][np.ix_(rows, columns)]


def _divided(ink: np.ndarray, height: float) -> tuple[np.ndarray, Layout]:
    """`inked_pieces` for ink without underlines whose digits are `height` pixels high."""
    from scipy import ndimage

    parts, _ = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    rows, columns = np.nonzero(ink)
    slant = _slant(np.column_stack([columns, rows]).astype(np.float64), height)
    upright = (columns + slant * rows, rows.astype(np.float64))
    numbers = parts[rows, columns] - 1
    boxes = _piece_boxes(numbers, upright)
    groups = _fewer(_groups(boxes), boxes)
    group_of = np.empty(len(boxes), dtype=int)
    for group, members in enumerate(groups):
        group_of[members] = group
    numbers = group_of[numbers]
    seams = [
        seam
        for group, box in enumerate(_united(groups, boxes))
        if box[2] - box[0] > NARROWEST * height
        for seam in _seams(_only(ink, rows, columns, numbers == group), box, slant, height, group)
    ]
    seams = sorted(seams, key=lambda seam: seam.ink)[: MOST_PIECES - len(groups)]
    seams.sort(key=lambda seam: (seam.group, seam.place))
    order = numbers * (MOST_PIECES + 1)
    for seam in seams:
        order += (numbers == seam.group) & (columns >= seam.columns[rows])
    _, order = np.unique(order, return_inverse=True)
    pieces = np.full(ink.shape, -1)
    pieces[rows, columns] = order
    boxes = _piece_boxes(order, upright) / height
    return pieces, Layout(boxes, _cuts(ink, pieces, len(boxes), height))


def _only(ink: np.ndarray, rows: np.ndarray, columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    alone = np.zeros(ink.shape)
    alone[rows[wanted], columns[wanted]] = ink[rows[wanted], columns[wanted]]
    return alone


def _piece_boxes(numbers: np.ndarray, upright: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    boxes = np.tile([np.inf, np.inf, -np.inf, -np.inf], (numbers.max() + 1, 1))
    for axis, places in enumerate(upright):
        np.minimum.at(boxes[:, axis], numbers, places)
        np.maximum.at(boxes[:, axis + 2], numbers, places + 1)
    return boxes


def _cuts(ink: np.ndarray, pieces: np.ndarray, count: int, height: float) -> np.ndarray:
    """How much ink touches across the border of each two neighbours, in heights."""
    cuts = np.zeros(max(count - 1, 0))
    for left, right in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1, :], np.s_[1:, :]),
    ):
        low = np.minimum(pieces[left], pieces[right])
        touching = (low >= 0) & (np.abs(pieces[left] - pieces[right]) == 1)
        np.add.at(cuts, low[touching], np.minimum(ink[left], ink[right])[touching])
    return cuts / height


def _seams(
    ink: np.ndarray, box: np.ndarray, slant: float, height: float, group: int
) -> list[_Seam]:
    """The ways through a group's ink that cut least of it, each near a straight line."""
    margin = NEAREST_CUT * height
    places = np.arange(box[0] + margin, box[2] - margin, max(1.0, SEAM_STEP * height / 2))
    if not len(places):
        return []
    columns, cut = _ways(ink, places, slant, max(1, round(SEAM_REACH * height)))
    chosen: list[_Seam] = []
    for index in np.argsort(cut, kind="stable").tolist():
        place = float(columns[index].mean())
        amount = float(cut[index]) / height
        is_apart = all(abs(place - seam.place) > SEAM_APART * height for seam in chosen)
        if amount <= MOST_CUT and is_apart:
            chosen.append(_Seam(columns[index], amount, group, place))
    return chosen


def _ways(
    ink: np.ndarray, places: np.ndarray, slant: float, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest way down near each straight line, by dynamic programming.

    Args:
        ink: float (height, width).
        places: float (n,), where the lines stand upright.
        slant: of the lines.
        reach: how many columns a way may leave its line.

    Returns:
        int64 (n, height), a column for each row, and float (n,), the ink that is cut.
    """
    height, width = ink.shape
    lines = np.floor(places[:, None] - slant * np.arange(height)).astype(int)
    band = np.arange(-reach, reach + 1)
    columns = lines[:, :, None] + band
    inside = (columns >= 0) & (columns < width)
    amounts = np.where(inside, ink[np.arange(height)[:, None], columns.clip(0, width - 1)], 0)
    moves = np.zeros(amounts.shape, dtype=np.int64)
    total = amounts[:, 0] + SEAM_TURN / reach * np.abs(band)
    for row in range(1, height):
        padded = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
        ways = np.stack([padded[:, :-2] + SEAM_TURN, padded[:, 1:-1], padded[:, 2:] + SEAM_TURN])
        moves[:, row] = ways.argmin(axis=0)
        total = ways.min(axis=0) + amounts[:, row]
    way = np.empty(lines.shape, dtype=np.int64)
    every = np.arange(len(places))
    at = total.argmin(axis=1)
    for row in range(height - 1, -1, -1):
        way[:, row] = at
        at = at + moves[every, row, at] - 1
    cut = np.take_along_axis(amounts, way[:, :, None], axis=2).sum(axis=(1, 2))
    return np.take_along_axis(columns, way[:, :, None], axis=2)[:, :, 0], cut
