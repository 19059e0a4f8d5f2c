from typing import Any

import numpy as np
import pytest

from mnist_app.core.recognition.answers import (
    NO_DIGIT,
    NO_NUMBER,
    NO_SYMBOL,
    NONE_OF_YOURS,
    as_dict,
)
from mnist_app.core.recognition.reading import Digit, Reading

BLANK = np.zeros((28, 28), dtype=np.uint8)


def digit(**fractions: float) -> Digit:
    """A reading of one digit with `d4=0.5` at 4, the rest shared by the others."""
    given = {int(name[1:]): fraction for name, fraction in fractions.items()}
    rest = (1 - sum(given.values())) / (10 - len(given))
    row = np.array([given.get(number, rest) for number in range(10)], dtype=np.float32)
    return Digit(int(row.argmax()), float(row.max()), row, BLANK)


def said(*digits: Digit) -> str:
    answer = as_dict(Reading((digits,)))
    return "\n".join([answer["text"], *answer["says"], answer["quiet"]])


def test_a_sure_answer_is_the_digit_and_its_sureness() -> None:
    text = said(digit(d7=0.98))
    assert text.startswith("7\n")
    assert "Very sure: 98.0%" in text


def test_two_close_digits_are_both_named_under_the_likelier_one() -> None:
    text = said(digit(d4=0.55, d9=0.42))
    assert text.startswith("4\n")
    assert "Not sure: 4 or 9?" in text


def test_what_is_no_digit_is_said_so_without_any_digit() -> None:
    text = said(digit())
    assert NO_DIGIT in text
    assert not any(character.isdigit() for character in text)
    assert NO_NUMBER in said(digit(), digit())


def test_a_number_stands_alone_in_its_line_and_doubts_are_told_by_place() -> None:
    text = said(digit(d4=0.99), digit(d1=0.6, d7=0.39), digit(d0=0.99), digit())
    assert text.startswith("4100\n")
    assert "Not sure about the 2nd digit: 1 or 7?" in text
    assert "The 4th character doesn't look like a digit." in text
    assert "more" not in text


def test_of_many_doubts_the_first_two_are_told_and_the_others_counted() -> None:
    sure, torn = digit(d4=0.99), digit(d1=0.6, d7=0.39)
    three = said(sure, torn, torn, torn)
    assert "3rd digit" in three
    assert "4th" not in three
    assert "1 more digit is in doubt." in three
    assert "2 more digits are in doubt." in said(torn, torn, torn, torn)


@pytest.mark.parametrize(
    ("place", "called"), [(1, "1st"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_a_digit_in_doubt_is_called_by_its_place(place: int, called: str) -> None:
    sure, torn = digit(d4=0.99), digit(d1=0.6, d7=0.39)
    text = said(*[sure] * (place - 1), torn, sure)
    assert f"Not sure about the {called} digit: 1 or 7?" in text


def test_a_number_is_as_sure_as_its_least_sure_digit() -> None:
    assert "Fairly sure: 90.0%" in said(digit(d4=0.99), digit(d1=0.9))


def named(*probabilities: float) -> dict[str, Any]:
    row = np.array(probabilities, dtype=np.float32)
    found = Digit(int(row.argmax()), float(row.max()), row, BLANK)
    return as_dict(Reading(((found,),)), ("cat", "star", NONE_OF_YOURS))


def test_what_is_no_digit_has_the_names_of_its_classes() -> None:
    assert named(0.97, 0.02, 0.01)["text"] == "cat"
    assert named(0.5, 0.4, 0.1)["says"] == ["Not sure: cat or star?"]
    none = named(0.02, 0.03, 0.95)
    assert (none["text"], none["says"]) == ("", [NO_SYMBOL])
    assert f"{NONE_OF_YOURS} 95.0%, star 3.0%" in none["digits"][0]["said"]
