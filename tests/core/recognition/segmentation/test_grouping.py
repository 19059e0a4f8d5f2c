from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.recognition.segmentation.grouping import (
    MOST_TOGETHER,
    Group,
    Span,
    best_path,
    characters,
    rows_of,
)
from mnist_app.core.recognition.segmentation.network import HEIGHT
from mnist_app.core.recognition.segmentation.pieces import Piece


def piece(
    row: float, column: float, centre: tuple[float, float] | None = None, source: int = 0
) -> Piece:
    """An upright line there; it votes for its own centre or for another."""
    points = np.column_stack([np.linspace(row - 12, row + 12, 9), np.full(9, column)])
    return Piece(points, np.tile(centre or (row, column), (9, 1)).astype(float), np.ones(9), source)


class CountingClassifier:
    """Is sure of some candidates alone."""

    def __init__(self, *sure: Group) -> None:
        self._sure = sure
        self.asked: list[Group] = []

    def image_of(self, group: Group) -> np.ndarray:
        self.asked.append(group)
        return np.full((28, 28), 255 if group in self._sure else 0, dtype=np.uint8)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        best = np.where(images[:, 0, 0] > 0, 0.99, 0.2)
        return np.repeat(best[:, None], 10, axis=1)


def joined(pieces: list[Piece], *sure: Group) -> list[Group]:
    classifier: Any = CountingClassifier(*sure)
    return characters(pieces, [*range(len(pieces))], classifier, classifier.image_of)


@pytest.mark.parametrize("tilt", [-0.3, 0, 0.3])
def test_rows_of_a_tilted_page_are_found(tilt: float) -> None:
    places = [(row, column) for row in range(3) for column in range(9)]
    order = np.random.default_rng(0).permutation(len(places)).tolist()
    pieces = [
        piece(1.6 * HEIGHT * places[index][0] + tilt * 20 * places[index][1], 20 * places[index][1])
        for index in order
    ]
    assert [[places[order[index]] for index in row] for row in rows_of(pieces)] == [
        places[:9],
        places[9:18],
        places[18:],
    ]


def test_nothing_has_no_rows() -> None:
    assert rows_of([]) == []


def test_the_digit_network_decides_where_votes_do_not() -> None:
    pieces = [piece(0, 0, (0, 4), source=0), piece(0, 8, (0, 4), source=1)]
    assert joined(pieces, (0, 1)) == [(0, 1)]
    pieces = [piece(0, 0, source=0), piece(0, 8, source=1)]
    assert joined(pieces, (0,), (1,)) == [(0,), (1,)]


def test_what_votes_for_far_centres_is_never_one_character() -> None:
    pieces = [piece(0, 0, source=0), piece(0, 2 * HEIGHT, source=1)]
    assert joined(pieces, (0, 1)) == [(0,), (1,)]


def test_the_network_is_not_asked_about_what_cannot_be_cheapest() -> None:
    classifier: Any = CountingClassifier((0, 1))
    pieces = [piece(0, 0, (0, 4), source=0), piece(0, 8, (0, 4), source=0)]
    assert characters(pieces, [0, 1], classifier, classifier.image_of) == [(0, 1)]
    assert classifier.asked == [(0, 1)]


def test_the_network_is_asked_once_about_each_candidate() -> None:
    classifier: Any = CountingClassifier()
    pieces = [piece(0, 0, (0, 4), source=0), piece(0, 8, (0, 4), source=1)]
    assert characters(pieces, [0, 1], classifier, classifier.image_of) == [(0, 1)]
    assert classifier.asked == [(0, 1), (0,), (1,)]


def test_a_stroke_is_rather_not_divided() -> None:
    def halves(right: int) -> list[Piece]:
        return [piece(0, 0, (0, 4), source=0), piece(0, 8, (0, 4), source=right)]

    # As sure of both as of each, whose cost is then that of the cut and of what it misses.
    assert joined(halves(0), (0, 1), (0,), (1,)) == [(0, 1)]
    assert joined([piece(0, 0, source=0), piece(0, 8, source=0)], (0,), (1,)) == [(0,), (1,)]


def test_candidates_grow_with_the_pieces_only() -> None:
    classifier: Any = CountingClassifier()
    pieces = [piece(0, column) for column in range(50)]
    found = characters(pieces, [*range(50)], classifier, classifier.image_of)
    assert [index for group in found for index in group] == [*range(50)]
    assert len(classifier.asked) <= 50 * MOST_TOGETHER


def readings(pieces: int, spans: list[Span], first: int = 0) -> Iterator[list[Span]]:
    """Every sequence of candidates from a piece to the last one."""
    if first == pieces:
        yield []
    for span in spans:
        if span[0] == first:
            yield from ([span, *rest] for rest in readings(pieces, spans, span[1]))


@given(st.integers(0, 7), st.data())
@settings(deadline=None)
def test_no_other_reading_is_better_than_the_best(pieces: int, data: st.DataObject) -> None:
    spans = [(first, last) for first in range(pieces) for last in range(first + 1, pieces + 1)]
    chosen = [span for span in spans if span[1] - span[0] == 1 or data.draw(st.booleans())]
    gains = {span: data.draw(st.floats(-9, 9)) for span in chosen}
    found = best_path(pieces, chosen, np.array([*gains.values()]))
    most = max(sum(gains[span] for span in path) for path in readings(pieces, chosen))
    assert sum(gains[span] for span in found) == pytest.approx(most)
    assert [place for span in found for place in range(*span)] == [*range(pieces)]
