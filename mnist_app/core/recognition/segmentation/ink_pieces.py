"""A picture of ink -> the pieces of which its digits are made, from left to right.

There are more pieces than digits: connected ink, and parts of what may be several digits that
touch. All geometry is measured upright, in heights of a digit.
"""

from collections.abc import Collection

import numpy as np
from PIL import Image

from mnist_app.core.recognition.segmentation.boxes import boxes_in, digit_height, groups_of, united
from mnist_app.core.recognition.segmentation.layout import MOST_PIECES, Layout
from mnist_app.core.recognition.segmentation.rulings import are_rulings
from mnist_app.core.recognition.segmentation.seams import seams_of
from mnist_app.core.recognition.segmentation.slant import slant_of

# Set by hand: `python -m benchmarks.numbers` shows what a change costs.

# Pictures are divided at this many pixels a digit.
DIVIDED_HEIGHT = 40
# A narrower piece is not divided.
NARROWEST = 0.4


def inked_pieces(
    ink: np.ndarray, to_cut: Collection[int] | None = None
) -> tuple[np.ndarray, Layout]:
    """Divide a picture of ink into pieces of which digits are made.

    Args:
        ink: float (height, width) in 0..1.
        to_cut: the numbers of those pieces that may be several digits, as they are when nothing is
            cut; all of them by default.

    Returns:
        For each pixel the number of its piece, int64 (height, width), from 0, from left to right,
        -1 where there is no ink or only an underline; and where the pieces stand.
    """
    parts, boxes = boxes_in(ink)
    if not len(boxes):
        return np.full(ink.shape, -1), Layout(np.zeros((0, 4)), np.zeros(0))
    kept = ~are_rulings(boxes)
    height = digit_height(boxes[kept])
    shrink = min(1.0, DIVIDED_HEIGHT / height)
    written = np.where(np.isin(parts, np.flatnonzero(kept) + 1), ink, 0)
    pieces, layout = _divided(_shrunk(written, shrink), height * shrink, to_cut)
    return np.where(written > 0, _enlarged(pieces, ink.shape), -1), layout


def _shrunk(ink: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return ink
    size = [max(1, round(length * scale)) for length in reversed(ink.shape)]
    picture = Image.fromarray(ink.astype(np.float32))
    return np.asarray(picture.resize((size[0], size[1]), Image.Resampling.BOX), dtype=np.float64)


def _enlarged(pieces: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Label each pixel of the whole picture as the nearest one of the shrunk picture."""
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(
        pieces < 0, return_distances=False, return_indices=True
    )
    rows, columns = (
        np.minimum((np.arange(long) + 0.5) * short // long, short - 1).astype(int)
        for long, short in zip(shape, pieces.shape, strict=True)
    )
    return pieces[tuple(nearest)][np.ix_(rows, columns)]


def _divided(
    ink: np.ndarray, height: float, to_cut: Collection[int] | None
) -> tuple[np.ndarray, Layout]:
    """Do as `inked_pieces` for ink without underlines whose digits are `height` pixels high."""
    from scipy import ndimage

    parts, _ = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    rows, columns = np.nonzero(ink)
    slant = slant_of(np.column_stack([columns, rows]).astype(np.float64), height)
    upright = (columns + slant * rows, rows.astype(np.float64))
    numbers = parts[rows, columns] - 1
    boxes = _piece_boxes(numbers, upright)
    groups = groups_of(boxes)
    group_of = np.empty(len(boxes), dtype=int)
    for group, members in enumerate(groups):
        group_of[members] = group
    numbers = group_of[numbers]
    seams = [
        seam
        for group, box in enumerate(united(groups, boxes))
        if (to_cut is None or group in to_cut) and box[2] - box[0] > NARROWEST * height
        for seam in seams_of(_only(ink, rows, columns, numbers == group), box, slant, height, group)
    ]
    seams = sorted(seams, key=lambda seam: seam.ink)[: MOST_PIECES - len(groups)]
    seams.sort(key=lambda seam: (seam.group, seam.place))
    order = numbers * (MOST_PIECES + 1)
    for seam in seams:
        order += (numbers == seam.group) & (columns >= seam.columns[rows])
    _, order = np.unique(order, return_inverse=True)
    pieces = np.full(ink.shape, -1)
    pieces[rows, columns] = order
    boxes = _piece_boxes(order, upright) / height
    return pieces, Layout(boxes, _cuts(ink, pieces, len(boxes), height))


def _only(ink: np.ndarray, rows: np.ndarray, columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    alone = np.zeros(ink.shape)
    alone[rows[wanted], columns[wanted]] = ink[rows[wanted], columns[wanted]]
    return alone


def _piece_boxes(numbers: np.ndarray, upright: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    boxes = np.tile([np.inf, np.inf, -np.inf, -np.inf], (numbers.max() + 1, 1))
    for axis, places in enumerate(upright):
        np.minimum.at(boxes[:, axis], numbers, places)
        np.maximum.at(boxes[:, axis + 2], numbers, places + 1)
    return boxes


def _cuts(ink: np.ndarray, pieces: np.ndarray, count: int, height: float) -> np.ndarray:
    """Measure the ink that touches across each border of neighbours, in heights."""
    cuts = np.zeros(count)
    for left, right in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1, :], np.s_[1:, :])):
        low = np.minimum(pieces[left], pieces[right])
        high = np.maximum(pieces[left], pieces[right])
        touching = (low >= 0) & (low < high)
        amounts = np.minimum(ink[left], ink[right])[touching]
        # What touches is cut by every border from the one to the other.
        np.add.at(cuts, low[touching], amounts)
        np.subtract.at(cuts, high[touching], amounts)
    return np.cumsum(cuts)[:-1].round(9) / height
