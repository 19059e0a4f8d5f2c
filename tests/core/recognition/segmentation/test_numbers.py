import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mnist_app.core.images.pictures import opened
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_drawing, read_ink, read_picture
from mnist_app.core.recognition.segmentation.layout import Layout
from mnist_app.core.recognition.segmentation.numbers import (
    Judged,
    drawn_digits,
    inked_digits,
    judge_ink,
)
from tests.support import photos


def number(
    *digits: int, step: float = 0.9, slant: float = 0.0, extra: tuple[np.ndarray, ...] = ()
) -> Drawing:
    """Digits side by side, 100 high."""
    strokes = [
        stroke * 100 + [100 * step * place, 0]
        for place, digit in enumerate(digits)
        for stroke in photos.drawing(digit).strokes
    ]
    slanted = [stroke - slant * stroke[:, 1:] * [1, 0] for stroke in [*strokes, *extra]]
    return Drawing(slanted, 8.0)


BROKEN_ZERO = [
    stroke * 100 + [0, 0]
    for stroke in (photos.drawing(0).strokes[0][:24], photos.drawing(0).strokes[0][28:])
]
CROSSED_SEVEN = [
    np.array([[15.0, 10], [50, 8], [82, 10], [65, 45], [42, 95]]),
    np.array([[35.0, 52], [78, 48]]),
]


@pytest.mark.parametrize(
    ("strokes", "digit"), [(BROKEN_ZERO, "0"), (CROSSED_SEVEN, "7")], ids=["0", "7"]
)
def test_a_digit_in_several_strokes_stays_one(
    shipped: Classifier, strokes: list[np.ndarray], digit: str
) -> None:
    neighbour = [stroke * 100 + [100, 0] for stroke in photos.drawing(3).strokes]
    for order in ([*strokes, *neighbour], [*neighbour, *strokes[::-1]]):
        assert read_drawing(Drawing(order, 8.0), shipped, as_number=True).text == digit + "3"


@pytest.mark.parametrize("numerals", [(4, 5), (5, 4), (5, 1), (4, 4, 4)])
def test_a_four_of_two_strokes_and_the_bar_of_a_five_stay_with_their_own(
    shipped: Classifier, numerals: tuple[int, ...]
) -> None:
    drawing = number(*numerals)
    reading = read_drawing(Drawing(drawing.strokes[::-1], 8.0), shipped, as_number=True)
    assert reading.text == "".join(map(str, numerals))


def test_a_postal_code_is_read(shipped: Classifier) -> None:
    assert read_drawing(number(8, 0, 3, 3, 6), shipped, as_number=True).text == "80336"
    ink = photos.written("80336", 120, 500)
    assert len(inked_digits(ink, shipped)) == 5


def test_slanted_writing_is_read(shipped: Classifier) -> None:
    for slant in (-0.2, 0.35):
        drawing = number(2, 3, 0, 2, slant=slant, step=0.8)
        assert read_drawing(drawing, shipped, as_number=True).text == "2302"


def test_an_underline_and_a_frame_are_not_read(shipped: Classifier) -> None:
    underline = np.array([[-10.0, 112], [280, 110]])
    frame = np.array([[-20.0, -20], [290, -20], [290, 120], [-20, 120], [-20, -18]])
    for extra in (underline, frame):
        reading = read_drawing(number(2, 0, 3, extra=(extra,)), shipped, as_number=True)
        assert reading.text == "203"


def lines(left: float, right: float) -> dict[str, list[np.ndarray]]:
    """Underlines and ruling of digits that are 100 high, as strokes."""
    x = np.linspace(left, right, 40)
    level = {y: np.column_stack([x, np.full(40, y)]) for y in (-15.0, 85.0, 97.0, 104.0, 114.0)}
    return {
        "below": [level[114]],
        "touching": [level[97]],
        "crossing": [level[85]],
        "two": [level[104], level[114]],
        "ruled": [level[-15], level[97]],
        "leaning": [np.column_stack([x, np.linspace(112, 98, 40)])],
        "wavy": [np.column_stack([x, 106 + 4 * np.sin(x / 25)])],
    }


@pytest.mark.parametrize(
    ("numerals", "kind"), list(zip(itertools.cycle(["305", "42"]), lines(0, 1), strict=False))
)
def test_underlined_and_ruled_numbers_are_read(
    shipped: Classifier, numerals: str, kind: str
) -> None:
    drawing = number(*map(int, numerals))
    strokes = [*drawing.strokes, *lines(-5, 90 * len(numerals))[kind]]
    assert read_drawing(Drawing(strokes, 8.0), shipped, as_number=True).text == numerals
    ink = rastered(strokes)
    assert read_ink(ink, shipped, as_number=True).text == numerals
    paper = photos.taken(photos.plain(ink, np.random.default_rng(0)))
    assert read_picture(opened(paper), shipped, as_number=True).text == numerals


