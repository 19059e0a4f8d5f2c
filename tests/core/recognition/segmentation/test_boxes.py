import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.boxes import boxes_of, digit_height, groups_of, united
from mnist_app.core.recognition.segmentation.layout import MOST_PIECES


def test_a_box_goes_around_each_line() -> None:
    lines = [np.array([[3.0, 1], [0, 5]]), np.array([[7.0, 7]])]
    assert boxes_of(lines).tolist() == [[0, 1, 3, 5], [7, 7, 7, 7]]
    assert boxes_of([]).shape == (0, 4)


def test_low_marks_do_not_say_how_high_digits_are() -> None:
    digits = [[0, 0, 5, 80], [10, 0, 15, 100], [20, 0, 25, 90]]
    marks = [[30, 50, 40, 52]] * 9
    assert digit_height(np.array(digits + marks, dtype=float)) == 90


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [0, 5, 10, 5]])
def test_a_height_is_never_zero(box: list[float]) -> None:
    assert digit_height(np.array([box], dtype=float)) > 0


def test_what_stands_in_one_place_is_one_group() -> None:
    boxes = np.array([[20, 0, 30, 9], [0, 0, 10, 9], [1, 0, 9, 2], [9, 0, 21, 9]], dtype=float)
    groups = groups_of(boxes)
    assert [sorted(group) for group in groups] == [[1, 2], [3], [0]]
    assert united(groups, boxes).tolist() == [[0, 0, 10, 9], [9, 0, 21, 9], [20, 0, 30, 9]]


def test_too_many_groups_are_joined_where_they_are_nearest() -> None:
    lefts = np.arange(MOST_PIECES + 1) * 10.0
    lefts[5:] -= 6
    boxes = np.column_stack([lefts, 0 * lefts, lefts + 3, 0 * lefts + 9])
    groups = groups_of(boxes)
    assert len(groups) == MOST_PIECES
    assert [4, 5] in groups
