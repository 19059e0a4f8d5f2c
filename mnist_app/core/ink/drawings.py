"""Drawings: strokes from a canvas, a pen or a file, checked and smoothed.

A drawing is a list of strokes, each a float64 array (n, 2) of x and y with y down, in any unit.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_app.core.errors import DigitLabError

# Points between two that were sent: a curve at 512 pixels shows no corners.
CURVE_SAMPLES = 6
# So much no hand draws, and every bit of it takes memory: points, strokes, and the length of all
# lines, as multiples of the whole drawing's extent.
MAX_POINTS = 100_000
MAX_STROKES = 2_000
MAX_LENGTH = 2_000
TOO_MUCH = "There is too much ink in this drawing. Clear it and draw less."
FARTHEST = 1e9
# Less than this, in any unit, is rounding and no line.
LEAST_EXTENT = 1e-9

# The numbers in a stroke of the canvas that say where it is, and how large.
_PLACEMENT = ("left", "top", "scaleX", "scaleY", "angle", "strokeWidth")

Strokes = Sequence[np.ndarray]


@dataclass(frozen=True)
class Drawing:
    """A person's drawing.

    Attributes:
        strokes: each float64 (n, 2), n >= 1, y down, in the units of its canvas.
        pen_width: width of the brush in the same units; 0 when it is not known.
    """

    strokes: Strokes
    pen_width: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Return whether there is no ink at all."""
        return not self.strokes


def canvas_json(sent: Any) -> dict[str, Any]:
    """Return the strokes in what a canvas sent, as its JSON: objects of the kind that pages edit.

    Args:
        sent: the state of streamlit-drawable-canvas, `{"drawing": {"raw": {"objects": [...]}}}`;
            anything else, which a stranger's program may send, is no stroke.
    """
    found = sent
    for name in ("drawing", "raw", "objects"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return {
        "objects": [item for item in found if _is_path(item)] if isinstance(found, list) else []
    }


def _is_path(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and str(item.get("type")).lower() == "path"
        and isinstance(item.get("path"), list)
        and all(_is_near(item.get(name, 0.0)) for name in _PLACEMENT)
    )


def _is_near(number: Any) -> bool:
    return isinstance(number, int | float) and abs(number) < FARTHEST


def drawing_from_canvas(raw: Mapping[str, Any] | None) -> Drawing:
    """Read the JSON of streamlit-drawable-canvas.

    A stroke that the canvas' edit tool moved, scaled or turned keeps its old path beside the new
    placement; the placement is applied here.

    Raises:
        DigitLabError: it is not such JSON, or far more ink than anybody draws.
    """
    try:
        paths = [item for item in (raw or {}).get("objects", []) if item["type"].lower() == "path"]
        if sum(len(item["path"]) for item in paths) > MAX_POINTS:
            raise DigitLabError(TOO_MUCH)
        strokes = [_placed(_path_points(item["path"]), item) for item in paths]
        pen_width = max((float(item.get("strokeWidth", 0)) for item in paths), default=0.0)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise DigitLabError("This drawing cannot be read. Clear it and draw again.") from error
    _check(strokes)
    return Drawing(strokes, pen_width)


def drawing_from_points(strokes: Any) -> Drawing:
    """Read strokes given as points, `[[[x, y], ...], ...]`, and round their corners.

    A tablet samples a quick hand so coarsely that curves show corners, so each stroke becomes a
    smooth curve through its points.

    Raises:
        DigitLabError: it is something else, holds numbers that are not finite, or far more ink than
            anybody draws.
    """
    try:
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes if len(stroke)]
    except (OverflowError, TypeError, ValueError) as error:
        raise DigitLabError("Each stroke must be a list of [x, y] points.") from error
    _check(arrays)
    return Drawing([_smooth(array) for array in arrays])


def drawing_from_pen(strokes: Strokes, pen_width: float) -> Drawing:
    """Return what the canvas will make of a pen's points, each stroke float64 (n, 2), n >= 1.

    So a drawing reads the same while it grows and when the canvas has sent it.

    Raises:
        DigitLabError: it is far more ink than anybody draws.
    """
    curves = [_curve(stroke) for stroke in strokes]
    _check(curves)
    return Drawing(curves, pen_width)


