import numpy as np
import photos
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_app.grouping import (
    MOST_PIECES,
    MOST_TOGETHER,
    Layout,
    Span,
    drawn_pieces,
    inked_pieces,
)
from mnist_app.ink import Drawing


def stroke(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


SEVEN = [stroke((0, 0), (50, 0), (20, 80)), stroke((10, 40), (45, 40))]
ONE = [stroke((100, 0), (102, 80))]
FIVE = [stroke((160, 0), (150, 40), (190, 60), (150, 80)), stroke((160, 0), (195, 0))]
UNDERLINE = stroke((0, 95), (200, 97))


def best(layout: Layout, sure: set[Span]) -> list[Span]:
    """The best reading when a network is sure of these candidates alone."""
    candidates = layout.candidates()
    logs = np.log([0.99 if span in sure else 0.2 for span in candidates])
    return layout.best(candidates, logs)


def test_pieces_stand_from_left_to_right_however_they_were_written() -> None:
    pieces, layout = drawn_pieces(Drawing([FIVE[0], SEVEN[0], ONE[0], SEVEN[1], FIVE[1]], 10))
    assert [piece.strokes[0][:, 0].min() for piece in pieces] == [0, 100, 150]
    assert [len(piece.strokes) for piece in pieces] == [2, 1, 2]
    assert all(piece.pen_width == 10 for piece in pieces)
    assert layout.boxes.shape == (3, 4)
    assert layout.boxes[1, 3] - layout.boxes[1, 1] == pytest.approx(1)


def test_nothing_has_no_pieces() -> None:
    pieces, layout = drawn_pieces(Drawing([]))
    assert pieces == []
    assert layout.candidates() == []
    assert best(layout, set()) == []


@pytest.mark.parametrize("shape", [(5, 5), (1, 1)])
def test_blank_ink_has_no_pieces(shape: tuple[int, int]) -> None:
    pieces, layout = inked_pieces(np.zeros(shape))
    assert (pieces == -1).all()
    assert layout.candidates() == []


def test_the_network_decides_what_is_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.3, 1], [0.4, 0, 0.7, 1.0]]), np.zeros(1))
    assert best(layout, {(0, 2)}) == [(0, 2)]
    assert best(layout, {(0, 1), (1, 2)}) == [(0, 1), (1, 2)]


def test_what_stands_far_apart_is_never_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.1, 1], [1, 0, 1.1, 1.0]]), np.zeros(1))
    assert layout.candidates() == [(0, 1), (1, 2)]


def test_an_underline_and_a_frame_belong_to_no_digit() -> None:
    number = [*SEVEN, *ONE, *FIVE]
    box = stroke((-20, -20), (220, -20), (220, 110), (-20, 110), (-20, -20))
    sides = [
        stroke((-20, -20), (-20, 110)), stroke((220, -20), (220, 110)),
        stroke((-20, -20), (220, -20)), stroke((-20, 110), (220, 110)),
    ]  # fmt: skip
    alone, _ = drawn_pieces(Drawing(number))
    for extra in ([UNDERLINE], [box], sides):
        pieces, _ = drawn_pieces(Drawing([*extra, *number]))
        assert [len(piece.strokes) for piece in pieces] == [len(piece.strokes) for piece in alone]


def test_a_lone_line_and_a_lone_ring_are_kept() -> None:
    ring = stroke(*[(50 * np.cos(a), 30 * np.sin(a)) for a in np.linspace(0, 6.3, 30)])
    for lone in (UNDERLINE, ring):
        pieces, _ = drawn_pieces(Drawing([lone]))
        assert pieces


def test_slanted_neighbours_are_apart_though_they_overlap() -> None:
    slanted = [stroke((x + 50, 0), (x, 80)) for x in (0, 30, 60)]
    _, layout = drawn_pieces(Drawing(slanted))
    assert len(layout.boxes) == 3
    assert (layout.boxes[1:, 0] > layout.boxes[:-1, 2]).all()


def test_a_stroke_that_is_too_wide_can_be_cut() -> None:
    # A 1 and a 7 without lifting the pen.
    both = stroke((0, 0), (0, 80), (40, 80), (60, 0), (110, 0), (80, 80))
    pieces, layout = drawn_pieces(Drawing([both], 8))
    assert len(pieces) > 1
    assert (layout.cuts > 0).any()
    length = sum(
        np.hypot(*np.diff(line, axis=0).T).sum() for piece in pieces for line in piece.strokes
    )
    assert length > 0.8 * np.hypot(*np.diff(both, axis=0).T).sum()


COORDINATE = st.floats(-1000, 1000)


@given(
    st.lists(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=4), max_size=12),
    st.floats(0, 50),
)
def test_any_drawing_is_divided_within_bounds(
    strokes: list[list[tuple[float, float]]], pen_width: float
) -> None:
    pieces, layout = drawn_pieces(Drawing([np.array(points) for points in strokes], pen_width))
    assert bool(pieces) == bool(strokes)
    assert all(piece.strokes for piece in pieces)
    check_bounds(layout)


def check_bounds(layout: Layout) -> None:
    candidates = layout.candidates()
    assert len(layout.boxes) <= MOST_PIECES
    assert len(candidates) <= MOST_PIECES * MOST_TOGETHER
    path = layout.best(candidates, np.full(len(candidates), -1.0))
    assert [place for span in path for place in range(*span)] == [*range(len(layout.boxes))]


def test_a_huge_scribble_and_noise_stay_within_bounds() -> None:
    strokes = [stroke((x, 0), (x + 3, 50)) for x in range(600)]
    check_bounds(drawn_pieces(Drawing(strokes))[1])
    check_bounds(inked_pieces(np.random.default_rng(0).random((300, 500)) > 0.8)[1])


def test_ink_keeps_every_pixel_and_its_neighbours_apart() -> None:
    ink = np.zeros((20, 60))
    ink[2:18, 3:6] = 0.5
    ink[2:18, 30:33] = 0.9
    pieces, layout = inked_pieces(ink)
    np.testing.assert_array_equal(pieces >= 0, ink > 0)
    assert set(pieces[:, :20][ink[:, :20] > 0]) == {0}
    assert set(pieces[:, 20:][ink[:, 20:] > 0]) == {1}
    assert layout.cuts.tolist() == [0]


def test_neighbours_that_touch_are_cut_where_they_touch() -> None:
    ring = np.pad(photos.written("0", 100, 100), ((0, 0), (0, 100)))
    width = len(np.flatnonzero(ring.any(axis=0)))
    sheet = np.maximum(ring, np.roll(ring, width - 2, axis=1))
    pieces, layout = inked_pieces(sheet)
    joint = np.flatnonzero(ring.any(axis=0))[-1]
    borders = [
        np.flatnonzero((pieces >= place).any(axis=0))[0] for place in range(pieces.max() + 1)
    ]
    assert min(abs(border - joint) for border in borders) <= 4
    assert (layout.cuts > 0).any()


def test_an_underline_in_a_picture_belongs_to_no_digit() -> None:
    sheet = photos.written("305", 100, 300)
    lined = sheet.copy()
    lined[90:94, 40:260] = 1
    pieces, _ = inked_pieces(lined)
    assert (pieces[90:94] == -1).all()
    np.testing.assert_array_equal(pieces[:90] >= 0, sheet[:90] > 0)
