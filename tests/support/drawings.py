"""Digits as a pen draws them, each in one stroke, and what a canvas makes of them."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.ink.example_digits import example_digit

SIDE = 320
BRUSH = 18
MARGIN = 50
# As often as a screen shows what the pen did.
FRAMES_A_SECOND = 60

# Float64 (n, 2), canvas pixels with y down, a point every few pixels.
STROKES = tuple(
    example_digit(digit).strokes[0] * (SIDE - 2 * MARGIN) + MARGIN for digit in (0, 1, 2, 3, 6, 7)
)


def paced(stroke: np.ndarray, seconds: float) -> np.ndarray:
    """Return where a steady pen is in each frame of a stroke that takes so long, float64 (n, 2)."""
    lengths = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0, along[-1], max(2, round(seconds * FRAMES_A_SECOND)))
    return np.column_stack([np.interp(places, along, values) for values in stroke.T])


def canvas_json(stroke: np.ndarray) -> dict[str, Any]:
    """The component's JSON of one stroke, float64 (n, 2) in canvas pixels."""
    middles = (stroke[:-1] + stroke[1:]) / 2
    curves = [
        ["Q", *corner, *middle] for corner, middle in zip(stroke[1:-1], middles[1:], strict=True)
    ]
    path = [["M", *stroke[0]], *curves, ["L", *stroke[-1]]]
    left, top = (stroke.min(axis=0) + stroke.max(axis=0)) / 2
    item = {"type": "Path", "path": path, "left": left, "top": top, "strokeWidth": BRUSH}
    return {"objects": [item], "background": "#000000"}


def canvas_pixels(stroke: np.ndarray) -> np.ndarray:
    """The component's picture of one stroke, uint8 (320, 320, 4): white ink on black."""
    picture = Image.new("RGBA", (SIDE, SIDE), "black")
    pen = ImageDraw.Draw(picture)
    pen.line([(x, y) for x, y in stroke.tolist()], fill="white", width=BRUSH, joint="curve")
    return np.asarray(picture)
