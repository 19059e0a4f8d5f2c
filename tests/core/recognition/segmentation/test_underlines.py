import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.underlines import without_lines
from tests.support import photos

# Three digits, 60 pixels high, on rows 20 to 80.
SHEET = photos.written("305", 100, 300)
INSIDE = np.flatnonzero(SHEET.any(axis=0))


def lined(top: int, thickness: int = 6, left: int = 40, right: int = 260) -> np.ndarray:
    """The sheet with a line."""
    sheet = SHEET.copy()
    sheet[top : top + thickness, left:right] = 1
    return sheet


def test_without_a_line_ink_stays_as_it_is() -> None:
    assert without_lines(SHEET) is SHEET
    bars = photos.written("777", 100, 300)
    assert without_lines(bars) is bars


def test_a_line_that_touches_nothing_stays_for_others_to_see() -> None:
    sheet = lined(88)
    assert without_lines(sheet) is sheet


@pytest.mark.parametrize("numerals", ["222", "777", "555"])
def test_feet_and_bars_that_touch_each_other_are_no_line(numerals: str) -> None:
    digit = photos.written(numerals[0], 100, 100)
    width = np.ptp(np.flatnonzero(digit.any(axis=0)))
    sheet = np.zeros((100, 300))
    for place in range(3):
        left = 20 + (width - 2) * place
        sheet[:, left : left + 100] = np.maximum(sheet[:, left : left + 100], digit)
    assert without_lines(sheet) is sheet


@pytest.mark.parametrize("top", [60, 70, 76, 78])
def test_of_digits_that_a_line_touches_or_crosses_nearly_all_stays(top: int) -> None:
    bare = without_lines(lined(top)) > 0.5
    ink = SHEET > 0.5
    assert (bare & ink).sum() > 0.9 * ink.sum()
    assert (bare & ~ink).sum() < 0.25 * 6 * 220


def test_a_leaning_and_wavy_line_is_followed() -> None:
    sheet = SHEET.copy()
    for column in range(30, 270):
        row = 73 + round(column / 40 + 2 * np.sin(column / 20))
        sheet[row : row + 5, column] = 1
    bare = without_lines(sheet)
    assert (bare > 0)[SHEET > 0].mean() > 0.9
    assert (bare > 0)[SHEET == 0].mean() < 0.01


def test_a_line_alone_stays() -> None:
    sheet = np.zeros((40, 200))
    sheet[20:24, 10:190] = 1
    assert without_lines(sheet) is sheet


@pytest.mark.parametrize("seed", range(3))
def test_any_ink_is_borne(seed: int) -> None:
    chance = np.random.default_rng(seed)
    ink = (chance.random(chance.integers(1, 60, 2)) > 0.6).astype(float)
    ink[0, 0] = 1
    bare = without_lines(ink)
    assert bare.shape == ink.shape
    assert ((bare == 0) | (bare == ink)).all()
