"""A drawing or a picture -> the digits in it, for pages and command line alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from typing import TypeVar

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import Picture
from mnist_app.core.ink.drawings import Drawing, corners
from mnist_app.core.ink.extraction import extract_ink
from mnist_app.core.recognition.classifier import Answering, Classifier
from mnist_app.core.recognition.confidence import LEAST_DIGIT, candidates
from mnist_app.core.recognition.segmentation.numbers import (
    Character,
    InkPart,
    drawn_rows,
    inked_rows,
)

# What reads so surely as one digit is not read once more as a number.
SURELY_ONE = 0.99
# Numbers in a row have a gap between them that is wider than this, in heights of a digit.
WORD_GAP = 1.0
NOTHING = "No writing found."
# x, y, width and height, y down.
Box = tuple[float, float, float, float]
Part = TypeVar("Part")


@dataclass(frozen=True)
class Digit:
    """One digit that was read.

    Attributes:
        digit: the most probable class, 0..9.
        probability: how sure the network is of it, 0..1.
        probabilities: all ten, float32 (10,), sum 1.
        image: what the network saw, uint8 (28, 28).
        box: where its ink stands, in the units of the drawing or in pixels of the upright picture.
        is_digit: whether it looks like one; taken for granted where there is nothing else.
        is_cut: whether it reaches the edge of its picture, beside others.
    """

    digit: int
    probability: float
    probabilities: np.ndarray
    image: np.ndarray
    box: Box = (0.0, 0.0, 0.0, 0.0)
    is_digit: bool = True
    is_cut: bool = False

    @property
    def character(self) -> str:
        """Return the digit as text, "?" for what is none."""
        return str(self.digit) if self.is_digit else "?"


@dataclass(frozen=True)
class Reading:
    """The result of reading.

    Attributes:
        rows: the digits of each row, from left to right; the rows from top to bottom.
        reason: says why there are none.
    """

    rows: tuple[tuple[Digit, ...], ...]
    reason: str = ""

    @property
    def digits(self) -> tuple[Digit, ...]:
        """Return the digits of all rows."""
        return tuple(chain.from_iterable(self.rows))

    @property
    def text(self) -> str:
        """Return the digits as written, from left to right, and a space between rows."""
        return " ".join("".join(digit.character for digit in row) for row in self.rows)

    @property
    def lines(self) -> list[str]:
        """Return the text of each row, with spaces where numbers stand apart."""
        return [_spaced(row) for row in self.rows]


class Remembering:
    """Asks a classifier only once about each image, for candidates are asked about again."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._known: dict[bytes, np.ndarray] = {}

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n, classes), of uint8 (n, 28, 28)."""
        keys = [image.tobytes() for image in images]
        new = {key: at for at, key in enumerate(keys) if key not in self._known}
        if new:
            answers = self._classifier.probabilities(images[list(new.values())])
            self._known.update(zip(new, answers, strict=True))
        return np.stack([self._known[key] for key in keys])


def read_drawing(drawing: Drawing, classifier: Classifier, as_number: bool = False) -> Reading:
    """Read a drawing and say where each digit stands, in units of the drawing.

    Raises:
        DigitLabError: see `pieces.drawn_pieces`.
    """
    remembering = Remembering(classifier)
    rows = drawn_rows(drawing, remembering if as_number else None)
    return _read(rows, _drawn_box, remembering)


def read_picture(picture: Picture, classifier: Classifier, as_number: bool = False) -> Reading:
    """Read a picture and say where each digit stands, in pixels of the upright original.

    Raises:
        DigitLabError: see `pieces.inked_pieces`.
    """
    ink = extract_ink(picture.colours, several=as_number)
    return read_ink(ink, classifier, as_number, picture.scale)


def read_ink(
    ink: np.ndarray, classifier: Classifier, as_number: bool = False, scale: float = 1.0
) -> Reading:
    """Read ink, float (height, width) in 0..1, and say where each digit stands.

    Args:
        scale: units of a box for one pixel of `ink`.
    """
    remembering = Remembering(classifier)
    rows = inked_rows(ink, remembering if as_number else None)
    reading = _read(rows, lambda part: _inked_box(part, scale), remembering)
    return reading if len(reading.digits) < 2 else _with_cuts(reading, ink.shape, scale)


def _read(
    rows: list[list[Character[Part]]], box_of: Callable[[Part], Box], classifier: Answering
) -> Reading:
    characters = list(chain.from_iterable(rows))
    if not characters:
        return Reading((), NOTHING)
    answers = classifier.probabilities(np.stack([one.image for one in characters]))
    is_alone = len(characters) == 1
    digits = iter(
        _digit(one, values, box_of(one.part), is_alone)
        for values, one in zip(answers, characters, strict=True)
    )
    return Reading(tuple(tuple(islice(digits, len(row))) for row in rows))


def _digit(character: Character[Part], answer: np.ndarray, box: Box, is_alone: bool) -> Digit:
    """Return a character with what the network says of it, float32 (classes,).

    Of what may be divided wrongly nothing is known: then each digit is as probable.
    """
    doubt = 0.0 if is_alone else character.doubt
    values = (1 - doubt) * answer + doubt / len(answer)
    digit, is_digit = int(answer.argmax()), is_alone or float(answer.max()) >= LEAST_DIGIT
    return Digit(digit, float(values.max()), values, character.image, box, is_digit)


def _with_cuts(reading: Reading, shape: tuple[int, ...], scale: float) -> Reading:
    """Mark the digits that reach the edge of their picture."""
    ends = np.array(shape[::-1]) * scale

    def is_cut(box: Box) -> bool:
        low, high = np.array(box[:2]), np.add(box[:2], box[2:])
        return bool((low < scale / 2).any() or (high > ends - scale / 2).any())

    return Reading(
        tuple(tuple(replace(one, is_cut=is_cut(one.box)) for one in row) for row in reading.rows)
    )


def is_rather_a_number(reading: Reading, as_number: Callable[[], Reading]) -> bool:
    """Return whether what was read as one digit reads better as several.

    Args:
        as_number: reads it as a number.
    """
    if not reading.digits or reading.digits[0].probability > SURELY_ONE:
        return False
    try:
        several = as_number().digits
    except DigitLabError:
        return False
    return len(several) > 1 and all(
        digit.probability > reading.digits[0].probability and candidates(digit.probabilities)
        for digit in several
    )


def _drawn_box(part: Drawing) -> Box:
    (low, high), margin = corners(part.strokes), part.pen_width / 2
    return _box(low - margin, high + margin)


def _inked_box(part: InkPart, scale: float) -> Box:
    places = np.argwhere(part.ink)[:, ::-1] + (part.left, part.top)
    return _box(places.min(axis=0) * scale, (places.max(axis=0) + 1) * scale)


def _box(low: np.ndarray, high: np.ndarray) -> Box:
    return (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def _spaced(row: tuple[Digit, ...]) -> str:
    """Return the text of a row, with a space where a gap is much wider than digits are."""
    text = "".join(digit.character for digit in row[:1])
    for left, right in pairwise(row):
        gap = right.box[0] - left.box[0] - left.box[2]
        is_wide = gap > WORD_GAP * max(left.box[3], right.box[3])
        text += " " * is_wide + right.character
    return text
