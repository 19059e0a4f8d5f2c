"""Rasterisation: strokes or ink -> the 28 x 28 image that MNIST would have held.

MNIST's digits were made by fitting the ink into a box of 20 x 20 pixels, keeping its aspect, and
placing its centre of mass in the middle of a field of 28 x 28 (LeCun, Bottou, Bengio, Haffner,
"Gradient-based learning applied to document recognition", 1998). Both ways into the network end
here the same: strokes are scaled first and drawn at MNIST's own stroke width, pictures of ink are
scaled as they are.
"""

import functools
import math

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.ink import BOX, SIDE
from mnist_app.core.ink.drawings import (
    LEAST_EXTENT,
    Drawing,
    Strokes,
    corners,
    counted,
    even,
)

# So drawn, lines measure as wide as MNIST's in the median: `python -m benchmarks.drawn`.
STROKE_WIDTH = 2.2
# MNIST puts the centre of mass on this pixel index, in both directions.
MIDDLE = 14
MIDWAY = 0.01
# Drawn this many times larger, then averaged, so that edges become as grey as MNIST's.
FINE = 8
# Between two touches of the pen, in pixels of the fine grid: too near for its edge to show them.
STEP = 2.0
# A hand's tremble, and the steps between the pixels of a small drawing, in pixels of the result:
# lines are smoothed by this much. Held-out writers decided; 0.4 to 0.7 read alike.
TREMBLE = 0.6
# Far more than numbers are rounded by, as a fraction of them.
ROUNDING = 1e-12


def strokes_to_input(drawing: Drawing, stroke_width: float = STROKE_WIDTH) -> np.ndarray:
    """Draw strokes as MNIST would hold them.

    Args:
        drawing: what was drawn; its place and size do not matter, nor does its brush, but that
            what is smaller than half of it is a dot.
        stroke_width: width of the line in pixels of the result.

    Returns:
        uint8 (28, 28), 255 is full ink; all zero for an empty drawing.
    """
    if drawing.is_empty:
        return np.zeros((SIDE, SIDE), dtype=np.uint8)
    low, high = corners(drawing.strokes)
    scale = scale_to_input(drawing, stroke_width)
    middle = SIDE / 2
    fitted = [((stroke - (low + high) / 2) * scale + middle) for stroke in drawing.strokes]
    return _centred(_draw(fitted, stroke_width))


def scale_to_input(drawing: Drawing, stroke_width: float = STROKE_WIDTH) -> float:
    """Return the pixels of a network's input that a unit of a drawing, not empty, becomes.

    0 for a dot: to enlarge one would enlarge a tremble, or what far away numbers are rounded by.
    """
    low, high = corners(drawing.strokes)
    extent = float((high - low).max())
    rounding = ROUNDING * float(np.abs([low, high]).max())
    is_dot = extent <= max(drawing.pen_width / 2, LEAST_EXTENT, rounding)
    return 0.0 if is_dot else (BOX - stroke_width) / extent


def _draw(strokes: Strokes, stroke_width: float) -> np.ndarray:
    """Draw the strokes with a round pen, averaged from a fine grid: float64 (28, 28) in 0..1."""
    points, counts = even([stroke * FINE for stroke in strokes], STEP)
    touches = _steadied(points, counts, TREMBLE * FINE / STEP) - 0.5
    inked = covered(touches, (stroke_width * FINE - 1) / 2, SIDE * FINE)
    picture = Image.fromarray(inked.astype(np.uint8) * 255)
    return np.asarray(picture.reduce(FINE), dtype=np.float64) / 255


def _steadied(points: np.ndarray, counts: np.ndarray, spread: float) -> np.ndarray:
    """Smooth evenly spaced points, as `even` returns them, within each stroke.

    Args:
        spread: standard deviation of the Gaussian weights, in points.
    """
    reach = math.ceil(3 * spread)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    # Each stroke stays where it ends for as long as the weights reach.
    owner, place = counted(counts + 2 * reach)
    within = np.clip(place - reach, 0, counts[owner] - 1)
    padded = points[(np.cumsum(counts) - counts)[owner] + within]
    own = (place >= reach) & (place < reach + counts[owner])
    return np.column_stack(
        [np.convolve(axis, weights / weights.sum(), mode="same")[own] for axis in padded.T]
    )


def covered(touches: np.ndarray, radius: float, side: int) -> np.ndarray:
    """Mark the pixels, bool (side, side), that a round pen covers at all `touches`."""
    # Fractions are cut off: what differs by a rounding error must not fall on both sides.
    touches = touches.round(3)
    low, high = (touches - radius).astype(int), (touches + radius).astype(int)
    size = int(2 * radius)
    # One more column, so that a run which ends at the edge ends in its own row.
    width = side + 1
    corners = low @ [1, width]
    forms = (high - low - size) @ [1, 2]
    corners, forms = np.divmod(np.unique(4 * corners + forms), 4)
    starts, ends = _discs(size)
    rows = corners[:, None] + width * np.arange(size + 2)
    # How many runs begin at a pixel, less those that have ended before it.
    borders = np.zeros(side * width, dtype=np.int32)
    np.add.at(borders, rows + starts[forms], np.int32(1))
    np.subtract.at(borders, rows + ends[forms], np.int32(1))
    depth = np.cumsum(borders, dtype=np.int32)
    return depth.reshape(side, width)[:, :side] > 0


@functools.cache
def _discs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return discs as high and wide as `size`, or one more of either, as Pillow draws them.

    Returns:
        Where each row starts and where it has ended, both int64 (4, size + 2).
    """
    rows = np.zeros((4, size + 2, size + 2), dtype=bool)
    for form, row in enumerate(rows):
        picture = Image.new("1", row.shape)
        ImageDraw.Draw(picture).ellipse((0, 0, size + form % 2, size + form // 2), fill=1)
        row[:] = picture
    starts, ends = rows.argmax(axis=2), rows.argmax(axis=2) + rows.sum(axis=2)
    for kept in (starts, ends):
        kept.setflags(write=False)
    return starts, ends


def raster_to_input(ink: np.ndarray) -> np.ndarray:
    """Fit a picture of ink into MNIST's frame.

    Args:
        ink: float (height, width) in 0..1, 0 where there is no ink.

    Returns:
        uint8 (28, 28), 255 is full ink; all zero where there is no ink.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), dtype=np.uint8)
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(cut.shape)
    height, width = (max(1, round(length * scale)) for length in cut.shape)
    picture = Image.fromarray(cut.astype(np.float32))
    # Bicubic when it grows, a true average when it shrinks.
    way = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    fitted = np.clip(np.asarray(picture.resize((width, height), way)), 0, 1)
    field = np.zeros((SIDE, SIDE))
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    field[top : top + height, left : left + width] = fitted
    return _centred(field)


def _centred(field: np.ndarray) -> np.ndarray:
    """Move ink, float (28, 28) in 0..1, by whole pixels so that its centre of mass is MNIST's."""
    mass = field.sum()
    if mass == 0:
        return np.zeros((SIDE, SIDE), dtype=np.uint8)
    shifts = []
    for axis in (0, 1):
        profile = field.sum(axis=1 - axis)
        ink = np.flatnonzero(profile)
        # Many drawings balance midway between two pixels, where rounding errors would decide.
        wanted = round(MIDDLE - float(profile @ np.arange(SIDE)) / mass - MIDWAY)
        # Never over the edge: a far tail of a lopsided digit matters more than its balance.
        shifts.append(min(max(wanted, -ink[0]), SIDE - 1 - ink[-1]))
    moved = np.roll(field, shifts, axis=(0, 1))
    return np.round(moved * 255).astype(np.uint8)
