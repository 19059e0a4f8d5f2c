import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import decode, png
from mnist_app.core.ink.drawings import Drawing, drawing_from_canvas, drawing_from_points
from mnist_app.core.recognition.answers import doubts
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import (
    SURELY_ONE,
    Digit,
    Reading,
    is_rather_a_number,
    read_drawing,
    read_picture,
)
from tests.support import cases, photos
from tests.support.drawings import canvas_json

ONE = [[50, 0], [50, 100]]
OTHER_ONE = [[150, 0], [150, 100]]


def picture(*lines: list[list[int]]) -> bytes:
    image = Image.new("L", (200, 140), 255)
    for line in lines:
        ImageDraw.Draw(image).line([(x, y + 20) for x, y in line], fill=0, width=9)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(("as_number", "digits"), [(False, 1), (True, 2)])
def test_a_drawing_is_one_digit_or_a_number(
    classifier: Classifier, as_number: bool, digits: int
) -> None:
    for reading in (
        read_drawing(drawing_from_points([ONE, OTHER_ONE]), classifier, as_number),
        read_picture(decode(picture(ONE, OTHER_ONE)), classifier, as_number),
    ):
        assert [len(row) for row in reading.rows] == [digits]
        for digit in reading.digits:
            assert digit.image.shape == (28, 28)
            assert digit.image.dtype == np.uint8
            assert digit.image.any()


@pytest.mark.parametrize("as_number", [False, True])
def test_no_ink_is_never_a_digit(classifier: Classifier, as_number: bool) -> None:
    for reading in (
        read_drawing(Drawing([]), classifier, as_number),
        read_picture(decode(picture()), classifier, as_number),
    ):
        assert reading.text == ""
        assert reading.digits == ()
        assert reading.lines == []
        assert reading.reason == "No writing found."


def test_digits_come_with_their_probabilities(classifier: Classifier) -> None:
    reading = read_drawing(drawing_from_points([ONE, OTHER_ONE]), classifier, as_number=True)
    assert reading.reason == ""
    assert reading.text == "".join(str(digit.digit) for digit in reading.digits)
    for digit in reading.digits:
        assert digit.probability == pytest.approx(digit.probabilities[digit.digit])
        assert digit.probability == digit.probabilities.max()
        assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)
        (again,) = classifier.probabilities(digit.image[None])
        np.testing.assert_allclose(digit.probabilities, again, atol=1e-5)


def test_a_known_digit_is_read_from_strokes_and_from_a_picture(classifier: Classifier) -> None:
    assert read_drawing(drawing_from_points([RING]), classifier).text == "0"
    assert read_picture(decode(picture(RING)), classifier).text == "0"


def test_rows_are_lines_and_far_neighbours_are_set_apart() -> None:
    def digit(number: int, left: float) -> Digit:
        nothing = np.zeros((28, 28), dtype=np.uint8)
        return Digit(number, 1.0, np.eye(10, dtype=np.float32)[number], nothing, (left, 0, 6, 10))

    reading = Reading(((digit(1, 0), digit(2, 9), digit(3, 27)), (digit(4, 0),)))
    assert reading.lines == ["12 3", "4"]
    assert reading.text == "123 4"


def test_each_digit_has_its_place(classifier: Classifier) -> None:
    drawn = read_drawing(drawing_from_points([ONE, OTHER_ONE]), classifier, as_number=True)
    assert [digit.box for digit in drawn.digits] == [(50, 0, 0, 100), (150, 0, 0, 100)]
    taken = read_picture(decode(picture(ONE, OTHER_ONE)), classifier, as_number=True)
    for digit, x in zip(taken.digits, (50, 150), strict=True):
        assert digit.box == pytest.approx((x - 4.5, 20, 9, 101), abs=3)
    assert read_drawing(Drawing([]), classifier).digits == ()


def written(number: str, apart: float) -> Drawing:
    """A number whose digits stand so many widths of a digit apart."""
    return Drawing(
        [
            stroke + np.array([place * apart, 0])
            for place, digit in enumerate(number)
            for stroke in photos.drawing(int(digit)).strokes
        ]
    )


