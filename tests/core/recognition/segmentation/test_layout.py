from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.recognition.segmentation.layout import Layout, Span, best_path


def best(layout: Layout, sure: set[Span]) -> list[Span]:
    """The best reading when a network is sure of these candidates alone."""
    candidates = layout.candidates()
    logs = np.log([0.99 if span in sure else 0.2 for span in candidates])
    return layout.best(candidates, logs)


def test_nothing_is_read_as_nothing() -> None:
    layout = Layout(np.zeros((0, 4)), np.zeros(0))
    assert layout.candidates() == []
    assert best(layout, set()) == []


def test_the_network_decides_what_is_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.3, 1], [0.4, 0, 0.7, 1.0]]), np.zeros(1))
    assert best(layout, {(0, 2)}) == [(0, 2)]
    assert best(layout, {(0, 1), (1, 2)}) == [(0, 1), (1, 2)]


def test_what_stands_far_apart_is_never_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.1, 1], [1, 0, 1.1, 1.0]]), np.zeros(1))
    assert layout.candidates() == [(0, 1), (1, 2)]


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
