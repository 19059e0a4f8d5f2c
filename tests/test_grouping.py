import numpy as np
import photos
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_app.grouping import split_drawing, split_ink
from mnist_app.ink import Drawing


def stroke(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


SEVEN = [stroke((0, 0), (50, 0), (20, 80)), stroke((10, 40), (45, 40))]
ONE = [stroke((100, 0), (102, 80))]
FIVE = [stroke((160, 0), (150, 40), (190, 60), (150, 80)), stroke((160, 0), (195, 0))]


def test_each_digit_gets_its_own_strokes_from_left_to_right() -> None:
    # Written out of order, and the 5's flag last of all.
    drawing = Drawing([FIVE[0], SEVEN[0], ONE[0], SEVEN[1], FIVE[1]], pen_width=10)
    parts = split_drawing(drawing)
    assert [len(part.strokes) for part in parts] == [2, 1, 2]
    assert parts[0].strokes[0] is SEVEN[0]
    assert parts[2].strokes[1] is FIVE[1]
    assert all(part.pen_width == 10 for part in parts)


def test_an_empty_drawing_has_no_digits() -> None:
    assert split_drawing(Drawing([])) == []


def test_strokes_that_barely_overlap_stay_apart() -> None:
    left, right = stroke((0, 0), (50, 80)), stroke((45, 0), (95, 80))
    assert len(split_drawing(Drawing([left, right]))) == 2


def test_strokes_that_bridge_two_groups_join_them() -> None:
    left, right = stroke((0, 0), (20, 0)), stroke((25, 0), (45, 0))
    bridge = stroke((5, 5), (40, 5))
    assert len(split_drawing(Drawing([left, right]))) == 2
    assert len(split_drawing(Drawing([left, right, bridge]))) == 1


COORDINATE = st.floats(-1000, 1000)


@given(
    st.lists(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=4), max_size=12),
    st.floats(0, 50),
)
def test_every_stroke_ends_in_exactly_one_digit(
    strokes: list[list[tuple[float, float]]], pen_width: float
) -> None:
    arrays = [np.array(points) for points in strokes]
    parts = split_drawing(Drawing(arrays, pen_width))
    kept = sorted(id(array) for part in parts for array in part.strokes)
    assert kept == sorted(id(array) for array in arrays)
    assert all(part.strokes for part in parts)


def test_ink_is_divided_without_the_neighbours() -> None:
    ink = np.zeros((20, 40))
    ink[2:18, 3:6] = 0.5
    ink[2:8, 15:25] = 0.7
    ink[10:18, 16:24] = 0.9
    left, right = split_ink(ink)
    assert left.shape == right.shape == ink.shape
    np.testing.assert_array_equal(left + right, ink)
    assert left[:, 10:].sum() == right[:, :10].sum() == 0


@pytest.mark.parametrize("shape", [(5, 5), (1, 1)])
def test_blank_ink_has_no_digits(shape: tuple[int, int]) -> None:
    assert split_ink(np.zeros(shape)) == []


def test_neighbours_that_touch_are_cut() -> None:
    ring = np.pad(photos.written("0", 100, 100), ((0, 0), (0, 100)))
    width = len(np.flatnonzero(ring.any(axis=0)))
    sheet = np.maximum(ring, np.roll(ring, width - 2, axis=1))
    left, right = split_ink(sheet)
    np.testing.assert_array_equal(left + right, sheet)
    assert abs(len(np.flatnonzero(left.any(axis=0))) - width) <= 2


def test_apart_digits_and_a_single_wide_one_stay_whole() -> None:
    assert len(split_ink(photos.written("30865", 100, 400))) == 5
    assert len(split_ink(photos.written("2", 100, 120))) == 1
