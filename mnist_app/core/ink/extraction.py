"""Ink extraction: the colours of a picture -> the ink in it.

Nothing is known about a picture from outside: dark on light or light on dark, any colour, any size,
a photograph with a shadow across ruled paper. What differs from its surroundings in the colour of
the ink is extracted; ruling, frames, dust and what reaches in from beyond the edge are left out.
"""

import numpy as np
from PIL import Image

from mnist_app.core.images.pictures import WORKING_SIDE
from mnist_app.core.ink import SMALL_SIDE

# Set by hand: `python -m benchmarks.photographed` shows what a change costs.

# The light changes slowly: this many pixels a side hold it.
GROUND_SIDE = 40
# Paper has grain and a camera has noise; fainter marks than this are not ink.
LEAST_CONTRAST = 0.05
# A shadow leaves at least this much of the light, in units of white.
LEAST_LIGHT = 0.2
# In standard deviations of the noise: ink has a pixel beyond the second and none below the first.
NOISE_LEVELS = (4.0, 8.0)
# Wider than any stroke, as a fraction of the picture's longer side.
WIDER_THAN_STROKES = 0.3
# Ink has ended this far beside it, as a fraction of the picture's longer side,
RING = 0.012
# on this fraction of its outline.
LEAST_FALLEN = 0.65
# A marker may fill most of a field as wide as its strokes, but not of this one.
WIDER_THAN_MARKERS = 0.6
# Dust is smaller than this fraction of the largest piece of ink.
DUST_FRACTION = 0.03
# A piece smaller than this fraction of the largest is a speck when it is farther from all larger
# ones than that fraction of the largest extent.
SPECK_FRACTION = 0.15
SPECK_DISTANCE = 0.5
# Beside a digit, what is at most this many times as high and thick, or as low and thin, is a digit
# that the picture's edge cuts, and nothing that reaches in.
ALIKE = 1.6
# A piece inside the picture is the subject from this fraction of the largest extent on.
INNER_FRACTION = 0.15
# A frame fills this fraction of the box around it, once its hole is filled.
FRAME_FILLS = 0.8
# A frame's content has at least this fraction of the frame's height.
CONTENT_FRACTION = 0.2
# What is paler than this fraction of a piece's full ink is its soft edge or the paper's grain.
PALEST = 0.2
# How steeply ink rises from paper to full, in terms of its contrast.
SHARPNESS = 2
# Lines this far from level or upright, in degrees, may be ruling.
RULING_SLANT = 8
# A ruled line covers at least this fraction of the picture's width or height.
RULING_FRACTION = 0.6
# It may have gaps, but reaches from side to side, which no stroke does.
UNBROKEN_FRACTION = 0.8
# A line of ruling is thinner than this fraction of the picture's longer side.
THICKEST_RULING = 0.025
MOST_LINES = 60
# Ink is told from ruling by its contrast if there is enough that is so much stronger.
STRONGER_THAN_RULING = 1.2
STRONG_FRACTION = 0.1


def extract_ink(colours: np.ndarray, several: bool = False) -> np.ndarray:
    """Find the ink in a picture.

    Args:
        colours: float (height, width, channels) in 0..1.
        several: whether there are several digits, of which the picture's edge may cut some.

    Returns:
        Float64 (height, width) in 0..1: 0 is background, 1 full ink; all zero for a blank picture.
    """
    if max(colours.shape[:2]) <= SMALL_SIDE:
        return _without_dust(_small_contrast(colours))
    direction = _ink_direction(colours - _surroundings(colours))
    tone, ground = _tone_and_ground(colours @ direction)
    contrast = _contrast(tone, ground, is_dark=direction.sum() < -0.5)
    marks = _without_ruling(contrast, _without_frames(_marks(contrast)))
    marks &= contrast > _half_levels(contrast, marks)
    return _levelled(contrast, _writing(_without_steps(marks, tone, ground), several))


