"""Ink -> pieces, each of which belongs to one character, with what the network says of them.

There are more pieces than characters. Drawings and pictures come to the network at the same size,
and a drawing in lines of one width; positions are in the network's pixels, row and column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing, Strokes, corners, evenly_spaced, length_of
from mnist_app.core.ink.raster import rasterised
from mnist_app.core.recognition.segmentation.boxes import FAINT, boxes_in, boxes_of, digit_height
from mnist_app.core.recognition.segmentation.network import HEIGHT, shipped

# Numbers need far fewer strokes, and a far shorter line in heights of a digit.
MOST_STROKES = 200
MOST_INK = 200
# Of a picture, before small ones are joined: a page full of small digits has fewer.
MOST_PIECES = 1_000
TOO_MUCH = "There is too much ink for a number. Clear it and write only the digits."
# A digit is at least so many widths of its line high: what is lower is itself a line.
LINE_WIDTHS = 4
# Where small digits fill a large picture, they are looked at in no more pixels than these.
MOST_PIXELS = 400_000
# Boxes tell the height of digits at first; characters once more, where they turn out to be so many
# times higher or lower. The network learned from 0.68 to 1.5 times its own height.
SAME_HEIGHT = 1.33
# A drawing's lines and the space between its points, in the network's pixels.
LINE_WIDTH = 2.0
POINT_STEP = 0.75
# How far votes for one centre scatter, and the least distance of two: rather too small, as pieces
# may be joined, but are not divided any more.
SCATTER = 1.2
LEAST_DISTANCE = 3
# A centre has this fraction of the votes of the one that has most.
LEAST_VOTES = 0.05
# Fewer points of a stroke than these go with those beside them.
LEAST_POINTS = 6
# A piece of less ink than this fraction of the usual goes with what it touches.
CRUMB = 0.1
# Fainter ink of a shrunk picture is the soft edge of something.
EDGE = 0.08
# How far that edge reaches, in the network's pixels.
EDGE_WIDTH = 2

# How high what looks like a line may be to be a 1.
ONE_HEIGHTS = (0.5, 1.2)

Parts = TypeVar("Parts")


@dataclass(frozen=True)
class Piece:
    """Ink of one character.

    Attributes:
        points: float64 (n, 2), where it is.
        centres: float64 (n, 2), where the network sees its character's centre from each point.
        weights: float64 (n,), how much ink there is.
        source: the number of the stroke, or of the connected ink, that it is a part of.
    """

    points: np.ndarray
    centres: np.ndarray
    weights: np.ndarray
    source: int


def drawn_pieces(drawing: Drawing) -> tuple[list[np.ndarray], list[Piece]]:
    """Divide a drawing that is not empty.

    Returns:
        The line of each piece, points (n, 2) in the drawing's units, and the pieces. Strokes that
        belong to no character, such as underlines, are left out.

    Raises:
        DigitLabError: there is far more ink than a number needs.
    """
    height = digit_height(boxes_of(drawing.strokes))
    too_long = length_of(drawing.strokes) > MOST_INK * height
    if len(drawing.strokes) > MOST_STROKES or too_long:
        raise DigitLabError(TOO_MUCH)
    return _at_its_height(lambda scale: _drawn_pieces(drawing.strokes, scale), height)


def inked_pieces(ink: np.ndarray) -> tuple[np.ndarray, list[Piece]]:
    """Divide a picture of ink, float (height, width) in 0..1.

    Returns:
        For each pixel the number of its piece, int64 (height, width), -1 where there is no ink or
        what belongs to no character; and the pieces.

    Raises:
        DigitLabError: there is far more ink than numbers need.
    """
    boxes = boxes_in(ink)
    if not len(boxes):
        return np.full(ink.shape, -1), []
    height = digit_height(boxes)
    least = HEIGHT * (ink.size / MOST_PIXELS) ** 0.5
    # Specks, as in noise, would make the picture far too large.
    scale = HEIGHT / max(height, least)
    least = max(least, LINE_WIDTHS * _line_width(_resized(ink, scale)) / scale)
    labels, pieces = _at_its_height(
        lambda scale: _inked_pieces(ink, min(scale, HEIGHT / least)), height
    )
    labels = _enlarged(labels, ink)
    # Where the picture was enlarged, the smallest pieces have no pixel of their own.
    kept = np.unique(labels[labels >= 0])
    labels = np.where(labels >= 0, np.searchsorted(kept, labels), -1)
    return labels, [pieces[number] for number in kept.tolist()]


def _at_its_height(
    divide: Callable[[float], tuple[Parts, list[Piece]]], height: float
) -> tuple[Parts, list[Piece]]:
    """Divide at the scale for a height, and again if the digits turn out to have another."""
    parts, pieces = divide(HEIGHT / height)
    change = _height_of(pieces) / HEIGHT if pieces else 1.0
    if 1 / SAME_HEIGHT < change < SAME_HEIGHT:
        return parts, pieces
    return divide(HEIGHT / (height * change))


def _height_of(pieces: list[Piece]) -> float:
    """Return the median height of what has a centre of its own."""
    points = np.concatenate([piece.points for piece in pieces])
    centres = np.concatenate([piece.centres for piece in pieces])
    owners = _nearest(centres, _peaks(centres, np.ones(len(centres))))
    return float(np.median([np.ptp(points[owners == one, 0]) + 1 for one in np.unique(owners)]))


def _drawn_pieces(strokes: Strokes, scale: float) -> tuple[list[np.ndarray], list[Piece]]:
    low, _ = corners(strokes)
    lines = [evenly_spaced(stroke, POINT_STEP / scale) for stroke in strokes]
    placed = [(line - low) * scale + LINE_WIDTH for line in lines]
    votes = shipped().votes(rasterised(placed, LINE_WIDTH, LINE_WIDTH))
    pixels = [tuple(np.round(points[:, ::-1] - 0.5).astype(int).T) for points in placed]
    belongs = [votes.belongs[pixel].mean() > 0.5 for pixel in pixels]
    alone = [_is_like_a_one(points[:, ::-1]) for points in placed]
    wanted = np.flatnonzero(np.logical_or(belongs, alone)).tolist()
    centres = [
        votes.centres[pixel] if is_heard else _centre_of(points[:, ::-1])
        for pixel, points, is_heard in zip(pixels, placed, belongs, strict=True)
    ]
    if not wanted:
        return [], []
    heard = np.concatenate([centres[source] for source in wanted])
    nearest = _nearest(heard, _peaks(heard, np.ones(len(heard))))
    ends = np.cumsum([len(centres[source]) for source in wanted])
    cut: list[np.ndarray] = []
    pieces: list[Piece] = []
    for source, part in zip(wanted, np.split(nearest, ends[:-1]), strict=True):
        owners = _without_short_runs(part)
        runs = np.split(np.arange(len(owners)), np.flatnonzero(np.diff(owners)) + 1)
        for run in runs:
            cut.append(lines[source][run] if len(runs) > 1 else strokes[source])
            points = placed[source][run][:, ::-1]
            pieces.append(Piece(points, centres[source][run], np.ones(len(run)), source))
    return cut, pieces


def _without_short_runs(owners: np.ndarray) -> np.ndarray:
    """Give points that few others of their stroke go with to the longer run beside them."""
    owners = owners.copy()
    while True:
        starts = np.concatenate([[0], np.flatnonzero(np.diff(owners)) + 1, [len(owners)]])
        lengths = np.diff(starts)
        shortest = int(lengths.argmin())
        if len(lengths) == 1 or lengths[shortest] >= LEAST_POINTS:
            return owners
        beside = [run for run in (shortest - 1, shortest + 1) if 0 <= run < len(lengths)]
        longer = max(beside, key=lambda run: lengths[run])
        owners[starts[shortest] : starts[shortest + 1]] = owners[starts[longer]]


def _inked_pieces(ink: np.ndarray, scale: float) -> tuple[np.ndarray, list[Piece]]:
    from scipy import ndimage

    small = _resized(ink, scale)
    votes = shipped().votes(small)
    inked = small > EDGE * small.max(initial=0)
    marks = votes.belongs & inked
    parts, count = ndimage.label(inked, structure=np.ones((3, 3)))
    heard = ndimage.mean(votes.belongs, parts, np.arange(1, count + 1)) > 0.5
    for part in np.flatnonzero(~heard) + 1:
        mask = parts == part
        if _is_like_a_one(np.argwhere(mask)):
            marks |= mask
            votes.centres[mask] = _centre_of(np.argwhere(mask))
    labels = np.full(small.shape, -1)
    if not marks.any():
        return labels, []
    found = _peaks(votes.centres[marks], small[marks])
    labels[marks] = _nearest(votes.centres[marks], found)
    labels = _connected(labels)
    if labels.max() >= MOST_PIECES:
        raise DigitLabError(TOO_MUCH)
    labels = _without_crumbs(labels, small)
    sources, _ = ndimage.label(marks, structure=np.ones((3, 3)))
    pieces = []
    for number in range(labels.max() + 1):
        mask = labels == number
        source = int(np.bincount(sources[mask]).argmax())
        points = np.argwhere(mask).astype(np.float64)
        pieces.append(Piece(points, votes.centres[mask], small[mask], source))
    return labels, pieces


def _line_width(ink: np.ndarray) -> float:
    """Return how wide lines of ink, (height, width), are on average, in pixels; 0 without any."""
    from scipy import ndimage

    marks = np.pad(ink > FAINT, 1)
    if not marks.any():
        return 0.0
    # From the centres of w pixels across a line to paper it is (w + 2) / 4 on average.
    return 4 * float(ndimage.distance_transform_edt(marks)[marks].mean()) - 2


def _is_like_a_one(points: np.ndarray) -> bool:
    """Return whether points, (n, 2), are as high as a digit and no wider: a straight 1 is a line.

    To the network it may as well be the side of a box; but that is higher.
    """
    height, width = np.ptp(points, axis=0) / HEIGHT
    return bool(ONE_HEIGHTS[0] <= height <= ONE_HEIGHTS[1] and width <= height)


def _centre_of(points: np.ndarray) -> np.ndarray:
    """Return the centre of the box around points, for each of them: float64 (n, 2)."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    return np.tile(centre, (len(points), 1))


