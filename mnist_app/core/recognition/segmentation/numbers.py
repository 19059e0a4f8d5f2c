"""A drawing or a picture of numbers -> its characters, row by row, each by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import numpy as np

from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width
from mnist_app.core.recognition.classifier import Answering
from mnist_app.core.recognition.segmentation.grouping import (
    Group,
    characters,
    doubt,
    rows_of,
)
from mnist_app.core.recognition.segmentation.pieces import Piece, drawn_pieces, inked_pieces

Part = TypeVar("Part")


@dataclass(frozen=True)
class Character(Generic[Part]):
    """One character: its part of the drawing or picture, and what the network sees of it.

    Attributes:
        part: the strokes or the ink.
        image: uint8 (28, 28).
        doubt: how probable it is that it is no whole character, 0..1.
    """

    part: Part
    image: np.ndarray
    doubt: float = 0.0


@dataclass(frozen=True)
class InkPart:
    """A part of a picture of ink.

    Attributes:
        ink: float (height, width) in 0..1.
        left, top: where it stands in the picture, in pixels.
    """

    ink: np.ndarray
    left: int = 0
    top: int = 0


def drawn_rows(
    drawing: Drawing, classifier: Answering | None = None
) -> list[list[Character[Drawing]]]:
    """Split a drawing into rows of digits, from left to right; leave it whole without a classifier.

    Raises:
        DigitLabError: see `pieces.drawn_pieces`.
    """
    if drawing.is_empty or classifier is None:
        return [] if drawing.is_empty else [[Character(drawing, strokes_to_input(drawing))]]
    lines, pieces = drawn_pieces(drawing)

    def part(group: Group) -> Drawing:
        return Drawing([lines[index] for index in group], drawing.pen_width)

    return _rows(pieces, classifier, part, strokes_to_input)


def inked_rows(
    ink: np.ndarray, classifier: Answering | None = None
) -> list[list[Character[InkPart]]]:
    """Do the same for a picture of ink, float (height, width) in 0..1.

    Raises:
        DigitLabError: see `pieces.inked_pieces`.
    """
    if not ink.any() or classifier is None:
        whole = InkPart(ink)
        return [[Character(whole, _input_of(whole))]] if ink.any() else []
    from scipy import ndimage

    labels, pieces = inked_pieces(ink)
    places = ndimage.find_objects(labels + 1)

    def part(group: Group) -> InkPart:
        rows, columns = (
            slice(min(side.start for side in sides), max(side.stop for side in sides))
            for sides in zip(*(places[index] for index in group), strict=True)
        )
        mask = np.isin(labels[rows, columns], group)
        return InkPart(np.where(mask, ink[rows, columns], 0), columns.start, rows.start)

    return _rows(pieces, classifier, part, _input_of)


def _input_of(part: InkPart) -> np.ndarray:
    return raster_to_input(normalise_stroke_width(part.ink))


def _rows(
    pieces: Sequence[Piece],
    classifier: Answering,
    part: Callable[[Group], Part],
    image_of: Callable[[Part], np.ndarray],
) -> list[list[Character[Part]]]:
    @cache
    def character(group: Group) -> Character[Part]:
        joined = part(group)
        return Character(joined, image_of(joined), doubt([pieces[index] for index in group]))

    def image(group: Group) -> np.ndarray:
        return character(group).image

    return [
        [character(group) for group in characters(pieces, row, classifier, image)]
        for row in rows_of(pieces)
    ]
