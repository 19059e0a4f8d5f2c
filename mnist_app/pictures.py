"""Pictures: bytes from outside -> ink, and arrays -> PNG.

Nothing is known about a picture from outside: dark on light or light on dark, any colour, any size,
a photograph with a shadow across ruled paper. What differs from its surroundings in the colour of
the ink is lifted out, what is no writing (ruling, frames, dust, what reaches in from beyond the
edge) is left out, and from there a picture takes the same way as strokes do (`ink`).
"""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from mnist_app.errors import DigitLabError
from mnist_app.ink import BOX

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_BYTES = 30_000_000
MAX_PIXELS = 50_000_000
# More detail than this does not survive the way into 28 x 28.
WORKING_SIDE = 512
# A picture as small as this is all digit: its own border is its background.
SMALL_SIDE = 64
# The light changes slowly: this many pixels a side hold it.
GROUND_SIDE = 40
# Paper has grain and a camera has noise; fainter marks than this are not ink.
LEAST_CONTRAST = 0.05
# A shadow leaves at least this much of the light, in units of white.
LEAST_LIGHT = 0.2
# In standard deviations of the noise: ink has a pixel beyond the second and none below the first.
NOISE_LEVELS = (4.0, 8.0)
# Wider than any stroke, as a share of the picture's longer side.
WIDER_THAN_STROKES = 0.3
# Dust is smaller than this share of the largest piece of ink.
DUST_SHARE = 0.03
# A piece within the picture with this share of the largest one's area is what was photographed.
INNER_SHARE = 0.15
# A frame fills this share of the box around it, once its hole is filled.
FRAME_FILLS = 0.8
# A frame's content has at least this share of the frame's height.
CONTENT_SHARE = 0.2
# How steeply ink rises from paper to full, in terms of its contrast.
SHARPNESS = 2
# Lines this far from level or upright, in degrees, may be ruling.
RULING_SLANT = 8
# A ruled line covers at least this share of the picture's width or height.
RULING_SHARE = 0.6
# It may have gaps, but reaches from side to side, which no stroke does.
UNBROKEN_SHARE = 0.8
# A line of ruling is thinner than this share of the picture's longer side.
THICKEST_RULING = 0.025
MOST_LINES = 60
# Ink is told from ruling by its contrast if there is enough that is so much stronger.
STRONGER_THAN_RULING = 1.2
STRONG_SHARE = 0.1
# Between these, in pixels of MNIST's box, a line is as thick as MNIST's are.
STROKE_WIDTHS = (2.0, 4.0)
# A digit's longer side while the thickness of its lines is changed, in pixels.
FINE_SIDE = 160


@dataclass(frozen=True)
class Lifted:
    """The ink of a picture.

    Attributes:
        ink: float64 (height, width) in 0..1, at most 512 pixels a side: 0 is background, 1 full
            ink, all zero for a blank picture.
        scale: pixels of the upright original for one pixel of `ink`.
    """

    ink: np.ndarray
    scale: float


def lift(data: bytes) -> Lifted:
    """Find the ink in an encoded picture.

    Args:
        data: the bytes of a PNG, JPEG, WebP, GIF (its first frame), BMP or TIFF file.

    Raises:
        DigitLabError: it is no such picture, broken, or too large.
    """
    pixels, scale = _decoded(data)
    return Lifted(_ink(pixels), scale)


def ink_from_picture(data: bytes) -> np.ndarray:
    """The ink alone; see `lift`."""
    return lift(data).ink


def _decoded(data: bytes) -> tuple[np.ndarray, float]:
    """Colours, float64 (height, width, channels) in 0..1, and the scale of the original."""
    if not data:
        raise DigitLabError("The picture is empty: choose another one.")
    if len(data) > MAX_BYTES:
        raise DigitLabError(
            f"The picture is larger than {MAX_BYTES // 1_000_000} MB: choose a smaller one."
        )
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            longer = max(picture.size)
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
            picture.load()
            small = ImageOps.exif_transpose(_shrunk(picture))
            return _colours(small), longer / max(small.size)
    except UnidentifiedImageError as error:
        raise DigitLabError(
            "This is not a picture that can be read: use PNG, JPEG, WebP, GIF, BMP or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise DigitLabError(
            f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels: "
            "choose a smaller one."
        ) from error
    except (
        OSError, SyntaxError, ValueError, EOFError, MemoryError,
        OverflowError, IndexError, KeyError, TypeError, AttributeError, RuntimeError,
    ) as error:  # fmt: skip
        raise DigitLabError("The picture is broken: save it again or choose another.") from error


def _shrunk(picture: Image.Image) -> Image.Image:
    """The picture, at most 512 pixels a side."""
    if picture.mode in ("1", "P", "PA"):
        # These shrink by dropping pixels, and a thin line with them.
        upright = ImageOps.exif_transpose(picture)
        picture = upright.convert("L" if picture.mode == "1" else "RGBA")
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX, reducing_gap=None)
    return picture