def _peaks(centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Find where votes gather: (n, 2) with weights (n,) -> float64 (m, 2)."""
    from scipy import ndimage
    from skimage.feature import peak_local_max

    low = centres.min(axis=0) - LEAST_DISTANCE
    places = np.round(centres - low).astype(int)
    votes = np.zeros(places.max(axis=0) + LEAST_DISTANCE + 1)
    np.add.at(votes, tuple(places.T), weights)
    votes = ndimage.gaussian_filter(votes, SCATTER, mode="constant")
    found: np.ndarray = peak_local_max(
        votes, min_distance=LEAST_DISTANCE, threshold_rel=LEAST_VOTES, exclude_border=False
    )
    return found + low


def _nearest(centres: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return the index of the nearest of `found`, int64 (n,)."""
    from scipy.spatial import KDTree

    return np.asarray(KDTree(found).query(centres)[1])


def _connected(labels: np.ndarray) -> np.ndarray:
    """Number the connected parts of each label anew, from 0; -1 stays."""
    from skimage.measure import label

    return np.asarray(label(labels, background=-1, connectivity=2)) - 1


def _without_crumbs(labels: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Give small pieces to the neighbour that they touch most."""
    from scipy import ndimage

    masses = np.bincount(labels[labels >= 0], weights=ink[labels >= 0])
    usual = float(np.median(masses[masses > 0.2 * masses.max()]))
    labels = labels.copy()
    for number in np.argsort(masses).tolist():
        if masses[number] >= CRUMB * usual:
            break
        crumb = labels == number
        touched = labels[ndimage.binary_dilation(crumb, np.ones((3, 3))) & ~crumb]
        if (touched >= 0).any():
            labels[crumb] = np.bincount(touched[touched >= 0]).argmax()
    _, renumbered = np.unique(labels, return_inverse=True)
    return np.where(labels >= 0, renumbered.reshape(labels.shape) - (labels.min() < 0), -1)


def _resized(ink: np.ndarray, scale: float) -> np.ndarray:
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    picture = Image.fromarray(ink.astype(np.float32)).resize((width, height), way)
    return np.clip(np.asarray(picture, dtype=np.float64), 0, 1)


def _enlarged(labels: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Label each inked pixel of the whole picture as the nearest of the small one, if near."""
    from scipy import ndimage

    away, nearest = ndimage.distance_transform_edt(labels < 0, return_indices=True)
    filled = np.where(away <= EDGE_WIDTH, labels[tuple(nearest)], -1)
    rows, columns = (
        np.minimum((np.arange(long) + 0.5) * short // long, short - 1).astype(int)
        for long, short in zip(ink.shape, labels.shape, strict=True)
    )
    return np.where(ink > 0, filled[np.ix_(rows, columns)], -1)
