"""Underlines and ruling that touch digits, found in a picture of ink.

A line is the longest smooth way from left to right along which there is ink, found by dynamic
programming as a local alignment is (Smith and Waterman, "Identification of common molecular
subsequences", 1981). Digits that touch may make one too, so what is found is a proposal.
"""

import numpy as np
from PIL import Image

from mnist_app.core.recognition.segmentation.boxes import boxes_in, digit_height
from mnist_app.core.recognition.segmentation.rulings import are_rulings

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# Lines are looked for at this many pixels a digit.
LOOKED_HEIGHT = 80
# Paler pixels are the soft edge of something.
FULL = 0.3
# A line is longer than this, and reaches so far beyond the digits, in heights of a digit.
LEAST_LENGTH = 0.8
OVERHANG = 0.1
MOST_LINES = 2
# What a way loses where there is no ink, and where it moves up or down by a pixel.
BLANK = 8.0
TURN = 1.5
# Where the ink is this much thicker than the line is, something meets it.
THICKER = 1.3
# The line's course is averaged over this many pixels.
COURSE = 25
# What is left of a line where something meets it is smaller than this, in heights of a digit.
CRUMB = 0.12
# Beyond the line's edge, in pixels, where it is still soft.
MARGIN = 1


def without_lines(ink: np.ndarray) -> np.ndarray:
    """Remove the lying lines from ink, float (height, width) in 0..1; `ink` itself if none."""
    parts, boxes = boxes_in(ink)
    written = ~are_rulings(boxes)
    height = digit_height(boxes[written])
    scale = min(1.0, LOOKED_HEIGHT / height)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    picture = Image.fromarray(np.where(np.append(False, written)[parts], ink, 0).astype(np.float32))
    marks = np.asarray(picture.resize(size, Image.Resampling.BOX)) > FULL
    lines = np.zeros(marks.shape, dtype=bool)
    for _ in range(MOST_LINES):
        rows, columns = _longest_way(marks & ~lines)
        if len(columns) < LEAST_LENGTH * height * scale:
            break
        line = _line_around(marks, rows, columns)
        if not _is_underline(marks & ~lines & ~line, rows, columns, OVERHANG * height * scale):
            break
        lines |= line
    if not lines.any():
        return ink
    whole = Image.fromarray(lines).resize(ink.shape[::-1], Image.Resampling.NEAREST)
    bare = np.where(np.asarray(whole), 0, ink)
    parts, boxes = boxes_in(bare)
    crumbs = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) < CRUMB * height
    return np.where(np.isin(parts, np.flatnonzero(crumbs) + 1), 0, bare)


def _is_underline(rest: np.ndarray, rows: np.ndarray, columns: np.ndarray, overhang: float) -> bool:
    """Return whether a way runs below most of the other ink, and beyond it at an end.

    Bars and feet of digits that touch each other do not.
    """
    middle = int(np.median(rows))
    beside = np.flatnonzero(rest.sum(axis=0) > 2 * MARGIN)
    if not len(beside) or rest[:middle].sum() <= rest[middle:].sum():
        return False
    return bool(max(beside[0] - columns[0], columns[-1] - beside[-1]) > overhang)


