"""A picture with a frame around each digit found in it, small enough for a page."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.images.pictures import Picture

Box = tuple[float, float, float, float]

COLOUR = "#e8833a"
LINE = 3


def framed(picture: Picture, boxes: Sequence[Box]) -> bytes:
    """Draw frames into a picture.

    Args:
        boxes: x, y, width and height, in pixels of the upright original, y down.

    Returns:
        The bytes of a JPEG file of the size of `picture.colours`.
    """
    levels = np.round(picture.colours * 255).astype(np.uint8)
    # Greys have one channel, and a frame has colour.
    small = Image.fromarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))
    pen, margin = ImageDraw.Draw(small), 2 * LINE
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
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
