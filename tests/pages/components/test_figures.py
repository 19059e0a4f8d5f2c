import re

import numpy as np
import pytest

from mnist_app.pages.components.figures import framed, legend, number, numbers, row


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.001, "0"), (0.5, "0.50"), (-0.25, "\N{MINUS SIGN}0.25"), (10.0, "10.00")],
)
def test_numbers_are_short_and_have_a_true_minus(value: float, text: str) -> None:
    assert number(value) == text


def test_a_frame_is_placed_by_shares_of_its_picture_and_may_reach_over_the_edge() -> None:
    made = framed(np.zeros((14, 28), dtype=np.uint8), "alt", 56, (-1, 7, 7, 7))
    assert re.findall(r"(\w+):(-?[\d.]+)%", made) == [
        ("left", "-3.571"),
        ("top", "50.000"),
        ("width", "25.000"),
        ("height", "50.000"),
    ]
    assert 'width="56" height="28"' in made


def test_the_sign_of_a_number_is_seen_in_its_colour() -> None:
    made = numbers(np.array([[1.0, -1.0], [0.0, 0.5]]), "what it is", 1.0)
    above, below, none, half = re.findall(r"rgba\(([\d,.]+)\)", made)
    assert above.rpartition(",")[0] == half.rpartition(",")[0] != below.rpartition(",")[0]
    assert [float(each.split(",")[3]) for each in (above, below, none)] == [0.75, 0.75, 0]
    assert 'aria-label="what it is"' in made


def test_ink_is_grey_and_its_number_stands_out() -> None:
    made = numbers(np.array([[0.0, 1.0]]), "ink", 1, is_ink=True)
    assert "background:rgb(0,0,0);color:#fff" in made
    assert "background:rgb(255,255,255);color:#000" in made


def test_words_are_escaped_and_signs_between_figures_are_not_read_out() -> None:
    assert "&lt;b&gt;" in legend([("above", "+", "<b>")])
    assert row(["a", "b"], between="→").count('aria-hidden="true">→') == 1
