import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.segmentation.stroke_pieces import MOST_STROKES, drawn_pieces
from tests.support.samples import check_bounds


def stroke(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


SEVEN = [stroke((0, 0), (50, 0), (20, 80)), stroke((10, 40), (45, 40))]
ONE = [stroke((100, 0), (102, 80))]
FIVE = [stroke((160, 0), (150, 40), (190, 60), (150, 80)), stroke((160, 0), (195, 0))]
UNDERLINE = stroke((0, 95), (200, 97))


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


def test_an_underline_and_a_frame_belong_to_no_digit() -> None:
    number = [*SEVEN, *ONE, *FIVE]
    box = stroke((-20, -20), (220, -20), (220, 110), (-20, 110), (-20, -20))
    sides = [
        stroke((-20, -20), (-20, 110)),
        stroke((220, -20), (220, 110)),
        stroke((-20, -20), (220, -20)),
        stroke((-20, 110), (220, 110)),
    ]
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
@settings(deadline=None)
def test_any_drawing_is_divided_within_bounds(
    strokes: list[list[tuple[float, float]]], pen_width: float
) -> None:
    drawing = Drawing([np.array(points) for points in strokes], pen_width)
    try:
        pieces, layout = drawn_pieces(drawing)
    except DigitLabError:
        # Flat scribbles may hold too much ink for their height.
        assume(False)
    assert bool(pieces) == bool(strokes)
    assert all(piece.strokes for piece in pieces)
    check_bounds(layout)


def test_as_much_ink_as_there_may_be_stays_within_bounds() -> None:
    strokes = [stroke((3 * x, 0), (3 * x + 3, 50)) for x in range(190)]
    check_bounds(drawn_pieces(Drawing(strokes))[1])


@pytest.mark.parametrize(
    "scribble",
    [
        [stroke((x, 0), (x + 3, 50)) for x in range(MOST_STROKES + 1)],
        [stroke((x, 0), (x, 90), (x + 9, 0)) for x in range(150)],
        [np.random.default_rng(0).uniform(0, 300, (5_000, 2))],
    ],
    ids=["strokes", "length", "one stroke"],
)
def test_a_scribble_is_refused(scribble: list[np.ndarray]) -> None:
    with pytest.raises(DigitLabError, match="too much ink"):
        drawn_pieces(Drawing(scribble))
