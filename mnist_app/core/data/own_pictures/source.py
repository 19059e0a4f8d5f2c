"""Labelled pictures as a file holds them, whatever its kind."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError

LONGEST_CLASS_NAME = 40
# Signs that charts take for their own.
_PLAIN = str.maketrans("<>{}", "()()")
# So many pictures, spread over all, tell in what range values are.
SAMPLED = 500
NO_NUMBERS = "It holds values that are not numbers."


@dataclass(frozen=True)
class Source:
    """Labelled pictures, opened one by one.

    Attributes:
        labels: what each shows, one line of text.
        names: what each is called, for people.
        colours: opens a picture by its number: float64 (height, width, channels) in 0..1, one
            channel or three. Raises `DigitLabError` for a broken one.
        is_test: whether each is to test with, bool (n,); all False where the file does not say.
        left_out: a sentence about each file that is no picture of any class.
    """

    labels: Sequence[str]
    names: Sequence[str]
    colours: Callable[[int], np.ndarray]
    is_test: np.ndarray
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.labels)) < 2:
            raise DigitLabError(
                "This file needs at least two classes, so that the network has something to tell "
                "apart. Add another class."
            )


def require_few(count: int, limit: str = "dataset_pictures") -> None:
    """Refuse more pictures, to learn from or to test with, than this host allows.

    Args:
        limit: the name of another limit, such as that of classes.

    Raises:
        DigitLabError: there are more.
    """
    most = limits.most(limit)
    if count > most:
        what = "classes" if limit == "dataset_classes" else "pictures to learn from"
        raise DigitLabError(
            f"This file has {count:,} {what}, but the limit here is {most:,.0f}. Leave some out."
        )


def label_text(label: object) -> str:
    """Return a label as the name of a class: one line, whole numbers without a fraction."""
    text = "".join(one for one in " ".join(str(label).split()) if one.isprintable())
    if re.fullmatch(r"[+-]?\d{1,15}(\.0*)?([eE][+]?\d\d?)?", text):
        text = str(int(float(text)))
    return text.translate(_PLAIN)[:LONGEST_CLASS_NAME].strip()


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of classes, each once: numbers by their value, then texts."""

    def place(name: str) -> tuple[bool, int, str, str]:
        is_number = re.fullmatch(r"-?\d{1,15}", name) is not None
        return not is_number, int(name) if is_number else 0, name.casefold(), name

    return tuple(sorted(set(names), key=place))


def spread(count: int, most: int) -> np.ndarray:
    """Return at most `most` numbers below `count`, evenly spread, int64."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))


def value_range(values: np.ndarray) -> tuple[float, float]:
    """Return what is black and what is white among numbers of unknown kind.

    Numbers from 0 to 1, or to 255, fill that range; others are taken from their least to their
    greatest.
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if low < 0:
        return low, max(high, low + 1e-9)
    return 0.0, next((top for top in (1.0, 255.0) if high <= top), high)


def scaled(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return numbers as float64 in 0..1.

    Raises:
        DigitLabError: some are not numbers at all.
    """
    low, high = limits
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DigitLabError(NO_NUMBERS)
    return np.clip((numbers - low) / (high - low), 0, 1)


def square_shape(values: int) -> tuple[int, int, int] | None:
    """Return height, width and channels of a square picture of that many values, if it is one."""
    for channels in (1, 3):
        side = math.isqrt(values // channels)
        if side and side * side * channels == values:
            return side, side, channels
    return None
