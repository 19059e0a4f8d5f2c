import numpy as np
import pytest

from mnist_app.verdict import LEAST_BEST, RIVAL_SHARE, candidates


def answer(**shares: float) -> np.ndarray:
    """Probabilities with `d4=0.5` at 4, the rest shared by the others."""
    given = {int(name[1:]): share for name, share in shares.items()}
    rest = (1 - sum(given.values())) / (10 - len(given))
    return np.array([given.get(digit, rest) for digit in range(10)], dtype=np.float32)


def test_a_clear_answer_is_one_digit() -> None:
    assert candidates(answer(d7=0.99)) == (7,)
    assert candidates(answer(d0=1.0)) == (0,)


@pytest.mark.parametrize(("four", "nine"), [(0.6, 0.38), (0.5, 0.5), (0.45, 0.44), (0.7, 0.2)])
def test_two_close_digits_are_both_named_the_likelier_first(four: float, nine: float) -> None:
    assert candidates(answer(d4=four, d9=nine)) == (4, 9)
    assert candidates(answer(d9=four, d4=nine))[0] == (9 if four > nine else 4)


def test_doubt_spread_over_many_is_no_digit() -> None:
    assert candidates(answer()) == ()
    assert candidates(answer(d3=0.4)) == ()
    assert candidates(answer(d3=0.4, d8=0.3)) == ()


def test_a_faint_rival_is_not_named() -> None:
    first = 0.9
    assert candidates(answer(d1=first, d7=RIVAL_SHARE * first / 3)) == (1,)


def test_the_best_alone_is_enough_from_one_half_on() -> None:
    assert candidates(answer(d2=LEAST_BEST)) == (2,)
