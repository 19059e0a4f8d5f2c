"""Pieces of ink -> characters: of all groups of pieces, the one that both networks find best.

Every run of neighbouring pieces that could be one character is a candidate. Its cost is what the
digit network doubts, what the segmentation network's votes miss the centre of it by, and the cuts
that divide it from its neighbours; dynamic programming finds the cheapest path through a row
(LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998,
IV-VI).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from mnist_app.core.ink.drawings import corners
from mnist_app.core.recognition.classifier import Answering
from mnist_app.core.recognition.confidence import LEAST_DIGIT
from mnist_app.core.recognition.segmentation.network import HEIGHT
from mnist_app.core.recognition.segmentation.pieces import Piece

# First and last piece of a candidate, the last not included.
Span = tuple[int, int]
# The numbers of the pieces of a character.
Group = tuple[int, ...]

# Pieces of one character; the candidates of a row grow with it, and each is read.
MOST_TOGETHER = 6
# The centres of one row differ by less than this from one character to the next, in heights.
ROW_REACH = 0.6
# What a vote costs that misses the centre by a digit's height, for all the ink of a usual digit,
# and what it costs to divide a stroke or connected ink; beside the logarithm of a probability.
# Chosen on numbers of writers who are trained on: 2 to 10 and 0.3 to 1.5 read alike.
MISS_COST = 3.0
CUT_COST = 0.5
# Pieces whose votes miss their common centre by more, in heights, are not one character. On the
# same numbers 0.2 to 0.4 read alike, 0.15 fewer; each candidate takes time.
MOST_MISSED = 0.25
# Where votes miss a character's centre by less than the first, in heights, it was never divided
# wrongly, of 436 numbers of writers who are trained on; from the second on in one of seven.
DOUBT_MISSED = (0.05, 0.1)
MOST_DOUBT = 1 / 7


def rows_of(pieces: Sequence[Piece]) -> list[list[int]]:
    """Group pieces into rows from top to bottom, each from left to right."""
    centres = np.array([_centre(piece) for piece in pieces]).reshape(-1, 2)
    rows: list[list[int]] = []
    for index in np.argsort(centres[:, 1]).tolist():
        steps = [abs(centres[row[-1], 0] - centres[index, 0]) for row in rows]
        nearest = int(np.argmin(steps)) if rows else 0
        if rows and steps[nearest] < ROW_REACH * HEIGHT:
            rows[nearest].append(index)
        else:
            rows.append([index])
    return sorted(rows, key=lambda row: float(centres[row, 0].mean()))


def characters(
    pieces: Sequence[Piece],
    row: Sequence[int],
    classifier: Answering,
    image_of: Callable[[Group], np.ndarray],
) -> list[Group]:
    """Join the pieces of a row to characters, from left to right.

    Args:
        row: the numbers of its pieces, from left to right.
        classifier: says how surely a candidate is a digit.
        image_of: the network input, uint8 (28, 28), of some pieces.
    """
    in_row = [pieces[index] for index in row]
    usual = _usual_ink(pieces)
    misses = {span: _missed(in_row[slice(*span)]) for span in _runs(len(row))}
    spans = [
        (first, last)
        for (first, last), (missed, _) in misses.items()
        if last == first + 1 or missed < MOST_MISSED
    ]
    costs = np.array(
        [MISS_COST * misses[span][0] * misses[span][1] / usual for span in spans]
    ) + CUT_COST * np.array([_cuts(in_row, last) for _, last in spans])
    # Reading takes far longer than searching and only raises costs: once all candidates on the
    # cheapest path are read, no other path can become cheaper.
    unread = {span: index for index, span in enumerate(spans)}
    while True:
        found = best_path(len(row), spans, -costs)
        asked = [unread.pop(span) for span in found if span in unread]
        if not asked:
            return [tuple(row[slice(*span)]) for span in found]
        inputs = np.stack([image_of(tuple(row[slice(*spans[index])])) for index in asked])
        # Another character is doubted, but need not be divided into what looks like digits.
        costs[asked] -= np.log(classifier.probabilities(inputs).max(axis=1).clip(LEAST_DIGIT))


def doubt(pieces: Sequence[Piece]) -> float:
    """Return how probable it is that a character of these pieces is divided wrongly, 0..1."""
    missed, _ = _missed(pieces)
    return float(np.interp(missed, DOUBT_MISSED, (0, MOST_DOUBT)))


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


def _runs(count: int) -> list[Span]:
    return [
        (first, last)
        for first in range(count)
        for last in range(first + 1, min(first + MOST_TOGETHER, count) + 1)
    ]


def _centre(piece: Piece) -> np.ndarray:
    return piece.weights @ piece.centres / piece.weights.sum()


def _missed(pieces: Sequence[Piece]) -> tuple[float, float]:
    """Return by how much votes miss the centre of the box on average, in heights; and the ink."""
    low, high = corners([piece.points for piece in pieces])
    votes = np.concatenate([piece.centres for piece in pieces])
    weights = np.concatenate([piece.weights for piece in pieces])
    away = np.hypot(*(votes - (low + high) / 2).T) / HEIGHT
    ink = float(weights.sum())
    return float(weights @ np.minimum(away, 1.0)) / ink, ink


def _usual_ink(pieces: Sequence[Piece]) -> float:
    ink = np.array([piece.weights.sum() for piece in pieces])
    return float(np.median(ink[ink > 0.3 * ink.max()]))


def _cuts(row: Sequence[Piece], place: int) -> int:
    """Count what is divided between the pieces left and right of a place."""
    left, right = ({piece.source for piece in part} for part in (row[:place], row[place:]))
    return len(left & right)
