"""A picture that was read, small enough for a page, with a frame around each digit found in it."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from mnist_app.pictures import FORMATS

Box = tuple[float, float, float, float]

# The longer side of the result, in pixels.
SIDE = 640
COLOUR = "#e8833a"
LINE = 3
_ORIENTATION = 0x0112


def framed(data: bytes, boxes: Sequence[Box]) -> bytes:
    """Draw frames into a picture that `pictures.opened` could read.

    Args:
        data: the bytes of its file.
        boxes: x, y, width and height, in pixels of the picture as it stands upright, y down.

    Returns:
        The bytes of a JPEG file, at most `SIDE` pixels a side.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        lies = picture.getexif().get(_ORIENTATION, 1) >= 5
        full_width = picture.height if lies else picture.width
        picture.draft("RGB", (SIDE, SIDE))
        small = ImageOps.exif_transpose(picture)
        # First, because what is transparent or has a palette shrinks badly.
        small = _opaque(small)
    small.thumbnail((SIDE, SIDE))
    pen, scale = ImageDraw.Draw(small), small.width / full_width
    for x, y, width, height in boxes:
        corners = (x * scale, y * scale, (x + width) * scale, (y + height) * scale)
        margin = 2 * LINE
        pen.rounded_rectangle(
            (corners[0] - margin, corners[1] - margin, corners[2] + margin, corners[3] + margin),
            radius=margin,
            outline=COLOUR,
            width=LINE,
        )
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def _opaque(picture: Image.Image) -> Image.Image:
    """The picture in colours, on grey where it is transparent."""
    if picture.mode.startswith(("I", "F")):
        # Deep greys come in many ranges.
        picture = Image.fromarray(_grey_bytes(np.asarray(picture, dtype=np.float64)))
    coloured = picture.convert("RGBA")
    ground = Image.new("RGBA", coloured.size, "#888888")
    return Image.alpha_composite(ground, coloured).convert("RGB")


def _grey_bytes(deep: np.ndarray) -> np.ndarray:
    """Greys of any range as uint8 of the same shape, from the darkest to the lightest."""
    low, high = float(deep.min()), float(deep.max())
    return ((deep - low) * (255 / ((high - low) or 1))).astype(np.uint8)
