"""Rasterisation: strokes or ink -> the 28 x 28 image that MNIST would have held.

MNIST's digits were made by fitting the ink into a box of 20 x 20 pixels, keeping its aspect, and
placing its centre of mass in the middle of a field of 28 x 28 (LeCun, Bottou, Bengio, Haffner,
"Gradient-based learning applied to document recognition", 1998). Both ways into the network end
here the same: strokes are scaled first and drawn at MNIST's own stroke width, pictures of ink are
scaled as they are.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.ink import BOX, SIDE
from mnist_app.core.ink.drawings import LEAST_EXTENT, Drawing, Strokes, corners, evenly_spaced

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


def rasterised(strokes: Strokes, width: float, margin: float) -> np.ndarray:
    """Draw strokes, in pixels of the result, with a round pen: float32 (height, width) in 0..1.

    Args:
        margin: to the right of and below the last ink's middle.
    """
    fine = FINE // 2
    _, high = corners(strokes)
    columns, rows = (int(length) for length in np.ceil(high + margin))
    picture = Image.new("L", (columns * fine, rows * fine))
    pen, radius = ImageDraw.Draw(picture), width * fine / 2
    for stroke in strokes:
        points = [(x, y) for x, y in (stroke * fine).tolist()]
        pen.line(points, fill=255, width=max(1, round(2 * radius)), joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(picture.reduce(fine), dtype=np.float32) / 255


def _draw(strokes: Strokes, stroke_width: float) -> np.ndarray:
    """Draw the strokes with a round pen, averaged from a fine grid: float64 (28, 28) in 0..1."""
    lines = [_steadied(evenly_spaced(stroke * FINE, STEP)) for stroke in strokes]
    # Fractions are cut off: what differs by a rounding error must not fall on both sides.
    touches = (np.concatenate(lines) - 0.5).round(3)
    radius = (stroke_width * FINE - 1) / 2
    discs = np.hstack([touches - radius, touches + radius]).astype(int)
    picture = Image.new("L", (SIDE * FINE, SIDE * FINE))
    pen = ImageDraw.Draw(picture)
    for disc in discs.tolist():
        pen.ellipse(disc, fill=255)
    return np.asarray(picture.reduce(FINE), dtype=np.float64) / 255


def _steadied(points: np.ndarray) -> np.ndarray:
    """Smooth evenly spaced points; beyond its ends a stroke stays where it ends."""
    spread = TREMBLE * FINE / STEP
    reach = math.ceil(3 * spread)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    padded = np.pad(points, ((reach, reach), (0, 0)), mode="edge")
    smooth = [np.convolve(axis, weights / weights.sum(), mode="valid") for axis in padded.T]
    return np.column_stack(smooth)


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
