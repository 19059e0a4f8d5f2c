"""Pictures: bytes from outside -> upright colours, and arrays -> PNG."""

import base64
import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from mnist_app.core.errors import DigitLabError, Temporary

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# With that of iPhones' photographs, as people know them, and how the names of such files end.
KINDS = "PNG, JPEG, WebP, HEIC, GIF, BMP or TIFF"
ENDINGS = ("png", "jpg", "jpeg", "webp", "heic", "heif", "gif", "bmp", "tif", "tiff")
# Twelve million pixels of 16 bits a colour that were not packed take 72 MB.
MAX_BYTES = 80_000_000
MAX_PIXELS = 50_000_000
# More detail than this does not survive the way into 28 x 28.
WORKING_SIDE = 512
# But many digits stand on a page.
PAGE_SIDE = 1280
# Colours of numbers above and below zero, red, green and blue; told apart by people who see red and
# green alike.
ABOVE, BELOW = (47, 123, 246), (232, 131, 58)


@dataclass(frozen=True)
class Picture:
    """A picture as it stands upright.

    Attributes:
        colours: float64 (height, width, channels) in 0..1, one channel
            or three, transparency resolved.
        scale: pixels of the original for one of these.
    """

    colours: np.ndarray
    scale: float


def decode(data: bytes, most_pixels: int = MAX_PIXELS, side: int = WORKING_SIDE) -> Picture:
    """Decode a picture.

    Args:
        data: the bytes of a PNG, JPEG, WebP, HEIC, GIF (its first frame), BMP or TIFF file.
        most_pixels: a larger picture is refused.
        side: the result has no more pixels a side.

    Raises:
        DigitLabError: it is no such picture, broken, or too large.
    """
    if not data:
        raise DigitLabError("This picture file is empty. Choose another.")
    if len(data) > MAX_BYTES:
        raise DigitLabError(
            f"This picture is larger than {MAX_BYTES // 1_000_000} MB. Choose a smaller one."
        )
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=_formats(data))
            longer = max(picture.size)
            if picture.width * picture.height > most_pixels:
                raise Image.DecompressionBombError
            picture.draft("RGB", (side, side))
            picture.load()
            small = ImageOps.exif_transpose(_shrunk(picture, side))
            return Picture(_colours(small), longer / max(small.size))
    except UnidentifiedImageError as error:
        raise DigitLabError(f"This file cannot be opened as a picture. Try {KINDS}.") from error
    except Image.DecompressionBombError as error:
        raise DigitLabError(
            f"This picture has more than {most_pixels // 1_000_000} million pixels. "
            "Choose a smaller one."
        ) from error
    except MemoryError as error:
        raise Temporary(
            "There is not enough memory for this picture right now. Try again in a minute, or "
            "choose a smaller one."
        ) from error
    except Exception as error:
        # Inside a broken file a decoder may stumble in any way.
        raise DigitLabError("This picture is damaged. Save it again or choose another.") from error


def _formats(data: bytes) -> tuple[str, ...]:
    """Return what a file may be; Pillow learns HEIF when the first such file comes."""
    if data[4:8] != b"ftyp":
        return FORMATS
    import pillow_heif

    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _shrunk(picture: Image.Image, side: int) -> Image.Image:
    """Return the picture with at most `side` pixels a side."""
    if picture.mode in ("1", "P", "PA"):
        # These shrink by dropping pixels, and a thin line with them.
        upright = ImageOps.exif_transpose(picture)
        picture = upright.convert("L" if picture.mode == "1" else "RGBA")
    picture.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    return picture


def _colours(picture: Image.Image) -> np.ndarray:
    """Return float64 (height, width, channels) in 0..1, transparency resolved."""
    if picture.mode.startswith(("I", "F")):
        values = np.array(picture, dtype=np.float64)[..., None]
        # Where a scanner or a program knew no value.
        known = np.isfinite(values)
        low, high = (
            (float(values[known].min()), float(values[known].max())) if known.any() else (0, 0)
        )
        values[~known] = low
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


def png(picture: np.ndarray) -> bytes:
    """Encode a picture, uint8 (height, width) or with 3 or 4 channels after these, as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def png_base64(picture: np.ndarray) -> str:
    """Encode a picture as `png` does, as a text for a page."""
    return base64.b64encode(png(picture)).decode()


def signed(values: np.ndarray) -> np.ndarray:
    """Map numbers to colours: white is zero, blue above, orange below.

    Args:
        values: float (height, width); the one farthest from zero has the strongest colour.

    Returns:
        uint8 (height, width, 3).
    """
    fractions = values / max(float(np.abs(values).max()), 1e-12)
    ends = np.where(fractions[..., None] > 0, ABOVE, BELOW)
    return np.round(255 + np.abs(fractions)[..., None] * (ends - 255)).astype(np.uint8)
