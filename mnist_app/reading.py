"""A drawing or a picture -> the digits in it: the one path that page and command line share."""

from dataclasses import dataclass

import numpy as np

from mnist_app.classifier import Classifier
from mnist_app.grouping import split_drawing, split_ink
from mnist_app.ink import Drawing, raster_to_input, strokes_to_input
from mnist_app.pictures import ink_from_picture


@dataclass(frozen=True)
class Digit:
    """One digit that was read.

    Attributes:
        digit: the most probable class, 0..9.
        probability: how sure the network is of it, 0..1.
        probabilities: all ten, float32 (10,), sum 1.
        image: what the network saw, uint8 (28, 28).
    """

    digit: int
    probability: float
    probabilities: np.ndarray
    image: np.ndarray


@dataclass(frozen=True)
class Reading:
    """What was read; `reason` says why when `digits` is empty."""

    digits: tuple[Digit, ...]
    reason: str = ""

    @property
    def text(self) -> str:
        """The digits as written, from left to right."""
        return "".join(str(digit.digit) for digit in self.digits)


def inputs_from_drawing(drawing: Drawing, as_number: bool = False) -> np.ndarray:
    """Network inputs, uint8 (digits, 28, 28), of one digit or of a number; (0, 28, 28) if empty."""
    if drawing.is_empty:
        return _stack([])
    parts = split_drawing(drawing) if as_number else [drawing]
    return _stack([strokes_to_input(part) for part in parts])


def inputs_from_picture(data: bytes, as_number: bool = False) -> np.ndarray:
    """The same for the bytes of a picture.

    Raises:
        DigitLabError: see `pictures.ink_from_picture`.
    """
    ink = ink_from_picture(data)
    if not ink.any():
        return _stack([])
    parts = split_ink(ink) if as_number else [ink]
    return _stack([raster_to_input(part) for part in parts])


def read_inputs(inputs: np.ndarray, classifier: Classifier) -> Reading:
    """Read network inputs, uint8 (digits, 28, 28), from left to right."""
    if not len(inputs):
        return Reading((), "There is no ink to read.")
    return Reading(
        tuple(
            Digit(int(row.argmax()), float(row.max()), row, image)
            for row, image in zip(classifier.probabilities(inputs), inputs, strict=True)
        )
    )


def _stack(images: list[np.ndarray]) -> np.ndarray:
    return np.stack(images) if images else np.zeros((0, 28, 28), dtype=np.uint8)