def _longest_way(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns, both int64 (n,), of the way across with most ink."""
    height, width = marks.shape
    gains = np.where(marks, 1.0, -BLANK)
    total = np.zeros(height)
    moves = np.zeros((width, height), dtype=np.int64)
    best, end = 0.0, (0, -1)
    for column in range(width):
        padded = np.pad(total, 1, constant_values=-np.inf)
        ways = np.stack([padded[1:-1], padded[:-2] - TURN, padded[2:] - TURN])
        chosen = ways.argmax(axis=0)
        before = ways.max(axis=0)
        # Where nothing is gained so far, a way begins.
        moves[column] = np.where(before > 0, np.array([0, -1, 1])[chosen], 2)
        total = np.maximum(before, 0) + gains[:, column]
        if total.max() > best:
            best, end = float(total.max()), (int(total.argmax()), column)
    row, column = end
    rows = []
    while column >= 0:
        rows.append(row)
        move = moves[column, row]
        if move == 2:
            break
        row, column = row + move, column - 1
    columns = np.arange(end[1] - len(rows) + 1, end[1] + 1)
    return np.array(rows[::-1], dtype=np.int64), columns


def _line_around(marks: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Mark what is nothing but line along a way, bool like `marks`."""
    from scipy import ndimage

    ups, downs = (_run(marks, rows, columns, step) for step in (-1, 1))
    # Wherever a digit stands on the line, the ink is thicker.
    thickness = float(np.percentile(ups + downs + 1, 25))
    alone = ups + downs + 1 <= THICKER * thickness
    middles = np.interp(columns, columns[alone], (rows + (downs - ups) / 2)[alone])
    course = ndimage.uniform_filter1d(middles, COURSE, mode="nearest")
    # Its ends are round.
    every = np.arange(marks.shape[1])
    reach = thickness / 2 + MARGIN
    near = (every >= columns[0] - reach) & (every <= columns[-1] + reach)
    away = np.full(marks.shape, np.inf)
    away[:, near] = np.arange(len(marks))[:, None] - np.interp(every[near], columns, course)
    band, rest = np.abs(away) <= reach, marks & (np.abs(away) > reach)
    # A stroke that goes on below the line is whole.
    crossing = ndimage.binary_closing(rest, np.ones((round(2 * reach) + 3, 3)))
    above = _meeting_strokes(marks, away, thickness)
    below = _meeting_strokes(marks[::-1], -away[::-1], thickness)[::-1]
    return band & ~crossing & ~above & ~below & ~_closed_by(rest, away, reach)


def _meeting_strokes(marks: np.ndarray, away: np.ndarray, thickness: float) -> np.ndarray:
    """Mark the strokes that meet the line from above, bool like `marks`.

    Args:
        away: how far each pixel lies below the line's middle.
        thickness: of the line, and so of the strokes.
    """
    upper = away <= 0
    # From the line's middle upwards, as far as there is ink.
    run = np.logical_and.accumulate((marks | ~upper)[::-1])[::-1] & upper
    excess = run.sum(axis=0) - thickness / 2
    # A stroke along the line is as thick as that; one that ends in it may end anywhere.
    end = np.where(excess > thickness, 0, thickness / 2 - excess)
    return marks & (excess > MARGIN) & (away <= end)


def _closed_by(rest: np.ndarray, away: np.ndarray, reach: float) -> np.ndarray:
    """Mark where the line closes a ring that stands on it, bool like `rest`.

    Args:
        rest: the ink beside the line.
        away: how far each pixel lies below the line's middle.
        reach: how far the line reaches from there.
    """
    from scipy import ndimage

    parts, _ = ndimage.label(rest, structure=np.ones((3, 3)))
    near = (away < 0) & (away >= -reach - 2)
    below = parts[(away > 0) & np.isfinite(away)]
    closed = np.zeros(rest.shape, dtype=bool)
    for number in np.setdiff1d(parts[near], [0, *np.unique(below)]):
        touched = np.flatnonzero(((parts == number) & near).any(axis=0))
        if np.diff(touched).max(initial=1) > 1:
            closed[:, touched[0] : touched[-1] + 1] = True
    return closed


def _run(marks: np.ndarray, rows: np.ndarray, columns: np.ndarray, step: int) -> np.ndarray:
    """Count the marks that follow each place up or down without a gap, int64 (n,)."""
    counts = np.zeros(len(rows), dtype=np.int64)
    going = np.ones(len(rows), dtype=bool)
    for distance in range(1, len(marks)):
        at = rows + step * distance
        inside = (at >= 0) & (at < len(marks))
        going &= inside & marks[at.clip(0, len(marks) - 1), columns]
        if not going.any():
            break
        counts += going
    return counts
