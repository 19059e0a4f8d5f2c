"""One person's drawings with the digits they mean: to learn from, and to take along in a file."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import strokes_to_input

# Fewer drawings than this say little about a hand.
FEWEST = 5


@dataclass(frozen=True)
class LabelledDrawing:
    """A drawing and the digit, 0..9, that it means."""

    label: int
    drawing: Drawing

    @functools.cached_property
    def image(self) -> np.ndarray:
        """Return the drawing as the network gets it, uint8 (28, 28)."""
        return strokes_to_input(self.drawing)


def as_json_lines(drawings: Sequence[LabelledDrawing]) -> str:
    """Return the drawings as strokes, `{"label": 7, "strokes": [[[x, y], ...], ...]}` a line.

    `pen_digits.load_pen_strokes` and the command line read such a file.
    """
    lines = []
    for item in drawings:
        strokes = [np.round(stroke, 1).tolist() for stroke in item.drawing.strokes]
        lines.append(json.dumps({"label": item.label, "strokes": strokes}) + "\n")
    return "".join(lines)


def as_inputs(
    drawings: Sequence[LabelledDrawing], widths: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw each as the network gets it, once with each line width.

    Args:
        drawings: at least one.
        widths: in pixels of the result, at least one.

    Returns:
        uint8 (drawings x widths, 28, 28) and int64 of as many labels.
    """
    images = [strokes_to_input(item.drawing, width) for item in drawings for width in widths]
    labels = [item.label for item in drawings for _ in widths]
    return np.stack(images), np.array(labels, dtype=np.int64)