def _colours(picture: Image.Image) -> np.ndarray:
    """Float64 (height, width, channels) in 0..1, transparency resolved."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, dtype=np.float64)[..., None]
        low, high = float(values.min()), float(values.max())
        # Deep greys come in many ranges; only the difference between ink and ground counts.
        return (values - low) / (high - low) if high > low else np.zeros(values.shape)
    layers = np.asarray(picture.convert("RGBA"), dtype=np.float64) / 255
    colours, alpha = layers[..., :3], layers[..., 3:]
    if alpha.min() == 1:
        return colours
    # Ink on nothing: lay it on whatever it stands out from.
    visible_tone = float((colours * alpha).sum() / max(3 * alpha.sum(), 1e-9))
    ground = 0.0 if visible_tone > 0.5 else 1.0
    return colours * alpha + ground * (1 - alpha)


def _ink(colours: np.ndarray) -> np.ndarray:
    contrast = _contrast(colours)
    if max(contrast.shape) <= SMALL_SIDE or not contrast.any():
        return _without_dust(contrast)
    marks = _without_ruling(contrast, _without_frames(_marks(contrast)))
    marks &= contrast > _half_levels(contrast, marks)
    return _levelled(contrast, _writing(marks))


def _contrast(colours: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the paper around it towards the ink's colour.

    Returns:
        Float64 (height, width) from 0, in units of the colours' range; all zero where nothing
        stands out.
    """
    from scipy import ndimage

    longer = max(colours.shape[:2])
    is_small = longer <= SMALL_SIDE
    difference = colours - (_border(colours) if is_small else _ground(colours, 50))
    direction = _ink_direction(difference)
    if is_small:
        contrast = np.maximum(difference @ direction, 0)
        peak = contrast.max()
        return contrast / peak if peak >= 2 * LEAST_CONTRAST else np.zeros(contrast.shape)
    tone = ndimage.gaussian_filter(colours @ direction, longer / WORKING_SIDE)
    # The ground follows the edge of a shadow, which a mean or a median would smear.
    side = round(WIDER_THAN_STROKES * longer)
    ground = ndimage.grey_opening(tone, size=(side, side))
    # Dark ink takes the same share of the light wherever it falls.
    light = np.maximum(-ground, LEAST_LIGHT) if direction.sum() < -0.5 else 1.0
    above = (tone - ground) / light
    return above - _ground(above[..., None], 30)[..., 0]


def _border(colours: np.ndarray) -> np.ndarray:
    edges = [colours[0], colours[-1], colours[:, 0], colours[:, -1]]
    return np.median(np.concatenate(edges), axis=0)


def _ground(colours: np.ndarray, percentile: int) -> np.ndarray:
    """Roughly what the paper would look like without ink, of the same shape."""
    from scipy import ndimage

    height, width, channels = colours.shape
    scale = GROUND_SIDE / max(height, width)
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    side = round(WIDER_THAN_STROKES * GROUND_SIDE)
    grounds = []
    for channel in range(channels):
        picture = Image.fromarray(colours[..., channel].astype(np.float32))
        small = np.asarray(picture.resize(small_size, Image.Resampling.BOX))
        smooth = ndimage.percentile_filter(small, percentile, size=side, mode="nearest")
        back = Image.fromarray(smooth).resize((width, height), Image.Resampling.BILINEAR)
        grounds.append(np.asarray(back, dtype=np.float64))
    return np.stack(grounds, axis=-1)


def _ink_direction(difference: np.ndarray) -> np.ndarray:
    """The direction in colour space, float64 (channels,), in which ink leaves the paper.

    It is the first principal axis; ink is the lesser part, so the longer tail is its side.
    """
    flat = difference.reshape(-1, difference.shape[-1])
    _, axes = np.linalg.eigh(flat.T @ flat)
    axis = axes[:, -1] / np.abs(axes[:, -1]).sum()
    return axis if ((flat @ axis) ** 3).sum() > 0 else -axis


def _marks(contrast: np.ndarray) -> np.ndarray:
    """Bool (height, width): what stands out from grain and noise."""
    from scipy import ndimage
    from skimage.filters import apply_hysteresis_threshold

    # Of small squares the flattest are paper and hold nothing but noise.
    variance = ndimage.uniform_filter(contrast**2, 5) - ndimage.uniform_filter(contrast, 5) ** 2
    deviation = float(np.sqrt(max(np.percentile(variance, 10), 0)))
    low, high = (max(LEAST_CONTRAST, level * deviation) for level in NOISE_LEVELS)
    return apply_hysteresis_threshold(contrast, low, high)