def _small_contrast(colours: np.ndarray) -> np.ndarray:
    """Measure each pixel's difference from the border, float64 (height, width) in 0..1."""
    difference = colours - _border(colours)
    contrast = np.maximum(difference @ _ink_direction(difference), 0)
    peak = contrast.max()
    return contrast / peak if peak >= 2 * LEAST_CONTRAST else np.zeros(contrast.shape)


def _tone_and_ground(tone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's smoothed tone along the ink's colour, and that of the paper there.

    All are float64 (height, width), in units of the colours' range.
    """
    from scipy import ndimage

    longer = max(tone.shape)
    tone = ndimage.gaussian_filter(tone, longer / WORKING_SIDE)
    # The ground follows the edge of a shadow, which a mean or a median would smear.
    side = round(WIDER_THAN_STROKES * longer)
    return tone, ndimage.grey_opening(tone, size=(side, side))


def _contrast(tone: np.ndarray, ground: np.ndarray, is_dark: bool) -> np.ndarray:
    """Measure each pixel's difference from the paper as a fraction of the light there."""
    # Dark ink takes the same fraction of the light wherever it falls.
    light = np.maximum(-ground, LEAST_LIGHT) if is_dark else 1.0
    above = (tone - ground) / light
    # Noise alone lifts the paper above its ground.
    return above - _percentile(above, 30, WIDER_THAN_MARKERS)


def _border(colours: np.ndarray) -> np.ndarray:
    edges = [colours[0], colours[-1], colours[:, 0], colours[:, -1]]
    return np.median(np.concatenate(edges), axis=0)


def _surroundings(colours: np.ndarray) -> np.ndarray:
    """Estimate the colour of each pixel without ink, in the same shape."""
    layers = [
        _percentile(colours[..., channel], 50, WIDER_THAN_STROKES)
        for channel in range(colours.shape[2])
    ]
    return np.stack(layers, axis=-1)


def _percentile(layer: np.ndarray, percentile: int, fraction: float) -> np.ndarray:
    """Return a percentile of the square around each pixel, `fraction` of the longer side wide."""
    from scipy import ndimage

    height, width = layer.shape
    scale = GROUND_SIDE / max(height, width)
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(layer.astype(np.float32))
    small = np.asarray(picture.resize(small_size, Image.Resampling.BOX))
    smooth = ndimage.percentile_filter(
        small, percentile, size=round(fraction * GROUND_SIDE), mode="nearest"
    )
    back = Image.fromarray(smooth).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(back, dtype=np.float64)


def _ink_direction(difference: np.ndarray) -> np.ndarray:
    """Find the direction in colour space, float64 (channels,), in which ink leaves the paper.

    It is the first principal axis; ink is the lesser part, so the longer tail is its side.
    """
    flat = difference.reshape(-1, difference.shape[-1])
    _, axes = np.linalg.eigh(flat.T @ flat)
    axis = axes[:, -1] / np.abs(axes[:, -1]).sum()
    along = flat @ axis
    return axis if along @ (along * along) > 0 else -axis


def _marks(contrast: np.ndarray) -> np.ndarray:
    """Mark what stands out from grain and noise, bool (height, width)."""
    from scipy import ndimage
    from skimage.filters import apply_hysteresis_threshold

    # Of small squares the flattest are paper and hold nothing but noise.
    variance = ndimage.uniform_filter(contrast**2, 5) - ndimage.uniform_filter(contrast, 5) ** 2
    deviation = float(np.sqrt(max(np.percentile(variance, 10), 0)))
    low, high = (max(LEAST_CONTRAST, level * deviation) for level in NOISE_LEVELS)
    return apply_hysteresis_threshold(contrast, low, high)


def _half_levels(contrast: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Return half the contrast that ink has around each pixel; infinity where there is none.

    A stroke grows pale where the pen runs dry, but not at once: far from ink as dark as the piece
    is elsewhere, paler ink counts.
    """
    from scipy import ndimage

    pieces, count = _pieces(marks)
    if not count:
        return np.full(marks.shape, np.inf)
    full = ndimage.labeled_comprehension(
        contrast, pieces, np.arange(1, count + 1), lambda part: np.percentile(part, 90), float, 0
    )
    usual = np.concatenate([[np.inf], full])[pieces]
    reach = 2 * max(1, round(RING * max(marks.shape))) + 1
    around = ndimage.maximum_filter(np.where(marks, contrast, 0), reach)
    return np.maximum(np.minimum(around, usual) / 2, PALEST * usual)


def _pieces(marks: np.ndarray) -> tuple[np.ndarray, int]:
    """Label connected pieces from 1, 0 elsewhere; return the labels and their number."""
    from scipy import ndimage

    return ndimage.label(marks, structure=np.ones((3, 3)))


def _without_frames(marks: np.ndarray) -> np.ndarray:
    """Leave out rectangles around something that may be writing."""
    from scipy import ndimage

    pieces, _ = _pieces(marks)
    places = ndimage.find_objects(pieces)
    frames = [
        number
        for number, place in enumerate(places, start=1)
        if _is_frame(pieces[place], number, places)
    ]
    return marks & ~np.isin(pieces, frames)


def _is_frame(pieces: np.ndarray, number: int, places: list[tuple[slice, slice]]) -> bool:
    """Return whether a piece is such a rectangle; `pieces` is cut to it."""
    from scipy import ndimage

    height, width = pieces.shape
    if min(height, width) < SMALL_SIDE:
        return False
    filled = ndimage.binary_fill_holes(pieces == number)
    if filled.mean() < FRAME_FILLS:
        return False
    content = set(np.unique(pieces[filled])) - {0, number}
    heights = (places[other - 1][0].stop - places[other - 1][0].start for other in content)
    return max(heights, default=0) >= CONTENT_FRACTION * height


def _without_ruling(contrast: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Leave out straight lines that cross the whole picture, nearly level or upright."""
    from scipy import ndimage

    side = max(5, round(THICKEST_RULING * max(marks.shape)))
    thin = marks & ~ndimage.grey_opening(marks, size=(side, side))
    ruling = thin & _ruling(marks)
    if not ruling.any():
        return marks
    rest = marks & ~ruling
    strong = marks & (contrast > STRONGER_THAN_RULING * np.percentile(contrast[ruling], 85))
    if strong.sum() > STRONG_FRACTION * rest.sum():
        return strong
    # Where a stroke as faint as the line crosses it, both sides of the line are ink.
    return rest | (ruling & ndimage.binary_closing(rest, np.ones((9, 9))))


def _ruling(marks: np.ndarray) -> np.ndarray:
    """Mark the pixels near lines found by Hough's transform (Duda, Hart, 1972)."""
    from skimage.transform import hough_line, hough_line_peaks

    slants = np.radians(np.arange(-RULING_SLANT, RULING_SLANT + 0.1, 0.25))
    rows, columns = np.indices(marks.shape)
    reach = max(1.5, 3 * max(marks.shape) / WORKING_SIDE)
    near = np.zeros(marks.shape, dtype=bool)
    for axis, angles in ((1, slants), (0, slants + np.pi / 2)):
        votes = hough_line(marks, angles)
        _, tilts, distances = hough_line_peaks(
            *votes,
            min_distance=4,
            threshold=RULING_FRACTION * marks.shape[1 - axis],
            num_peaks=MOST_LINES,
        )
        for tilt, distance in zip(tilts, distances, strict=True):
            away = columns * np.cos(tilt) + rows * np.sin(tilt) - distance
            band = np.abs(away) <= reach
            if _crosses(marks, band, axis):
                near |= band
    return near


def _crosses(marks: np.ndarray, band: np.ndarray, axis: int) -> bool:
    """Return whether marks fill a band from one side of the picture to the other."""
    passed = band.any(axis=axis)
    return (marks & band).any(axis=axis).sum() >= UNBROKEN_FRACTION * passed.sum()


def _without_steps(marks: np.ndarray, tone: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Leave out what ends on one side only: the edge of a sheet, of a shadow, of a light.

    Around ink the tone falls back towards the paper's wherever one looks.
    """
    from scipy import ndimage

    reach = max(2, round(RING * max(marks.shape)))
    pieces, count = _pieces(marks)
    size = 2 * reach + 1
    owner = ndimage.maximum_filter(pieces, size)
    midway = ndimage.maximum_filter(np.where(marks, (tone + ground) / 2, -np.inf), size)
    ring = (owner > 0) & ~ndimage.binary_dilation(marks, np.ones((3, 3)), iterations=reach // 2)
    around = np.bincount(owner[ring], minlength=count + 1)
    fallen = np.bincount(owner[ring & (tone < midway)], minlength=count + 1)
    ends = fallen >= LEAST_FALLEN * around
    ends[0] = False
    return ends[pieces] if ends.any() else marks


def _writing(marks: np.ndarray, several: bool) -> np.ndarray:
    """Leave out what reaches in from beyond the edge, dust, and specks far from the writing."""
    from scipy import ndimage

    pieces, count = _pieces(marks)
    places = ndimage.find_objects(pieces)
    extents = np.array([0, *(max(side.stop - side.start for side in place) for place in places)])
    areas = np.bincount(pieces.ravel(), minlength=count + 1)
    areas[0] = 0
    at_edge = np.zeros(count + 1, dtype=bool)
    at_edge[np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])] = True
    if extents[~at_edge].max(initial=0) >= INNER_FRACTION * extents.max():
        subject = int(np.where(at_edge, 0, extents).argmax())
        areas[at_edge & ~(several & _in_line_with(subject, pieces, places))] = 0
    large = areas >= SPECK_FRACTION * areas.max(initial=1)
    away = ndimage.distance_transform_edt(~large[pieces])
    far = ndimage.minimum(away, pieces, np.arange(count + 1)) > SPECK_DISTANCE * extents.max()
    return (large | (areas >= max(1, DUST_FRACTION * areas.max())) & ~far)[pieces]


def _in_line_with(
    subject: int, pieces: np.ndarray, places: list[tuple[slice, slice]]
) -> np.ndarray:
    """Mark the pieces beside a subject, about as high and as thick, bool (pieces + 1,)."""
    from scipy import ndimage

    numbers = np.arange(len(places) + 1)
    thickness = ndimage.mean(ndimage.distance_transform_edt(pieces > 0), pieces, numbers)
    rows = np.array([(0, 0), *((place[0].start, place[0].stop) for place in places)])
    heights = rows[:, 1] - rows[:, 0]
    shared = np.minimum(rows[:, 1], rows[subject, 1]) - np.maximum(rows[:, 0], rows[subject, 0])
    alike = shared >= heights[subject] / ALIKE
    for values in (heights, thickness):
        alike &= (values >= values[subject] / ALIKE) & (values <= values[subject] * ALIKE)
    return alike


def _without_dust(ink: np.ndarray) -> np.ndarray:
    pieces, count = _pieces(ink > 0)
    areas = np.bincount(pieces.ravel(), weights=ink.ravel(), minlength=count + 1)
    return np.where((areas >= DUST_FRACTION * areas.max())[pieces], ink, 0)


def _levelled(contrast: np.ndarray, writing: np.ndarray) -> np.ndarray:
    """Level the ink: 0.5 where it has half the contrast of its own piece."""
    from scipy import ndimage

    half = _half_levels(contrast, writing)
    # The soft edge of a piece lies just outside of what surely belongs to it.
    around = ndimage.minimum_filter(half, size=3)
    return np.clip(0.5 + SHARPNESS * (contrast / around - 1) / 2, 0, 1)
