import numpy as np

from mnist_app.core.recognition.segmentation.rulings import are_frames, are_rulings

DIGITS = [[0, 0, 50, 80], [70, 5, 120, 85]]
UNDERLINE = [-10, 90, 130, 93]
BAR = [0, 40, 40, 44]
FRAME = [-20, -20, 140, 110]


def boxes(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=float)


def test_a_lying_line_wider_than_a_digit_is_a_ruling_and_a_bar_is_none() -> None:
    assert are_rulings(boxes(*DIGITS, UNDERLINE, BAR)).tolist() == [False, False, True, False]


def test_below_all_else_a_shorter_line_is_a_ruling_too() -> None:
    seven, under, bar = [0, 0, 80, 100], [5, 110, 70, 112], [0, 40, 65, 44]
    assert are_rulings(boxes(seven, under, bar)).tolist() == [False, True, False]


def test_lines_alone_are_no_rulings() -> None:
    assert not are_rulings(boxes(UNDERLINE, BAR)).any()
    assert are_rulings(np.zeros((0, 4))).shape == (0,)


def test_what_goes_around_all_else_is_a_frame() -> None:
    every = np.ones(3, dtype=bool)
    assert are_frames(boxes(*DIGITS, FRAME), every).tolist() == [False, False, True]
    assert not are_frames(boxes(FRAME), every[:1]).any()


def test_sides_between_two_rulings_are_a_frame() -> None:
    sides = [[-20, -20, -18, 110], [138, -20, 140, 110]]
    lines = [[-20, -20, 140, -18], [-20, 108, 140, 110]]
    rest = np.array([True] * 4 + [False] * 2)
    found = are_frames(boxes(*DIGITS, *sides, *lines), rest)
    assert found.tolist() == [False, False, True, True, False, False]


def test_digits_between_two_rulings_are_no_frame() -> None:
    for lines in (
        [[-20, 90, 140, 92], [-20, 96, 140, 98]],
        [[-20, -2, 140, 0], [-20, 86, 140, 88]],
    ):
        rest = np.array([True, True, False, False])
        assert not are_frames(boxes(*DIGITS, *lines), rest).any()
