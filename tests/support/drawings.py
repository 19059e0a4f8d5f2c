"""Digits as a pen draws them, each in one stroke, and what a canvas makes of them."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.ink.drawings import drawing_from_points

SIDE = 320
BRUSH = 18
MARGIN = 50
# As often as a screen shows what the pen did.
FRAMES_A_SECOND = 60

# Where the pen passes, in a unit square with y down.
_PATHS = {
    0: "50,5 22,20 15,50 25,85 50,95 76,82 85,50 78,20 52,5",
    1: "50,5 50,35 50,65 50,95",
    2: "20,25 35,8 60,6 78,25 65,50 40,75 20,93 50,92 82,93",
    3: "22,12 50,5 75,20 65,42 42,50 68,56 80,75 60,93 20,88",
    6: "65,5 40,25 25,60 35,90 60,93 75,75 60,58 40,62 28,75",
    7: "18,10 50,10 82,10 65,40 50,70 42,95",
}


def _stroke(path: str) -> np.ndarray:
    points = np.array([pair.split(",") for pair in path.split()], dtype=np.float64) / 100
    return drawing_from_points([points]).strokes[0] * (SIDE - 2 * MARGIN) + MARGIN


# Float64 (n, 2), canvas pixels with y down, a point every few pixels.
STROKES = tuple(_stroke(path) for path in _PATHS.values())


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
