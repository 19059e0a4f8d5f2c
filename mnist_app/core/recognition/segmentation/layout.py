"""The layout of pieces of ink, and the sequence of them that is the best reading.

Every run of neighbouring pieces that could be one digit is a candidate; the network judges all of
them, and dynamic programming finds the sequence of candidates that is the best reading (Matan,
Burges, LeCun, Denker, "Multi-digit recognition using a space displacement neural network", 1992;
Fujisawa, Nakano, Kurino, "Segmentation methods for character recognition", 1992). The weights of
what the network cannot know were chosen on numbers made of training digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# First and last piece of a candidate, the last not included.
Span = tuple[int, int]

# However much was scribbled, no more candidates than the product of these are judged.
MOST_PIECES = 32
MOST_TOGETHER = 12
# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# A digit is no wider than this, and holds no wider gap.
WIDEST = 1.6
WIDEST_GAP = 0.45

# The costs of a candidate, beside the logarithm of the network's best probability; chosen on
# numbers made of training digits.
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
    """The positions of pieces of ink, upright, in heights of a digit.

    Attributes:
        boxes: float64 (n, 4), left, top, right and bottom of each, in order from left to right.
        cuts: float64 (n - 1,), how much ink was cut between neighbours, 0 where they hang apart.
    """

    boxes: np.ndarray
    cuts: np.ndarray

    def candidates(self) -> list[Span]:
        """List all runs of neighbouring pieces that may be one digit; each piece alone is one."""
        return [
            (first, last)
            for first in range(len(self.boxes))
            for last in range(first + 1, min(first + MOST_TOGETHER, len(self.boxes)) + 1)
            if last == first + 1 or self._may_be_one(first, last)
        ]

    def best(self, candidates: Sequence[Span], log_probabilities: np.ndarray) -> list[Span]:
        """Return the sequence of candidates that is the best reading.

        Args:
            candidates: as `candidates` gives them.
            log_probabilities: float (len(candidates),), of the best class of each.
        """
        gains = self.gains(candidates, log_probabilities)
        return best_path(len(self.boxes), candidates, gains)

    def gains(self, candidates: Sequence[Span], log_probabilities: np.ndarray) -> np.ndarray:
        """Return the gain of each candidate in a reading, float64 (len(candidates),)."""
        return log_probabilities - self.features(candidates) @ np.array([*COSTS.values()])

    def is_wide(self, span: Span) -> bool:
        """Return whether a candidate is wider than digits usually are."""
        return self._size(*span)[0] > USUAL_WIDTH

    def features(self, candidates: Sequence[Span]) -> np.ndarray:
        """Measure each of `COSTS`, float64 (len(candidates), len(COSTS))."""
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
        """Return the height of the second tallest separate part: two digits are both tall."""
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
        """Return the gap between left and right of a place; below 0 if they overlap."""
        return float(self.boxes[place, 0] - self.boxes[:place, 2].max())


def best_path(pieces: int, candidates: Sequence[Span], gains: np.ndarray) -> list[Span]:
    """Find the candidates from the first to the last piece whose sum of gains is largest.

    Args:
        candidates: ordered by their first pieces.
        gains: float (len(candidates),).

    It is found by dynamic programming, from left to right.
    """
    best: list[tuple[float, list[Span]]] = [(0.0, [])]
    best += [(-math.inf, [])] * pieces
    for (first, last), gain in zip(candidates, gains.tolist(), strict=True):
        score = best[first][0] + gain
        if score > best[last][0]:
            best[last] = (score, [*best[first][1], (first, last)])
    return best[-1][1]
