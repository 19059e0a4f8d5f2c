"""A picture with a frame around each digit found in it, small enough for a page."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.images.pictures import Picture

Box = tuple[float, float, float, float]

COLOUR = "#e8833a"
# Pixels: of a frame's line, and of the longer side of a picture in a table of many.
LINE = 3
SMALL_SIDE = 256


def framed(picture: Picture, boxes: Sequence[Box]) -> bytes:
    """Draw frames into a picture.

    Args:
        boxes: x, y, width and height, in pixels of the upright original, y down.

    Returns:
        The bytes of a JPEG file of the size of `picture.colours`.
    """
    image = _image(picture)
    pen, margin = ImageDraw.Draw(image), 2 * LINE
    for x, y, width, height in boxes:
        left, top, right, bottom = (
            place / picture.scale for place in (x, y, x + width, y + height)
        )
        pen.rounded_rectangle(
            (left - margin, top - margin, right + margin, bottom + margin),
            radius=margin,
            outline=COLOUR,
            width=LINE,
        )
    return _jpeg(image)


def small(picture: Picture) -> bytes:
    """Return a picture small enough for a table of many, the bytes of a JPEG file."""
    image = _image(picture)
    image.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return _jpeg(image)


def _image(picture: Picture) -> Image.Image:
    levels = np.round(picture.colours * 255).astype(np.uint8)
    # Greys have one channel, and a frame has colour.
    return Image.fromarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
