import io

import numpy as np
import photos
import pytest
from PIL import Image, ImageDraw

from mnist_app import model_store
from mnist_app.classifier import Classifier
from mnist_app.errors import DigitLabError
from mnist_app.ink import Drawing, drawing_from_points
from mnist_app.reading import (
    drawn_digits,
    inked_digits,
    inputs_from_drawing,
    inputs_from_picture,
    read_drawing,
    read_inputs,
    read_picture,
)

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
    drawing = drawing_from_points([ONE, OTHER_ONE])
    judge = classifier if as_number else None
    for inputs in (
        inputs_from_drawing(drawing, judge),
        inputs_from_picture(picture(ONE, OTHER_ONE), judge),
    ):
        assert inputs.shape == (digits, 28, 28)
        assert inputs.dtype == np.uint8
        assert inputs.any(axis=(1, 2)).all()


@pytest.mark.parametrize("as_number", [False, True])
def test_no_ink_gives_no_inputs(classifier: Classifier, as_number: bool) -> None:
    judge = classifier if as_number else None
    for inputs in (
        inputs_from_drawing(Drawing([]), judge),
        inputs_from_picture(picture(), judge),
    ):
        assert inputs.shape == (0, 28, 28)


def test_a_broken_picture_is_refused() -> None:
    with pytest.raises(DigitLabError):
        inputs_from_picture(b"broken")


def test_no_ink_is_never_a_digit(classifier: Classifier) -> None:
    reading = read_inputs(inputs_from_drawing(Drawing([])), classifier)
    assert reading.text == ""
    assert reading.digits == ()
    assert reading.reason == "There is no ink to read."


def test_digits_come_with_their_probabilities(classifier: Classifier) -> None:
    inputs = inputs_from_drawing(drawing_from_points([ONE, OTHER_ONE]), classifier)
    reading = read_inputs(inputs, classifier)
    assert reading.reason == ""
    assert reading.text == "".join(str(digit.digit) for digit in reading.digits)
    for digit, image in zip(reading.digits, inputs, strict=True):
        assert digit.probability == pytest.approx(digit.probabilities[digit.digit])
        assert digit.probability == digit.probabilities.max()
        assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_array_equal(digit.image, image)


def test_a_known_digit_is_read_from_strokes_and_from_a_picture(classifier: Classifier) -> None:
    for inputs in (
        inputs_from_drawing(drawing_from_points([RING])),
        inputs_from_picture(picture(RING)),
    ):
        assert read_inputs(inputs, classifier).text == "0"


def test_each_digit_has_its_place(classifier: Classifier) -> None:
    drawn = read_drawing(drawing_from_points([ONE, OTHER_ONE]), classifier, as_number=True)
    assert [digit.box for digit in drawn.digits] == [(50, 0, 0, 100), (150, 0, 0, 100)]
    taken = read_picture(picture(ONE, OTHER_ONE), classifier, as_number=True)
    for digit, x in zip(taken.digits, (50, 150), strict=True):
        assert digit.box == pytest.approx((x - 4.5, 20, 9, 101), abs=3)
    assert read_drawing(Drawing([]), classifier).digits == ()


RING = [
    [round(100 + 30 * np.cos(angle)), round(50 + 45 * np.sin(angle))]
    for angle in np.linspace(0, 2 * np.pi, 25)
]


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    """The network that comes with the app: it knows what is no digit."""
    return Classifier(model_store.load(model_store.SHIPPED))


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
    for stroke in (
        photos.drawing(0).strokes[0][:24],
        photos.drawing(0).strokes[0][28:],
    )
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
