import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.boxes import boxes_in, boxes_of, digit_height


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


def test_a_box_goes_around_connected_ink_that_is_not_faint() -> None:
    ink = np.zeros((9, 20))
    # The second is connected by a corner; what joins it to the third is too faint.
    ink[1:5, 2:4] = ink[5:7, 4:6] = ink[3:8, 10:12] = 1
    ink[5, 6:10] = 0.1
    assert boxes_in(ink).tolist() == [[2, 1, 6, 7], [10, 3, 12, 8]]
    assert boxes_in(np.zeros((4, 5))).shape == (0, 4)
