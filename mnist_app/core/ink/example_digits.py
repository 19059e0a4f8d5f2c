"""Handwritten examples of the ten digits, for whoever has no pen at hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_app.core.ink.drawings import Drawing, drawing_from_points

# Where the pen passes, in a unit square of hundredths with y down; a semicolon lifts it.
_PATHS = (
    "50,5 22,20 15,50 25,85 50,95 76,82 85,50 78,20 52,5",
    "56,5 53,35 50,65 47,95",
    "20,25 35,8 60,6 78,25 65,50 40,75 20,93 50,92 82,93",
    "22,12 50,5 75,20 65,42 42,50 68,56 80,75 60,93 20,88",
    "38,5 30,30 18,58 50,60 84,57; 66,30 64,60 60,95",
    "76,6 50,7 32,8 28,28 24,45 45,40 68,46 78,66 66,88 42,95 20,86",
    "65,5 40,25 25,60 35,90 60,93 75,75 60,58 40,62 28,75",
    "18,10 50,10 82,10 65,40 50,70 42,95",
    "70,15 48,5 28,18 36,38 60,52 74,72 58,94 34,90 26,72 44,52 66,36 72,18",
    "74,24 54,6 30,16 26,38 46,50 68,40 75,22 70,55 60,95",
)
# Around the digit, as a fraction of the canvas.
MARGIN = 0.16
# It takes 1.6 s to be drawn, in steps that are few enough for a slow browser.
SECONDS_A_DIGIT = 5
_LINES = (
    "path { fill: none; stroke: #8c8c8c; stroke-width: 0.056; stroke-linecap: round; "
    "stroke-linejoin: round; opacity: 0.8; }"
)
_MOTION = """
path { stroke-dasharray: 1 2; opacity: 0; animation: draw %(whole)ss infinite; }
@keyframes draw {
  0%% { opacity: 0; stroke-dashoffset: 1; animation-timing-function: step-end; }
  0.1%% { opacity: 0.8; stroke-dashoffset: 1; animation-timing-function: steps(40); }
  %(drawn)s%%, %(held)s%% { opacity: 0.8; stroke-dashoffset: 0; }
  %(gone)s%%, 100%% { opacity: 0; stroke-dashoffset: 0; }
}
"""


def example_digit(digit: int) -> Drawing:
    """Return an example of a digit, 0..9, in a square of side 1; its pen has no width."""
    return drawing_from_points(
        [
            np.array([point.split(",") for point in stroke.split()], dtype=np.float64) / 100
            for stroke in _PATHS[digit].split(";")
        ]
    )


def example_canvas_json(digit: int, side: float, pen_width: float) -> dict[str, Any]:
    """Return an example of a digit, 0..9, as the JSON of a square canvas.

    Args:
        side: of the canvas, in pixels.
        pen_width: in pixels as well.
    """
    return {"objects": [_path(stroke, pen_width) for stroke in _on_square(digit, side)]}


def still_svg(digit: int) -> str:
    """Return a square SVG of an example of a digit, 0..9."""
    return _svg(_LINES, f'<path d="{_data(digit)}"/>')


def moving_svg(digits: Sequence[int]) -> str:
    """Return a square SVG in which digits, each 0..9, draw themselves one after the other."""
    whole = SECONDS_A_DIGIT * len(digits)
    motion = _MOTION % {
        "whole": whole,
        "drawn": 160 / whole,
        "held": 400 / whole,
        "gone": 460 / whole,
    }
    paths = (
        f'<path pathLength="1" style="animation-delay: {SECONDS_A_DIGIT * place}s" '
        f'd="{_data(digit)}"/>'
        for place, digit in enumerate(digits)
    )
    return _svg(_LINES + motion, "".join(paths))


def _svg(style: str, paths: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">'
        f"<style>{style}</style>{paths}</svg>"
    )


def _data(digit: int) -> str:
    """Return an example as the data of an SVG path in a square of side 1."""
    points = (" ".join(f"{x:.3f},{y:.3f}" for x, y in stroke) for stroke in _on_square(digit, 1))
    return " ".join(f"M{stroke}" for stroke in points)


def _on_square(digit: int, side: float) -> list[np.ndarray]:
    """Return the strokes of an example in the middle of a square, each float64 (n, 2)."""
    strokes = example_digit(digit).strokes
    return [stroke * side * (1 - 2 * MARGIN) + side * MARGIN for stroke in strokes]


def _path(stroke: np.ndarray, pen_width: float) -> dict[str, Any]:
    left, top = ((stroke.min(axis=0) + stroke.max(axis=0)) / 2).tolist()
    first, *others = stroke.round(1).tolist()
    return {
        "type": "Path",
        "path": [["M", *first], *(["L", *point] for point in others)],
        "left": left,
        "top": top,
        "strokeWidth": pen_width,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
        "fill": None,
    }
