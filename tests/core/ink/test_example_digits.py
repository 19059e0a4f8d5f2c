import pytest

from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.ink.example_digits import example_canvas_json, example_digit
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_drawing


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("side", [320, 560])
def test_an_example_is_read_as_what_it_is(digit: int, side: int, shipped: Classifier) -> None:
    drawing = drawing_from_canvas(example_canvas_json(digit, side, side * 18 / 320))
    reading = read_drawing(drawing, shipped)
    assert reading.text == str(digit)
    assert reading.digits[0].probability > 0.95


def test_an_example_stays_within_its_square() -> None:
    for digit in range(10):
        for stroke in example_digit(digit).strokes:
            assert stroke.min() >= 0
            assert stroke.max() <= 1
