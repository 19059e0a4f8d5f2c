import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.ink import drawings
from mnist_app.core.ink.drawings import Drawing, drawing_from_points
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input

SEVEN = [[[0, 0], [60, 0], [25, 90]], [[10, 45], [55, 45]]]
POINT = st.tuples(st.integers(-200, 200), st.integers(-200, 200))
STROKES = st.lists(st.lists(POINT, min_size=1, max_size=6), min_size=1, max_size=4)


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    """Row and column."""
    weights = image.astype(np.float64)
    return np.array([(weights * grid).sum() for grid in np.indices(image.shape)]) / weights.sum()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over the pixels that are inked in either, 0..255."""
    inked = (one > 0) | (other > 0)
    return float(np.abs(one.astype(float) - other)[inked].mean()) if inked.any() else 0.0


def test_strokes_fill_the_box_and_balance_in_the_middle() -> None:
    image = strokes_to_input(drawing_from_points(SEVEN))
    rows = np.flatnonzero(image.any(axis=1))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert rows[-1] - rows[0] + 1 in (20, 21)
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.51


@given(
    STROKES,
    st.integers(-2000, 2000),
    st.integers(-2000, 2000),
    st.sampled_from([0.25, 0.5, 2, 8, 64]),
)
@settings(max_examples=60, deadline=None)
def test_place_and_size_do_not_matter(
    strokes: list[list[tuple[int, int]]], right: int, down: int, scale: float
) -> None:
    here = strokes_to_input(drawing_from_points(strokes))
    moved = [[(x * scale + right, y * scale + down) for x, y in stroke] for stroke in strokes]
    there = strokes_to_input(drawing_from_points(moved))
    assert difference(here, there) < 8


@given(STROKES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_strokes_does_not_matter(
    strokes: list[list[tuple[int, int]]], chance: Any
) -> None:
    shuffled = list(strokes)
    chance.shuffle(shuffled)
    np.testing.assert_array_equal(
        strokes_to_input(drawing_from_points(strokes)),
        strokes_to_input(drawing_from_points(shuffled)),
    )


def test_the_brush_does_not_matter() -> None:
    strokes = drawing_from_points(SEVEN).strokes
    thin, thick = (strokes_to_input(Drawing(strokes, width)) for width in (1, 40))
    np.testing.assert_array_equal(thin, thick)


@pytest.mark.parametrize(
    "strokes",
    [
        [[[5, 5]]],
        [[[5, 5], [5, 5], [5, 5]]],
        [[[0, 0], [0, 1e-320]]],
        [[[1e8, 1e8], [1e8, 1e8]]],
        [[[9416345.2, 9621595.8]] * 7],
    ],
)
def test_a_tap_is_a_dot_in_the_middle(strokes: Any) -> None:
    image = strokes_to_input(drawing_from_points(strokes))
    assert 1 <= np.count_nonzero(image) <= 16
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.51


def test_a_tremble_under_the_brush_stays_a_dot() -> None:
    tremble = [np.array([[100.0, 100.0], [103.0, 102.0]])]
    assert np.count_nonzero(strokes_to_input(Drawing(tremble, pen_width=20))) <= 16
    assert np.count_nonzero(strokes_to_input(Drawing(tremble, pen_width=1))) > 30


@pytest.mark.parametrize("nothing", [[], [[]], [[], []]])
def test_no_strokes_give_no_ink(nothing: Any) -> None:
    drawing = drawing_from_points(nothing)
    assert drawing.is_empty
    assert not strokes_to_input(drawing).any()


def test_curves_lose_their_corners_but_keep_their_points() -> None:
    (stroke,) = drawing_from_points([[[0, 0], [10, 0], [10, 10]]]).strokes
    assert len(stroke) > 3
    for corner in ([0, 0], [10, 0], [10, 10]):
        assert np.abs(stroke - corner).sum(axis=1).min() < 1e-9


def test_as_much_ink_as_is_allowed_takes_little_memory() -> None:
    """Draw one digit at once, as the page does: memory grows with the ink."""
    much = [[[0, 0], [100, 90]] * (drawings.MAX_LENGTH // 3)] + [[[0, 0]]] * (
        drawings.MAX_STROKES - 1
    )
    tracemalloc.start()
    try:
        image = strokes_to_input(drawing_from_points(much))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert image.any()
    assert peak < 100e6


@pytest.mark.parametrize("shape", [(8, 8), (100, 40), (40, 100), (1, 1), (300, 2), (2, 300)])
def test_a_raster_fits_the_box(shape: tuple[int, int]) -> None:
    ink = np.zeros((400, 400))
    ink[20 : 20 + shape[0], 50 : 50 + shape[1]] = 1
    image = raster_to_input(ink)
    spans = [np.flatnonzero(image.any(axis=axis)) for axis in (0, 1)]
    assert max(span[-1] - span[0] + 1 for span in spans) == 20
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.51


def test_a_raster_does_not_care_where_its_ink_lies() -> None:
    ink = np.random.default_rng(0).random((30, 20))
    there = np.pad(ink, ((100, 7), (3, 50)))
    np.testing.assert_array_equal(raster_to_input(ink), raster_to_input(there))


@pytest.mark.parametrize("shape", [(28, 28), (0, 0), (1, 0), (500, 1)])
def test_a_blank_raster_stays_blank(shape: tuple[int, int]) -> None:
    image = raster_to_input(np.zeros(shape))
    assert image.shape == (28, 28)
    assert not image.any()


def test_a_lopsided_drawing_is_not_pushed_over_the_edge() -> None:
    ink = np.zeros((20, 20))
    ink[0, :] = 1
    ink[:, 0] = 0.01
    ink[:4] = 1
    image = raster_to_input(ink)
    assert np.count_nonzero(image.any(axis=1)) == 20


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Their difference where they lie best over each other: either may stand a pixel aside."""
    steps = (-1, 0, 1)
    return min(
        difference(one, np.roll(other, (down, right), axis=(0, 1)))
        for down in steps
        for right in steps
    )


CALM = np.column_stack([90 * np.sin(np.linspace(0, 3, 300)), np.linspace(0, 300, 300)])


def test_a_trembling_hand_draws_what_a_calm_one_does() -> None:
    tremble = np.random.default_rng(0).normal(0, 4, CALM.shape)
    wild = strokes_to_input(drawing_from_points([(CALM + tremble).tolist()]))
    assert apart(strokes_to_input(drawing_from_points([CALM.tolist()])), wild) < 32


def test_a_small_drawing_shows_no_steps_of_its_pixels() -> None:
    small = strokes_to_input(drawing_from_points([np.round(CALM / 20).tolist()]))
    assert apart(strokes_to_input(drawing_from_points([CALM.tolist()])), small) < 38