@pytest.mark.parametrize("number", ["12", "37", "11", "90", "305"])
def test_several_digits_are_rather_a_number_also_when_they_look_like_a_digit(
    shipped: Classifier, number: str
) -> None:
    drawing = written(number, 0.8)

    def as_number() -> Reading:
        return read_drawing(drawing, shipped, as_number=True)

    assert is_rather_a_number(read_drawing(drawing, shipped), as_number)


@pytest.mark.parametrize("digit", range(10))
def test_one_digit_is_no_number(shipped: Classifier, digit: int) -> None:
    drawing = photos.drawing(digit)
    reading = read_drawing(drawing, shipped)
    assert not is_rather_a_number(reading, lambda: read_drawing(drawing, shipped, as_number=True))


def test_what_is_surely_one_digit_is_not_read_twice(shipped: Classifier) -> None:
    reading = read_drawing(drawing_from_points([RING]), shipped)
    assert not is_rather_a_number(reading, lambda: pytest.fail("read again"))
    assert not is_rather_a_number(Reading(()), lambda: pytest.fail("read again"))


def test_what_cannot_be_read_as_a_number_is_none(shipped: Classifier) -> None:
    def refused() -> Reading:
        raise DigitLabError("too much")

    unsure = read_drawing(written("12", 0.8), shipped)
    assert unsure.digits[0].probability < SURELY_ONE
    assert not is_rather_a_number(unsure, refused)


def placed(
    strokes: list[np.ndarray], scale: float, place: np.ndarray, is_edited: bool
) -> dict[str, Any]:
    """A canvas' JSON, drawn at this size and place or brought there by the edit tool."""
    if not is_edited:
        items = [canvas_json(stroke * scale + place)["objects"][0] for stroke in strokes]
        return {"objects": items}
    items = [canvas_json(stroke)["objects"][0] for stroke in strokes]
    for item in items:
        item["left"], item["top"] = np.array([item["left"], item["top"]]) * scale + place
        item["scaleX"] = item["scaleY"] = scale
    return {"objects": items}


@given(
    st.integers(0, 9),
    st.integers(0, 2**31),
    st.floats(0.3, 6),
    st.tuples(st.floats(-600, 600), st.floats(-600, 600)),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_same_drawing_anywhere_on_a_canvas_is_read_the_same(
    shipped: Classifier,
    digit: int,
    hand: int,
    scale: float,
    place: tuple[float, float],
    is_edited: bool,
) -> None:
    chance = np.random.default_rng(hand)
    strokes = [
        100 * (stroke + chance.normal(0, 0.02, stroke.shape))
        for stroke in photos.drawing(digit).strokes
    ]
    here = read_drawing(drawing_from_canvas(placed(strokes, 1, np.zeros(2), False)), shipped)
    there = read_drawing(
        drawing_from_canvas(placed(strokes, scale, np.array(place), is_edited)), shipped
    )
    assert here.text == there.text
    np.testing.assert_allclose(
        here.digits[0].probabilities, there.digits[0].probabilities, atol=0.02
    )


RING = [
    [round(100 + 30 * np.cos(angle)), round(50 + 45 * np.sin(angle))]
    for angle in np.linspace(0, 2 * np.pi, 25)
]


def test_a_letter_beside_digits_is_a_question_mark(shipped: Classifier) -> None:
    letter = [[(0, 160), (45, 0), (90, 160)], [(22, 100), (68, 100)]]
    digits = cases.moved(cases.three(), 140, 0)
    reading = read_drawing(drawing_from_points([*letter, *digits]), shipped, as_number=True)
    assert reading.text == "?3"
    assert doubts(reading) == ["The 1st character doesn't look like a digit."]


def test_a_digit_that_the_edge_cuts_is_read_and_said_to_be_cut(shipped: Classifier) -> None:
    _, _, paper = cases.CASES["cut at the edge"]
    reading = read_picture(decode(png(paper)), shipped, as_number=True)
    assert [digit.is_cut for digit in reading.digits] == [True, False, False]
    assert doubts(reading) == ["The 1st digit is cut off by the edge of the picture."]
