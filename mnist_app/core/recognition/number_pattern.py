"""A pattern of digits, such as `[0-9]{5}`, and the most probable text that matches it.

The parts of a pattern are patterns themselves. Each becomes a table: from each place between digits
to each later one, the best text in between that this part matches. The tables of its parts make up
that of the whole, so that a pattern that somebody made to be slow is none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np

from mnist_app.core.errors import DigitLabError

LONGEST = 60
WRONG = (
    "This pattern cannot be used. Write how many digits there are, such as 5, or a regular "
    "expression of digits, such as (19|20)[0-9]{2}."
)
# What the network rules out may still be what the pattern asks for.
LEAST = 1e-9

# By two places: the log probability and the digits of the best match from one to the other.
_Table = dict[tuple[int, int], tuple[float, tuple[int, ...]]]
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_CHARACTERS = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY)


class Pattern:
    """A pattern that a whole number matches or not."""

    def __init__(self, written: str) -> None:
        """Understand what somebody wrote: how many digits there are, or a regular expression.

        Raises:
            DigitLabError: it is neither, is too long, or asks for what is no digit.
        """
        written = written.strip()
        if re.fullmatch("[0-9]{1,3}", written):
            written = f"[0-9]{{{written}}}"
        try:
            if not 0 < len(written) <= LONGEST:
                raise ValueError
            self._parsed = _parser.parse(written.removeprefix("^").removesuffix("$"))
            self.best(np.full((1, 10), 0.1))
        except (ValueError, OverflowError, RecursionError, re.error) as error:
            raise DigitLabError(WRONG) from error

    def best(self, probabilities: np.ndarray) -> tuple[int, ...] | None:
        """Return the most probable digits that match; None where none of so many do.

        Args:
            probabilities: float (n, 10), of each digit at each of n places.
        """
        scores = np.log(np.maximum(probabilities, LEAST))
        found = _sequence(self._parsed, scores).get((0, len(scores)))
        return None if found is None else found[1]


def _sequence(parts: Iterable[Any], scores: np.ndarray) -> _Table:
    empty: _Table = {(place, place): (0.0, ()) for place in range(len(scores) + 1)}
    return reduce(_joined, (_part(kind, content, scores) for kind, content in parts), empty)


def _part(kind: Any, content: Any, scores: np.ndarray) -> _Table:
    """Return the table of a part, as Python's own parser gives it.

    Raises:
        ValueError: it is something that no row of digits matches by itself.
    """
    if kind in _CHARACTERS:
        return _character(kind, content, scores)
    if kind is _constants.SUBPATTERN:
        return _sequence(content[-1], scores)
    if kind is _constants.BRANCH:
        return reduce(_either, (_sequence(parts, scores) for parts in content[1]))
    if kind in _REPEATS:
        least, most, parts = content
        return _repeated(_sequence(parts, scores), least, most, len(scores))
    raise ValueError


def _character(kind: Any, content: Any, scores: np.ndarray) -> _Table:
    matcher = _compiler.compile(_parser.SubPattern(_parser.State(), [(kind, content)]))
    digits = [digit for digit in range(10) if matcher.fullmatch(str(digit))]
    if not digits:
        raise ValueError
    best = [max(digits, key=lambda digit: row[digit]) for row in scores]
    return {
        (place, place + 1): (float(scores[place, digit]), (digit,))
        for place, digit in enumerate(best)
    }


def _repeated(table: _Table, least: int, most: int, length: int) -> _Table:
    # What is repeated more often than there are digits is empty or does not match.
    found = reduce(_joined, [table] * min(least, length + 1), _sequence((), np.empty((length, 10))))
    longer = found
    for _ in range(min(most - least, length)):
        longer = _joined(longer, table)
        found = _either(found, longer)
    return found


def _joined(first: _Table, second: _Table) -> _Table:
    """Return the table of what matches the one and then the other."""
    onwards = defaultdict(list)
    for (middle, end), (score, digits) in second.items():
        onwards[middle].append((end, score, digits))
    found: _Table = {}
    for (start, middle), (score, digits) in first.items():
        for end, more, others in onwards[middle]:
            if (start, end) not in found or score + more > found[start, end][0]:
                found[start, end] = (score + more, digits + others)
    return found


def _either(first: _Table, second: _Table) -> _Table:
    """Return the table of what matches the one or the other."""
    found = dict(first)
    for places, match in second.items():
        found[places] = max(match, found.get(places, match))
    return found
