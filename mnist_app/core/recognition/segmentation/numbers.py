"""A drawing or a picture of numbers -> its characters, row by row, each by itself."""

from dataclasses import dataclass

import numpy as np

from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.segmentation.grouping import Group, characters, rows_of
from mnist_app.core.recognition.segmentation.pieces import drawn_pieces, inked_pieces

# In pixels, enough to tell candidates apart.
ROUGH_SIDE = 80


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


def drawn_rows(drawing: Drawing, judge: Classifier | None = None) -> list[list[Drawing]]:
    """Split a drawing into rows of digits, from left to right; leave it whole without a judge.

    Raises:
        DigitLabError: see `pieces.drawn_pieces`.
    """
    if drawing.is_empty or judge is None:
        return [] if drawing.is_empty else [[drawing]]
    lines, pieces = drawn_pieces(drawing)

    def part(group: Group) -> Drawing:
        return Drawing([lines[index] for index in group], drawing.pen_width)

    return [
        [
            part(group)
            for group in characters(pieces, row, judge, lambda group: strokes_to_input(part(group)))
        ]
        for row in rows_of(pieces)
    ]


def inked_rows(ink: np.ndarray, judge: Classifier | None = None) -> list[list[InkPart]]:
    """Do the same for a picture of ink, float (height, width) in 0..1.

    Raises:
        DigitLabError: see `pieces.inked_pieces`.
    """
    if not ink.any() or judge is None:
        return [[InkPart(ink)]] if ink.any() else []
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

    def rough_input(group: Group) -> np.ndarray:
        return raster_to_input(normalise_stroke_width(part(group).ink, ROUGH_SIDE))

    return [
        [part(group) for group in characters(pieces, row, judge, rough_input)]
        for row in rows_of(pieces)
    ]
