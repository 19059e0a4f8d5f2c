import numpy as np
import photos
from click.testing import CliRunner
from scipy import ndimage

from benchmarks import numbers


def test_numbers_of_strokes_say_what_they_hold() -> None:
    digits = [(photos.drawing(digit).strokes, digit) for digit in (1, 3)]
    drawing, text = numbers.pen_number(digits, 4, (0.2, 0.3), np.random.default_rng(0))
    assert len(text) == len(drawing.strokes) == 4
    assert set(text) <= {"1", "3"}


def test_numbers_of_pictures_touch_or_stand_apart() -> None:
    images = np.zeros((1, 28, 28), dtype=np.uint8)
    images[0, 4:24, 10:16] = 255
    for touching, pieces in ((False, 3), (True, 1)):
        chance = np.random.default_rng(0)
        ink, text = numbers.mnist_number(images, np.array([1]), 3, touching, chance)
        assert text == "111"
        assert ndimage.label(ink > 0)[1] == pieces


def test_without_data_it_says_so_in_one_line() -> None:
    result = CliRunner().invoke(numbers.main, [])
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