def _half_levels(contrast: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Half the contrast of the piece of ink that a pixel belongs to; infinite where none is."""
    from scipy import ndimage

    pieces, count = _pieces(marks)
    if not count:
        return np.full(marks.shape, np.inf)
    full = ndimage.labeled_comprehension(
        contrast, pieces, np.arange(1, count + 1), lambda part: np.percentile(part, 90), float, 0
    )
    return np.concatenate([[np.inf], full / 2])[pieces]


def _pieces(marks: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the connected pieces from 1, 0 elsewhere; and how many there are."""
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
    """Whether a piece is such a rectangle; `pieces` is cut to it."""
    from scipy import ndimage

    height, width = pieces.shape
    if min(height, width) < SMALL_SIDE:
        return False
    filled = ndimage.binary_fill_holes(pieces == number)
    if filled.mean() < FRAME_FILLS:
        return False
    content = set(np.unique(pieces[filled])) - {0, number}
    heights = (places[other - 1][0].stop - places[other - 1][0].start for other in content)
    return max(heights, default=0) >= CONTENT_SHARE * height


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
    if strong.sum() > STRONG_SHARE * rest.sum():
        return strong
    # Where a stroke as faint as the line crosses it, both sides of the line are ink.
    return rest | (ruling & ndimage.binary_closing(rest, np.ones((9, 9))))


def _ruling(marks: np.ndarray) -> np.ndarray:
    """Bool (height, width): near a straight line found by Hough's transform (Duda, Hart, 1972)."""
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
            threshold=RULING_SHARE * marks.shape[1 - axis],
            num_peaks=MOST_LINES,
        )
        for tilt, distance in zip(tilts, distances, strict=True):
            away = columns * np.cos(tilt) + rows * np.sin(tilt) - distance
            band = np.abs(away) <= reach
            if _crosses(marks, band, axis):
                near |= band
    return near


def _crosses(marks: np.ndarray, band: np.ndarray, axis: int) -> bool:
    """Whether marks fill a band from one side of the picture to the other."""
    passed = band.any(axis=axis)
    return (marks & band).any(axis=axis).sum() >= UNBROKEN_SHARE * passed.sum()


def _writing(marks: np.ndarray) -> np.ndarray:
    """Leave out what reaches in from beyond the edge, and dust."""
    pieces, count = _pieces(marks)
    areas = np.bincount(pieces.ravel(), minlength=count + 1)
    areas[0] = 0
    at_edge = np.zeros(count + 1, dtype=bool)
    at_edge[np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])] = True
    if areas[~at_edge].max(initial=0) >= INNER_SHARE * areas.max():
        areas[at_edge] = 0
    return (areas >= max(1, DUST_SHARE * areas.max()))[pieces]


def _without_dust(ink: np.ndarray) -> np.ndarray:
    pieces, count = _pieces(ink > 0)
    areas = np.bincount(pieces.ravel(), weights=ink.ravel(), minlength=count + 1)
    return np.where((areas >= DUST_SHARE * areas.max())[pieces], ink, 0)


def _levelled(contrast: np.ndarray, writing: np.ndarray) -> np.ndarray:
    """Ink of even strength: 0.5 where it has half the contrast of its own piece."""
    from scipy import ndimage

    half = _half_levels(contrast, writing)
    # The soft edge of a piece lies just outside of what surely belongs to it.
    around = ndimage.minimum_filter(half, size=3)
    return np.clip(0.5 + SHARPNESS * (contrast / around - 1) / 2, 0, 1)


def with_usual_pen(ink: np.ndarray, side: int = FINE_SIDE) -> np.ndarray:
    """Redraw a digit whose lines are much thinner or thicker than MNIST's.

    Args:
        ink: float (height, width) in 0..1, one digit.
        side: its longer side meanwhile, in pixels; a smaller one is faster and rougher.

    Returns:
        The digit, float64 in 0..1 of another size, or `ink` itself if there is nothing to do.
    """
    from scipy import ndimage

    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if max(len(rows), len(columns)) < SMALL_SIDE:
        return ink
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = side / max(cut.shape)
    picture = Image.fromarray(cut.astype(np.float32))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    fine = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    marks = np.pad(fine > 0.5, side // 4)
    if not marks.any():
        return ink
    inside = ndimage.distance_transform_edt(marks)
    # Across a line of width w the distance to its edge has the mean w / 4.
    width = 4 * float(inside[marks].mean())
    length = max(side - width, width)
    low, high = (length * usual / (BOX - usual) for usual in STROKE_WIDTHS)
    wanted = min(max(width, low), max(high, width / 2))
    if wanted == width:
        return ink
    signed = inside - ndimage.distance_transform_edt(~marks)
    return np.clip(signed + (wanted - width) / 2 + 0.5, 0, 1)


def png(picture: np.ndarray) -> bytes:
    """Encode a picture, uint8 (height, width) or (height, width, 3), as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()
