"""Seams from top to bottom through ink, along which touching digits may be cut."""

from dataclasses import dataclass

import numpy as np

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# No seam runs further from its straight line than this, nor do two begin nearer to each other.
SEAM_REACH = 0.15
SEAM_STEP = 0.1
SEAM_APART = 0.05
# Of two seams through as much ink, the straighter.
SEAM_TURN = 0.2
# No seam cuts more ink than this, none stands nearer to the end of the ink.
MOST_CUT = 0.5
NEAREST_CUT = 0.1


@dataclass(frozen=True)
class Seam:
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


def seams_of(
    ink: np.ndarray, box: np.ndarray, slant: float, height: float, group: int
) -> list[Seam]:
    """Find the seams through a group's ink that cut least of it, each near a straight line."""
    margin = NEAREST_CUT * height
    places = np.arange(box[0] + margin, box[2] - margin, max(1.0, SEAM_STEP * height / 2))
    if not len(places):
        return []
    columns, cut = _ways(ink, places, slant, max(1, round(SEAM_REACH * height)))
    chosen: list[Seam] = []
    for index in np.argsort(cut, kind="stable").tolist():
        place = float(columns[index].mean())
        amount = float(cut[index]) / height
        is_apart = all(abs(place - seam.place) > SEAM_APART * height for seam in chosen)
        if amount <= MOST_CUT and is_apart:
            chosen.append(Seam(columns[index], amount, group, place))
    return chosen


def _ways(
    ink: np.ndarray, places: np.ndarray, slant: float, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the cheapest way down near each straight line, by dynamic programming.

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
