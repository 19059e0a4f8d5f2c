"""A reading in words and figures, ready for JSON.

The live channel sends it and the pages hand it over, so that one answer reads the same however it
came; `answer.js` shows it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_app.core.images.pictures import png_base64
from mnist_app.core.percentages import confidence
from mnist_app.core.recognition.confidence import candidates
from mnist_app.core.recognition.reading import Digit, Reading

NO_DIGIT = "That doesn't look like a digit."
NO_NUMBER = "That doesn't look like a number."
# The last class of a network that learned somebody's symbols: whatever is none of them.
NONE_OF_YOURS = "none of yours"
NO_SYMBOL = "That doesn't look like any of these symbols."
CLOSEST = "The bars show its closest guesses."
# This many digits of a number are named as doubtful, the others are counted.
MOST_DOUBTS = 2


def as_dict(reading: Reading, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is shown of a reading.

    Args:
        names: of the classes, where they are no digits: then one thing is read, and named.

    Returns:
        `text`: the digits, "" when there is none to be shown; `says`: lines about them, or why
        there is none; `quiet`: a smaller line below; `digits`: of each its `digit`, its ten
        `probabilities` in 0..1, those still `open`, what is `said` of it, and its `image`, a PNG in
        base64.
    """
    open_to = [candidates(digit.probabilities) for digit in reading.digits]
    digits = [_digit_as_dict(*each) for each in zip(reading.digits, open_to, strict=True)]
    if not digits:
        return unread(reading.reason)
    if names:
        return _named(digits[0], reading.digits[0], names)
    if not any(open_to):
        return {"text": "", "says": doubts(reading), "quiet": CLOSEST, "digits": digits}
    says = doubts(reading) or [_sureness(min(digit.probability for digit in reading.digits))]
    return {"text": reading.text, "says": says, "quiet": "", "digits": digits}


def _named(shown: dict[str, Any], found: Digit, names: Sequence[str]) -> dict[str, Any]:
    """Return what is shown of one thing that was read, as `as_dict` does."""
    open_to = [names[place] for place in shown["open"]]
    ranked = np.argsort(-found.probabilities)[:3]
    said = ", ".join(f"{names[one]} {confidence(found.probabilities[one])}" for one in ranked)
    digits = [shown | {"said": f"How likely each is: {said}"}]
    if names[found.digit] == NONE_OF_YOURS or not open_to:
        return {"text": "", "says": [NO_SYMBOL], "quiet": CLOSEST, "digits": digits}
    doubt = f"Not sure: {' or '.join(open_to)}?"
    says = [doubt if len(open_to) > 1 else _sureness(found.probability)]
    return {"text": names[found.digit], "says": says, "quiet": "", "digits": digits}


def unread(why: str, quiet: str = "") -> dict[str, Any]:
    """Return what is shown while there is nothing that was read, as `as_dict` does."""
    return {"text": "", "says": [why], "quiet": quiet, "digits": []}


def _digit_as_dict(digit: Digit, open_to: tuple[int, ...]) -> dict[str, Any]:
    ranked = np.argsort(-digit.probabilities)[:3]
    said = ", ".join(f"{index} {confidence(digit.probabilities[index])}" for index in ranked)
    return {
        "digit": digit.digit,
        "probabilities": [round(value, 4) for value in digit.probabilities.tolist()],
        "open": open_to,
        "said": f"How likely each digit is: {said}",
        "image": png_base64(digit.image),
    }


def doubts(reading: Reading) -> list[str]:
    """Name the digits in doubt, the first two of a number; empty when nothing is."""
    open_to = [candidates(digit.probabilities) for digit in reading.digits]
    if not any(open_to):
        nothing = NO_DIGIT if len(open_to) == 1 else NO_NUMBER
        return [nothing if open_to else reading.reason]
    found = []
    for place, (digit, digits) in enumerate(zip(reading.digits, open_to, strict=True), 1):
        if len(digits) == 2:
            about = f" about the {_ordinal(place)} digit" if len(open_to) > 1 else ""
            found.append(f"Not sure{about}: {digits[0]} or {digits[1]}?")
        elif not digits:
            found.append(f"The {_ordinal(place)} character doesn't look like a digit.")
        elif digit.digit != digits[0]:
            found.append(f"The {_ordinal(place)} digit looks more like a {digits[0]}.")
        if digit.is_cut:
            found.append(f"The {_ordinal(place)} digit is cut off by the edge of the picture.")
    unsaid = len(found) - MOST_DOUBTS
    if unsaid > 0:
        more = "1 more digit is" if unsaid == 1 else f"{unsaid} more digits are"
        found = [*found[:MOST_DOUBTS], f"{more} in doubt."]
    return found


def _ordinal(place: int) -> str:
    endings = {} if place // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}
    return f"{place}{endings.get(place % 10, 'th')}"


def _sureness(probability: float) -> str:
    word = "Very sure" if probability > 0.95 else "Fairly sure" if probability > 0.7 else "Not sure"
    return f"{word}: {confidence(probability)}".replace(">", "more than ")