def rastered(strokes: Sequence[np.ndarray], pen: int = 8) -> np.ndarray:
    """The same in a picture, a pixel a unit, with a round pen."""
    corner = np.concatenate(strokes).min(axis=0) - 30
    size = np.ceil(np.concatenate(strokes).max(axis=0) + 30 - corner).astype(int)
    picture = Image.new("L", (2 * int(size[0]), 2 * int(size[1])))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        points = [(x, y) for x, y in (2 * (stroke - corner)).tolist()]
        draw.line(points, fill=255, width=2 * pen, joint="curve")
        for point in (points[0], points[-1]):
            draw.circle(point, pen, fill=255)
    return np.asarray(picture.reduce(2), dtype=np.float64) / 255


def test_bars_in_a_row_are_no_underline(shipped: Classifier) -> None:
    for numerals in ((7, 7), (2, 2), (5, 5, 5)):
        drawing = number(*numerals, step=0.72)
        reading = read_ink(rastered(drawing.strokes), shipped, as_number=True)
        assert reading.text == "".join(map(str, numerals))


@given(
    st.sampled_from([(8, 0, 3, 3, 6), (4, 5), (1, 9, 7), (2, 2, 0, 4)]),
    st.floats(0.05, 50),
    st.floats(-5_000, 5_000),
    st.floats(-5_000, 5_000),
    st.randoms(use_true_random=False),
)
@settings(max_examples=20, deadline=None)
def test_a_number_reads_the_same_anywhere_at_any_size_in_any_order(
    shipped: Classifier,
    numerals: tuple[int, ...],
    size: float,
    right: float,
    down: float,
    chance: Any,
) -> None:
    strokes = [stroke * size + [right, down] for stroke in number(*numerals).strokes]
    chance.shuffle(strokes)
    reading = read_drawing(Drawing(strokes, 8.0 * size), shipped, as_number=True)
    assert reading.text == "".join(map(str, numerals))


@given(
    st.sampled_from(["80336", "45", "263"]),
    st.floats(0.3, 2.5),
    st.integers(0, 90),
    st.integers(0, 90),
)
@settings(max_examples=10, deadline=None)
def test_a_number_in_a_picture_reads_the_same_anywhere_at_any_size(
    shipped: Classifier, numerals: str, size: float, right: int, down: int
) -> None:
    strokes = [stroke * size for stroke in number(*map(int, numerals)).strokes]
    ink = rastered(strokes, pen=max(2, round(8 * size)))
    moved = np.pad(ink, ((down, 7), (right, 11)))
    assert read_ink(moved, shipped, as_number=True).text == numerals


def test_strokes_that_touch_or_overlap_are_still_two_digits(shipped: Classifier) -> None:
    drawing = number(3, 0, step=0.62)
    assert read_drawing(drawing, shipped, as_number=True).text == "30"


def test_touching_ink_is_cut(shipped: Classifier) -> None:
    ring = np.pad(photos.written("0", 100, 100), ((0, 0), (0, 100)))
    width = len(np.flatnonzero(ring.any(axis=0)))
    sheet = np.maximum(ring, np.roll(ring, width - 2, axis=1))
    left, right = inked_digits(sheet, shipped)
    np.testing.assert_array_equal(left + right, sheet)
    assert abs(len(np.flatnonzero(left.any(axis=0))) - width) <= 0.2 * width


def test_without_a_judge_all_ink_is_one_digit() -> None:
    (drawn,) = drawn_digits(number(1, 2))
    assert len(drawn.strokes) == 2
    (inked,) = inked_digits(photos.written("12", 50, 100))
    assert inked.shape == (50, 100)


def test_what_is_surely_one_digit_is_not_cut(shipped: Classifier) -> None:
    pieces, judged = judge_ink(photos.written("305", 120, 400), shipped)
    assert judged.best() == [(0, 1), (1, 2), (2, 3)]
    assert pieces.max() == 2
    assert judged.doubtful() == []


def test_what_is_unsure_or_wide_is_doubtful() -> None:
    boxes = np.array([[0, 0, 0.6, 1], [0.8, 0, 1.4, 1], [1.6, 0, 2.9, 1.0]])
    layout = Layout(boxes, np.zeros(2))
    spans = [(0, 1), (1, 2), (2, 3)]
    probabilities = np.full((3, 10), 0.001, dtype=np.float32)
    probabilities[:, 4] = [0.99, 0.6, 0.99]
    judged = Judged(layout, spans, probabilities)
    assert judged.best() == spans
    assert judged.doubtful() == [1, 2]
