"""Labelled pen strokes in a file, `{"label": 7, "writer": 12, "strokes": [...]}` a line."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED
from mnist_app.core.ink.drawings import Drawing, Strokes, drawing_from_points
from mnist_app.core.ink.raster import STROKE_WIDTH, strokes_to_input

PEN_STROKES = "pen_strokes.jsonl.gz"
# MNIST's writers pressed lightly and hard: the quartiles and the middle of its line widths.
PEN_WIDTHS = (2.0, STROKE_WIDTH, 3.1)
# One writer in this many is never trained on, so that a stranger's hand can be measured.
HELD_OUT_EVERY = 5


@dataclass(frozen=True)
class PenDigits:
    """Labelled pen drawings as network inputs: uint8 (n, 28, 28), int64 (n,), int64 (n,).

    Each drawing stands there `widths` times, drawn with lines of that many widths.
    """

    images: np.ndarray
    labels: np.ndarray
    writers: np.ndarray
    widths: int = 1

    @property
    def drawings(self) -> int:
        """Return the number of different drawings."""
        return len(self.labels) // self.widths

    def by_writer(self, wanted: Callable[[np.ndarray], np.ndarray]) -> "PenDigits":
        """Select by writer: `wanted` maps numbers (n,) to booleans (n,)."""
        kept = wanted(self.writers)
        return PenDigits(self.images[kept], self.labels[kept], self.writers[kept], self.widths)


def is_held_out(writers: np.ndarray) -> np.ndarray:
    """Mark the writers that are never trained on: every fifth."""
    return writers % HELD_OUT_EVERY == 0


def load_pen_strokes(path: Path, widths: Sequence[float] = (STROKE_WIDTH,)) -> PenDigits:
    """Draw a file of labelled strokes as network inputs.

    Args:
        widths: of the lines, in pixels of the result; each drawing is drawn once with each.

    Raises:
        DigitLabError: the file is missing, broken, or has a line without label or strokes.
    """
    images, labels, writers = [], [], []
    for label, writer, drawing in read_pen_strokes(path):
        for width in widths:
            images.append(strokes_to_input(drawing, width))
            labels.append(label)
            writers.append(writer)
    if not images or not 0 <= min(labels) <= max(labels) <= 9:
        raise DigitLabError(f"{path} must hold at least one drawing, and only labels from 0 to 9.")
    return PenDigits(np.stack(images), np.array(labels), np.array(writers), len(widths))


def hands(path: Path, held_out: bool) -> list[list[tuple[Strokes, int]]]:
    """Return the strokes and the label of each digit of each writer who is, or is not, held out.

    Raises:
        DigitLabError: see `read_pen_strokes`.
    """
    writers: dict[int, list[tuple[Strokes, int]]] = {}
    for label, writer, drawing in read_pen_strokes(path):
        if bool(is_held_out(np.array(writer))) == held_out:
            writers.setdefault(writer, []).append((drawing.strokes, label))
    return list(writers.values())


def read_pen_strokes(path: Path) -> Iterator[tuple[int, int, Drawing]]:
    """Yield the label, the writer (-1 if unknown) and the drawing of each line of such a file.

    Raises:
        DigitLabError: the file is missing or broken, or a line lacks label or strokes.
    """
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                drawing = drawing_from_points(item["strokes"])
                yield int(item["label"]), int(item.get("writer", -1)), drawing
    except DAMAGED as error:
        raise DigitLabError(
            f"{path} is not a file of labelled strokes, one JSON object per line. Choose another."
        ) from error
