import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.comparison import Comparison, compare
from mnist_app.core.evaluation.metrics import EvaluationReport, score


def reading(right: list[bool]) -> EvaluationReport:
    """A model that reads these of as many zeros right, and takes the others for ones."""
    answers = np.where(np.array(right)[:, None], [0.9, 0.1], [0.1, 0.9]).astype(np.float32)
    return score(answers, np.zeros(len(right), dtype=np.int64))


def apart(only_first: int, only_second: int, both: int = 5) -> Comparison:
    first = [True] * (both + only_first) + [False] * only_second
    second = [True] * both + [False] * only_first + [True] * only_second
    return compare(reading(first), reading(second))


def test_each_picture_is_named_once_where_it_belongs() -> None:
    found = compare(reading([True, True, False, False]), reading([True, False, True, False]))
    assert found.both.tolist() == [0]
    assert found.only_first.tolist() == [1]
    assert found.only_second.tolist() == [2]
    assert found.neither.tolist() == [3]


@given(st.integers(0, 30), st.integers(0, 30))
@settings(deadline=None, max_examples=30)
def test_the_exact_test_is_twice_the_smaller_tail(first: int, second: int) -> None:
    tail = stats.binom.cdf(min(first, second), first + second, 0.5)
    assert apart(first, second).p_value == pytest.approx(min(1.0, 2 * tail))


def test_different_pictures_are_not_compared() -> None:
    with pytest.raises(DigitLabError, match="different pictures"):
        compare(reading([True]), reading([True, True]))
