"""Pictures: bytes from outside -> ink, and arrays -> PNG.

Nothing is known about a picture from outside: dark on light or light on dark, any size, a
photograph with a shadow across it. The background is estimated locally, what differs from it is
lifted out as ink, and from there a picture takes the same way as strokes do (`ink`).
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from mnist_app.errors import DigitLabError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_BYTES = 30_000_000
MAX_PIXELS = 50_000_000
# More detail than this does not survive the way into 28 x 28.
WORKING_SIDE = 512
# A picture as small as this is all digit: its own border is its background.
SMALL_SIDE = 64
# Paper has grain and a camera has noise; fainter marks than this are not ink.
LEAST_CONTRAST = 0.06
# Dust is smaller than this share of all the ink.
DUST_SHARE = 0.02


def ink_from_picture(data: bytes) -> np.ndarray:
    """Find the ink in an encoded picture.

    Args:
        data: the bytes of a PNG, JPEG, WebP, GIF (its first frame), BMP or TIFF file.

    Returns:
        float64 (height, width) in 0..1, at most 512 pixels a side: 0 is background, 1 full ink,
        all zero for a blank picture.

    Raises:
        DigitLabError: it is no such picture, broken, or too large.
    """
    return _lift(_luminance(_decoded(data)))


def _decoded(data: bytes) -> Image.Image:
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
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("L", (WORKING_SIDE, WORKING_SIDE))
            picture.load()
            return ImageOps.exif_transpose(picture)
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


def _luminance(picture: Image.Image) -> np.ndarray:
    """Float64 (height, width) in 0..1, shrunk to the working size, transparency resolved."""
    if picture.mode in ("1", "P", "PA"):
        # These shrink by dropping pixels, and a thin line with them.
        picture = picture.convert("L" if picture.mode == "1" else "RGBA")
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX, reducing_gap=None)
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        # Deep greys come in many ranges; only the difference between ink and ground counts.
        return (values - low) / (high - low) if high > low else np.zeros(values.shape)
    layers = np.asarray(picture.convert("RGBA").convert("LA"), dtype=np.float64) / 255
    grey, alpha = layers[..., 0], layers[..., 1]
    if alpha.min() == 1:
        return grey
    # Ink on nothing: lay it on whatever it stands out from.
    visible_tone = float((grey * alpha).sum() / max(alpha.sum(), 1e-9))
    ground = 0.0 if visible_tone > 0.5 else 1.0
    return grey * alpha + ground * (1 - alpha)


def _lift(grey: np.ndarray) -> np.ndarray:
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    difference = grey - _background(grey)
    dark, light = np.percentile(difference, [0.5, 99.5])
    if max(-dark, light) < LEAST_CONTRAST:
        # A thin line in a large blank picture covers less than these percentiles.
        dark, light = difference.min(), difference.max()
        if max(-dark, light) < 2 * LEAST_CONTRAST:
            return np.zeros(grey.shape)
    ink = np.clip(difference / (dark if -dark > light else light), 0, 1)
    mask = ink > threshold_otsu(ink) * 0.6
    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=count + 1)
    areas[0] = 0
    kept = areas >= DUST_SHARE * areas.sum()
    return np.where(kept[parts], ink, 0)


def _background(grey: np.ndarray) -> np.ndarray:
    """What the paper would look like without ink, float64 of the same shape."""
    from scipy import ndimage

    if max(grey.shape) <= SMALL_SIDE:
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        return np.full(grey.shape, np.median(border))
    height, width = grey.shape
    scale = SMALL_SIDE / max(height, width)
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(grey.astype(np.float32))
    small = np.asarray(picture.resize(small_size, Image.Resampling.BOX))
    # A median over a third of the picture passes over any stroke but follows a shadow.
    smooth = ndimage.median_filter(small, size=SMALL_SIDE // 3, mode="nearest")
    back = Image.fromarray(smooth).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(back, dtype=np.float64)


def png(picture: np.ndarray) -> bytes:
    """Encode a picture, uint8 (height, width) or (height, width, 3), as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()
