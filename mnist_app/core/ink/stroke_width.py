"""Lines of a digit made as thick as MNIST's."""

import math

import numpy as np
from PIL import Image

from mnist_app.core.ink import BOX, SMALL_SIDE

# Between these, in pixels of MNIST's box, a line is as thick as MNIST's are.
STROKE_WIDTHS = (2.0, 4.0)
# A digit's longer side while the thickness of its lines is changed, in pixels.
FINE_SIDE = 160


def normalise_stroke_width(ink: np.ndarray) -> np.ndarray:
    """Redraw a digit whose lines are much thinner or thicker than MNIST's.

    Args:
        ink: float (height, width) in 0..1, one digit.

    Returns:
        The digit, float64 in 0..1 of another size, or `ink` itself if there is nothing to do.
    """
    from scipy import ndimage

    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if max(len(rows), len(columns)) < SMALL_SIDE:
        return ink
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FINE_SIDE / max(cut.shape)
    picture = Image.fromarray(cut.astype(np.float32))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    fine = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    marks = np.pad(fine > 0.5, 1)
    if not marks.any():
        return ink
    inside = ndimage.distance_transform_edt(marks)
    # Across a line of width w the distance to its edge has the mean w / 4.
    width = 4 * float(inside[marks].mean())
    length = max(FINE_SIDE - width, width)
    low, high = (length * usual / (BOX - usual) for usual in STROKE_WIDTHS)
    wanted = min(max(width, low), max(high, width / 2))
    if wanted == width:
        return ink
    growth = (wanted - width) / 2
    if growth < 0:
        return np.where(marks, np.clip(inside + growth + 0.5, 0, 1), 0)
    outside = ndimage.distance_transform_edt(~np.pad(marks, math.ceil(growth) + 1))
    return np.where(outside > 0, np.clip(growth + 0.5 - outside, 0, 1), 1)
