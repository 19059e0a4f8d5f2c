"""A drawing or a picture -> the digits in it, for pages and command line alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mnist_app.core.images.pictures import Picture, opened
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.extraction import extract_ink
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.confidence import candidates
from mnist_app.core.recognition.segmentation.numbers import drawn_digits, inked_digits

# What reads so surely as one digit is not read once more as a number.
SURELY_ONE = 0.99
# x, y, width and height, y down.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Digit:
    """One digit that was read.

    Attributes:
        digit: the most probable class, 0..9.
        probability: how sure the network is of it, 0..1.
        probabilities: all ten, float32 (10,), sum 1.
        image: what the network saw, uint8 (28, 28).
        box: where its ink stands, in the units of the drawing or in pixels of the upright picture;
            None when only network inputs were given.
    """

    digit: int
    probability: float
    probabilities: np.ndarray
    image: np.ndarray
    box: Box | None = None


@dataclass(frozen=True)
class Reading:
    """The result of reading; `reason` says why when `digits` is empty."""

    digits: tuple[Digit, ...]
    reason: str = ""

    @property
    def text(self) -> str:
        """Return the digits as written, from left to right."""
        return "".join(str(digit.digit) for digit in self.digits)


def inputs_from_drawing(drawing: Drawing, judge: Classifier | None = None) -> np.ndarray:
    """Return the network inputs, uint8 (digits, 28, 28), of a drawing; (0, 28, 28) without ink.

    Args:
        judge: when given, the drawing is a number, and this decides what its digits are.

    Raises:
        DigitLabError: see `stroke_pieces.drawn_pieces`.
    """
    return _stack([strokes_to_input(part) for part in drawn_digits(drawing, judge)])


def inputs_from_picture(data: bytes, judge: Classifier | None = None) -> np.ndarray:
    """Return the same for the bytes of a picture.

    Raises:
        DigitLabError: see `pictures.opened`.
    """
    return _stack(
        [_inked_input(part) for part in inked_digits(extract_ink(opened(data).colours), judge)]
    )


def read_drawing(drawing: Drawing, classifier: Classifier, as_number: bool = False) -> Reading:
    """Read a drawing and say where each digit stands, in units of the drawing.

    Raises:
        DigitLabError: see `stroke_pieces.drawn_pieces`.
    """
    parts = drawn_digits(drawing, classifier if as_number else None)
    reading = read_inputs(_stack([strokes_to_input(part) for part in parts]), classifier)
    return _placed(reading, [_drawn_box(part) for part in parts])


def read_picture(picture: Picture, classifier: Classifier, as_number: bool = False) -> Reading:
    """Read a picture and say where each digit stands, in pixels of the upright original."""
    return read_ink(extract_ink(picture.colours), classifier, as_number, picture.scale)


def read_ink(
    ink: np.ndarray, classifier: Classifier, as_number: bool = False, scale: float = 1.0
) -> Reading:
    """Read ink, float (height, width) in 0..1, and say where each digit stands.

    Args:
        scale: units of a box for one pixel of `ink`.
    """
    parts = inked_digits(ink, classifier if as_number else None)
    reading = read_inputs(_stack([_inked_input(part) for part in parts]), classifier)
    return _placed(reading, [_inked_box(part, scale) for part in parts])


def read_inputs(inputs: np.ndarray, classifier: Classifier) -> Reading:
    """Read network inputs, uint8 (digits, 28, 28), from left to right."""
    if not len(inputs):
        return Reading((), "No writing found.")
    return Reading(
        tuple(
            Digit(int(row.argmax()), float(row.max()), row, image)
            for row, image in zip(classifier.probabilities(inputs), inputs, strict=True)
        )
    )


def is_rather_a_number(reading: Reading, as_number: Callable[[], Reading]) -> bool:
    """Return whether what was read as one digit reads better as several.

    Args:
        as_number: reads it as a number.
    """
    if not reading.digits or reading.digits[0].probability > SURELY_ONE:
        return False
    several = as_number().digits
    return len(several) > 1 and all(
        digit.probability > reading.digits[0].probability and candidates(digit.probabilities)
        for digit in several
    )


def _inked_input(part: np.ndarray) -> np.ndarray:
    return raster_to_input(normalise_stroke_width(part))


def _drawn_box(part: Drawing) -> Box:
    points, margin = np.concatenate(part.strokes), part.pen_width / 2
    return _box(points.min(axis=0) - margin, points.max(axis=0) + margin)


def _inked_box(part: np.ndarray, scale: float) -> Box:
    places = np.argwhere(part)[:, ::-1]
    return _box(places.min(axis=0) * scale, (places.max(axis=0) + 1) * scale)


def _box(low: np.ndarray, high: np.ndarray) -> Box:
    return (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def _placed(reading: Reading, boxes: list[Box]) -> Reading:
    digits = (replace(digit, box=box) for digit, box in zip(reading.digits, boxes, strict=True))
    return replace(reading, digits=tuple(digits))


def _stack(images: list[np.ndarray]) -> np.ndarray:
    return np.stack(images) if images else np.zeros((0, 28, 28), dtype=np.uint8)
