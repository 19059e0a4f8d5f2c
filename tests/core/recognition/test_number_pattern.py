import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.recognition.number_pattern import Pattern

DIGITS = "0123456789"


def likely(*choices: str) -> np.ndarray:
    """Probabilities at each place: the first of its digits is the likeliest, and so on."""
    rows = np.full((len(choices), 10), 0.001)
    for row, digits in zip(rows, choices, strict=True):
        for rank, digit in enumerate(digits):
            row[int(digit)] = 0.5**rank
    return rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("pattern", "choices", "best"),
    [
        ("3", ("1", "2", "3"), "123"),
        ("2", ("1", "2", "3"), None),
        ("[0-9]{5}", tuple("90210"), "90210"),
        ("(19|20)[0-9]{2}", ("12", "09", "8", "4"), "1984"),
        ("(19|20)[0-9]{2}", ("21", "06", "8", "4"), "2084"),
        # The whole decides, not each digit.
        ("12|34", ("13", "42"), "34"),
        (r"^[^17]\d+$", ("174", "0", "0"), "400"),
        ("7?1*", ("71", "71"), "71"),
        ("(0{2})*", ("8", "8", "8"), None),
        ("(?:5|)(?P<rest>.)", ("3", "4"), "54"),
        ("9{70}", ("9",) * 3, None),
        ("(9?){70}", ("9",) * 3, "999"),
        ("[0-9]{0,3}", (), ""),
    ],
)
def test_the_most_probable_text_that_matches_is_found(
    pattern: str, choices: tuple[str, ...], best: str | None
) -> None:
    found = Pattern(pattern).best(likely(*choices).reshape(-1, 10))
    assert found == (None if best is None else tuple(map(int, best)))


PARTS = st.recursive(
    st.sampled_from(["0", "1", "[12]", "[^0]", r"\d", "."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=5,
)


@given(PARTS.filter(lambda written: len(written) <= 50), st.integers(0, 3), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_no_other_text_that_matches_is_more_probable(pattern: str, length: int, seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.ones(10), length).reshape(-1, 10)
    matching = [
        text
        for text in map("".join, itertools.product(DIGITS, repeat=length))
        if re.fullmatch(pattern, text)
    ]
    # A number alone tells how many digits there are.
    found = Pattern(f"(?:{pattern})").best(rows)
    if found is None:
        assert not matching
        return
    places = range(length)
    best = max(np.prod([rows[place, int(text[place])] for place in places]) for text in matching)
    assert "".join(map(str, found)) in matching
    assert np.prod([rows[place, found[place]] for place in places]) == pytest.approx(best)


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "  ", "-5", "a", "[a-f]", "1-2", "(", "[0-9", "{", "(?=1)2", r"(1)\1", "(?>1)"),
        *(r"\b1", "1{99999999999}", "1" * 61, "(" * 30 + ")" * 30 + "1"),
    ],
)
def test_what_is_no_pattern_of_digits_is_refused_in_a_sentence(pattern: str) -> None:
    with pytest.raises(DigitLabError, match="This pattern cannot be used"):
        Pattern(pattern)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    slow = "((((((((.{0,9}){9}){9}){9}){9}){9}){9}){9})"
    assert Pattern(slow).best(np.full((20, 10), 0.1)) == (0,) * 20
