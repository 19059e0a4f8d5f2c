"""A drawing or a picture of a number -> its digits from left to right, each by itself.

Ink is divided into more pieces than there are digits, and the network judges every run of them that
could be one digit; their `layout` finds the sequence that is the best reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.segmentation.ink_pieces import inked_pieces
from mnist_app.core.recognition.segmentation.layout import Layout, Span
from mnist_app.core.recognition.segmentation.stroke_pieces import drawn_pieces
from mnist_app.core.recognition.segmentation.underlines import without_lines

# Many candidates are judged for each digit of a picture: in pixels, enough to tell them apart.
ROUGH_SIDE = 80
# Ink that is so surely one digit, and no wider than one, is not cut.
SURE = 0.9


@dataclass(frozen=True)
class Judged:
    """The candidates for the digits of a number, and the network's answers to them.

    Attributes:
        layout: of the pieces.
        spans: the candidates.
        probabilities: float32 (len(spans), 10).
    """

    layout: Layout
    spans: list[Span]
    probabilities: np.ndarray

    @property
    def sureness(self) -> np.ndarray:
        """Return the best probability of each candidate, float64 (len(spans),)."""
        return self.probabilities.max(axis=1).astype(np.float64)

    def best(self) -> list[Span]:
        """Return the candidates of the best reading, from left to right."""
        return self.layout.best(self.spans, np.log(self.sureness))

    @property
    def gain(self) -> float:
        """Return the gain of the best reading, see `Layout.gains`."""
        gains = self.layout.gains(self.spans, np.log(self.sureness))
        return sum(dict(zip(self.spans, gains.tolist(), strict=True))[span] for span in self.best())

    def doubtful(self) -> list[int]:
        """Return the pieces of the best reading that are not surely a digit."""
        sure = dict(zip(self.spans, self.sureness.tolist(), strict=True))
        return [
            piece
            for span in self.best()
            if sure[span] < SURE or self.layout.is_wide(span)
            for piece in range(*span)
        ]


def drawn_digits(drawing: Drawing, judge: Classifier | None = None) -> list[Drawing]:
    """Split a drawing into digits from left to right; leave it whole without a judge.

    Raises:
        DigitLabError: see `stroke_pieces.drawn_pieces`.
    """
    if drawing.is_empty or judge is None:
        return [] if drawing.is_empty else [drawing]
    pieces, judged = judge_drawing(drawing, judge)
    return [_joined(pieces, span) for span in judged.best()]


def judge_drawing(drawing: Drawing, judge: Classifier) -> tuple[list[Drawing], Judged]:
    """Return the pieces of a drawing that is not empty, and what they may be.

    Raises:
        DigitLabError: see `stroke_pieces.drawn_pieces`.
    """
    pieces, layout = drawn_pieces(drawing)
    spans = layout.candidates()
    inputs = [strokes_to_input(_joined(pieces, span)) for span in spans]
    return pieces, _judged(layout, spans, inputs, judge)


def inked_digits(ink: np.ndarray, judge: Classifier | None = None) -> list[np.ndarray]:
    """Split a picture of ink, float (height, width) in 0..1, into digits of the same shape."""
    if not ink.any() or judge is None:
        return [ink] if ink.any() else []
    pieces, judged = judge_ink(ink, judge)
    return [np.where(_within(pieces, span), ink, 0) for span in judged.best()]


def judge_ink(ink: np.ndarray, judge: Classifier) -> tuple[np.ndarray, Judged]:
    """Do as `judge_drawing`; pieces are numbered as by `inked_pieces`.

    What may be a line through the digits is left out when they are read better so.
    """
    pieces, judged = _cut_and_judged(ink, judge)
    bare = without_lines(ink)
    if bare is not ink and bare.any():
        bare_pieces, bare_judged = _cut_and_judged(bare, judge)
        if bare_judged.gain > judged.gain:
            return bare_pieces, bare_judged
    return pieces, judged


def _cut_and_judged(ink: np.ndarray, judge: Classifier) -> tuple[np.ndarray, Judged]:
    """Cut, and judge again, only what is not surely one digit."""
    pieces, layout = inked_pieces(ink, to_cut=())
    judged = _judged_pieces(ink, pieces, layout, judge)
    if doubtful := judged.doubtful():
        pieces, layout = inked_pieces(ink, doubtful)
        judged = _judged_pieces(ink, pieces, layout, judge)
    return pieces, judged


def _judged_pieces(
    ink: np.ndarray, pieces: np.ndarray, layout: Layout, judge: Classifier
) -> Judged:
    from scipy import ndimage

    places = ndimage.find_objects(pieces + 1)

    def rough_input(span: Span) -> np.ndarray:
        # Most of a picture belongs to other candidates.
        rows, columns = zip(*places[slice(*span)], strict=True)
        box = (_around(rows), _around(columns))
        part = np.where(_within(pieces[box], span), ink[box], 0)
        return raster_to_input(normalise_stroke_width(part, ROUGH_SIDE))

    spans = layout.candidates()
    return _judged(layout, spans, [rough_input(span) for span in spans], judge)


def _judged(
    layout: Layout, spans: list[Span], inputs: list[np.ndarray], judge: Classifier
) -> Judged:
    return Judged(layout, spans, judge.probabilities(np.stack(inputs)))


def _joined(pieces: list[Drawing], span: Span) -> Drawing:
    parts = pieces[slice(*span)]
    return Drawing([line for part in parts for line in part.strokes], parts[0].pen_width)


def _within(pieces: np.ndarray, span: Span) -> np.ndarray:
    return (pieces >= span[0]) & (pieces < span[1])


def _around(sides: Sequence[slice]) -> slice:
    return slice(min(side.start for side in sides), max(side.stop for side in sides))