def _curve(points: np.ndarray) -> np.ndarray:
    """Sample the quadratic curve that bends at each point and passes midway between two."""
    if len(points) < 3:
        return points
    middles = (points[:-1] + points[1:]) / 2
    curve = _quadratic(np.vstack([points[:1], middles[:-1]]), points[:-1], middles)
    return np.vstack([points[:1], curve.reshape(-1, 2), points[-1:]])


def _check(strokes: Strokes) -> None:
    """Raise DigitLabError unless these are strokes that somebody may have drawn."""
    if any(stroke.ndim != 2 or stroke.shape[1] != 2 for stroke in strokes):
        raise DigitLabError("Each stroke must be a list of [x, y] points.")
    if not all(np.abs(stroke).max() < FARTHEST for stroke in strokes):
        raise DigitLabError("Each point of a stroke must be two numbers that are not too large.")
    if len(strokes) > MAX_STROKES or sum(len(stroke) for stroke in strokes) > MAX_POINTS:
        raise DigitLabError(TOO_MUCH)
    if not strokes:
        return
    low, high = corners(strokes)
    if length_of(strokes) > MAX_LENGTH * max(float((high - low).max()), LEAST_EXTENT):
        raise DigitLabError(TOO_MUCH)


def corners(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest x and y of all strokes, both float64 (2,)."""
    # NumPy finds extremes along contiguous rows several times faster than across pairs.
    rows = np.ascontiguousarray(np.concatenate(strokes).T)
    return rows.min(axis=1), rows.max(axis=1)


def length_of(strokes: Strokes) -> float:
    """Return the total length of the strokes, in their units."""
    return float(sum(np.hypot(*np.diff(stroke, axis=0).T).sum() for stroke in strokes))


def _path_points(path: Sequence[Sequence[Any]]) -> np.ndarray:
    """Sample an SVG path of M, L and Q commands, float64 (n, 2)."""
    parts: list[np.ndarray] = []
    for command, *numbers in path:
        corners = np.array(numbers, dtype=np.float64).reshape(-1, 2)
        parts.append(_quadratic(parts[-1][-1], *corners) if command == "Q" else corners)
    return np.concatenate(parts)


def _quadratic(start: np.ndarray, corner: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Sample quadratic curves, each float64 (..., 2), without their starts: (..., samples, 2)."""
    start, corner, end = start[..., None, :], corner[..., None, :], end[..., None, :]
    t = (np.arange(1, CURVE_SAMPLES + 1) / CURVE_SAMPLES)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end


def _placed(points: np.ndarray, item: Mapping[str, Any]) -> np.ndarray:
    own_centre = (points.min(axis=0) + points.max(axis=0)) / 2
    centre = np.array([item.get("left", own_centre[0]), item.get("top", own_centre[1])])
    flips = np.array([-1 if item.get("flipX") else 1, -1 if item.get("flipY") else 1])
    scale = np.array([item.get("scaleX", 1), item.get("scaleY", 1)]) * flips
    angle = math.radians(item.get("angle", 0))
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return (points - own_centre) * scale @ turn + centre


def _smooth(points: np.ndarray) -> np.ndarray:
    """Sample the uniform Catmull-Rom spline through `points` (Catmull and Rom, 1974)."""
    if len(points) < 3:
        return points
    before = np.vstack([2 * points[0] - points[1], points[:-2]])
    start, end = points[:-1], points[1:]
    after = np.vstack([points[2:], 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, CURVE_SAMPLES, endpoint=False)[None, :, None]
    before, start, end, after = (corner[:, None, :] for corner in (before, start, end, after))
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.vstack([curve.reshape(-1, 2), points[-1]])


def evenly_spaced(stroke: np.ndarray, step: float) -> np.ndarray:
    """Resample a line at even distances of at most `step`: float64 (n, 2), n >= 2.

    A slow hand sends hundreds of points a stroke, each of which costs time to draw.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    wanted = np.linspace(0, along[-1], max(2, math.ceil(along[-1] / step) + 1))
    return np.column_stack([np.interp(wanted, along, axis) for axis in stroke.T])
