import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import decode
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_drawing, read_ink, read_picture
from mnist_app.core.recognition.segmentation.numbers import drawn_rows, inked_rows
from mnist_app.core.recognition.segmentation.pieces import MOST_STROKES
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
    assert read_ink(ink, shipped, as_number=True).text == "80336"


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
    assert read_picture(decode(paper), shipped, as_number=True).text == numerals


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


@pytest.mark.parametrize("numerals", ["00", "38", "606"])
def test_touching_ink_is_cut(shipped: Classifier, numerals: str) -> None:
    left, sheets = 20, []
    for numeral in numerals:
        digit = photos.written(numeral, 100, 100)
        columns = np.flatnonzero(digit.any(axis=0))
        sheets.append(np.roll(np.pad(digit, ((0, 0), (0, 300))), left - columns[0], axis=1))
        left += len(columns) - 2
    sheet = np.max(sheets, axis=0)
    assert read_ink(sheet, shipped, as_number=True).text == numerals
    ((*parts,),) = inked_rows(sheet, shipped)
    together = np.zeros_like(sheet)
    for part in (character.part for character in parts):
        rows, columns = part.ink.shape
        together[part.top : part.top + rows, part.left : part.left + columns] += part.ink
    # What is cut is kept, and no ink is in two digits.
    np.testing.assert_array_equal(together, sheet)


def test_digits_written_without_lifting_the_pen_are_cut(shipped: Classifier) -> None:
    numerals = (6, 2)
    joined = np.concatenate(
        [
            stroke * 100 + [80 * place, 0]
            for place, digit in enumerate(numerals)
            for stroke in photos.drawing(digit).strokes
        ]
    )
    drawing = Drawing([joined], 8.0)
    ((left, right),) = drawn_rows(drawing, shipped)
    assert left.part.strokes[0][:, 0].mean() < right.part.strokes[0][:, 0].mean()
    assert read_drawing(drawing, shipped, as_number=True).text == "62"


def test_rows_are_read_from_top_to_bottom_and_words_stay_apart(shipped: Classifier) -> None:
    rows = [number(1, 2), number(3, 0, step=2.8), number(7)]
    strokes = [
        stroke + np.array([0, 150 * row]) for row, one in enumerate(rows) for stroke in one.strokes
    ]
    for order in (strokes, strokes[::-1]):
        reading = read_drawing(Drawing(order, 8.0), shipped, as_number=True)
        assert reading.lines == ["12", "3 0", "7"]
    reading = read_ink(rastered(strokes), shipped, as_number=True)
    assert reading.lines == ["12", "3 0", "7"]


def test_digits_in_boxes_are_read(shipped: Classifier) -> None:
    boxes = [
        np.array([[left, -25], [left + 110, -25], [left + 110, 125], [left, 125], [left, -25.0]])
        for left in (-10, 100, 210)
    ]
    drawing = number(2, 0, 3, step=1.1, extra=tuple(boxes))
    assert read_drawing(drawing, shipped, as_number=True).text == "203"
    assert read_ink(rastered(drawing.strokes, pen=4), shipped, as_number=True).text == "203"


def test_specks_are_not_read(shipped: Classifier) -> None:
    ink = np.pad(photos.written("305", 120, 400), 60)
    for row, column in ((20, 30), (40, 250), (215, 400), (230, 90)):
        ink[row : row + 5, column : column + 5] = 1
    assert read_ink(ink, shipped, as_number=True).text == "305"


@pytest.mark.parametrize(
    "stroke",
    [[[5, 5]], [[5, 5], [5, 5]], [[0, 0], [300, 2]], [[0, 0], [1e-9, 0]], [[0, 0], [0, 200]]],
    ids=["dot", "still", "lying", "tiny", "upright"],
)
def test_a_dot_and_a_lone_line_are_borne(shipped: Classifier, stroke: list[list[float]]) -> None:
    drawing = Drawing([np.array(stroke, dtype=float)], 8.0)
    assert len(read_drawing(drawing, shipped, as_number=True).digits) <= 1
    assert len(read_ink(rastered(drawing.strokes), shipped, as_number=True).digits) <= 1


@pytest.mark.parametrize(
    "scribble",
    [
        [np.array([[x, 0], [x + 3.0, 50]]) for x in range(MOST_STROKES + 1)],
        [np.array([[x, 0], [x, 90], [x + 9.0, 0]]) for x in range(150)],
        [np.random.default_rng(0).uniform(0, 300, (5_000, 2))],
    ],
    ids=["strokes", "length", "one stroke"],
)
def test_a_scribble_is_refused(shipped: Classifier, scribble: list[np.ndarray]) -> None:
    with pytest.raises(DigitLabError, match="too much ink"):
        drawn_rows(Drawing(scribble), shipped)


class Counting:
    """A classifier that finds nothing sure and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        self.asked += len(images)
        return np.full((len(images), 10), 0.1, dtype=np.float32)


def test_as_much_ink_as_there_may_be_asks_for_few_candidates() -> None:
    chance = np.random.default_rng(0)
    strokes = [np.array([[3 * x, 0], [3 * x + 3.0, 50]]) for x in range(MOST_STROKES - 10)]
    scribble = [chance.uniform(0, 300, (350, 2))]
    specks = np.zeros((300, 500))
    specks[10::20, 10::25] = 1
    for split in (
        lambda classifier: drawn_rows(Drawing(strokes), classifier),
        lambda classifier: drawn_rows(Drawing(scribble), classifier),
        lambda classifier: inked_rows(specks, classifier),
    ):
        classifier: Any = Counting()
        split(classifier)
        assert classifier.asked < 5_000


def test_noise_is_refused(shipped: Classifier) -> None:
    noise = np.random.default_rng(0).random((300, 500)) > 0.8
    with pytest.raises(DigitLabError, match="too much ink"):
        inked_rows(noise.astype(float), shipped)


@pytest.mark.parametrize("seed", range(5))
def test_any_ink_is_borne(shipped: Classifier, seed: int) -> None:
    chance = np.random.default_rng(seed)
    ink = (chance.random(chance.integers(1, 40, 2)) > 0.7).astype(float)
    for character in itertools.chain.from_iterable(inked_rows(ink, shipped)):
        assert character.part.ink.any()


COORDINATE = st.floats(-1000, 1000)


@given(
    st.lists(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=4), max_size=12),
    st.floats(0, 50),
)
@settings(max_examples=30, deadline=None)
def test_any_drawing_is_divided(
    shipped: Classifier, strokes: list[list[tuple[float, float]]], pen_width: float
) -> None:
    drawing = Drawing([np.array(points) for points in strokes], pen_width)
    try:
        rows = drawn_rows(drawing, shipped)
    # Flat scribbles may hold too much ink for their height.
    except DigitLabError:
        return
    parts = [character.part for row in rows for character in row]
    assert all(part.strokes for part in parts)
    assert all(part.pen_width == pen_width for part in parts)


def test_without_a_classifier_all_ink_is_one_digit() -> None:
    (((drawn,),), ((inked,),)) = (
        drawn_rows(number(1, 2)),
        inked_rows(photos.written("12", 50, 100)),
    )
    assert len(drawn.part.strokes) == 2
    assert inked.part.ink.shape == (50, 100)
    assert drawn_rows(Drawing([])) == []
    assert inked_rows(np.zeros((5, 5))) == []
