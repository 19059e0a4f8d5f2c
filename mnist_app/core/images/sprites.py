"""Sprites: many small pictures in one file, fetched once and cut out by the browser."""

import io
import math

import numpy as np
from PIL import Image

# Side by side in a row.
COLUMNS = 100
# To be recognised takes no more, and half the bytes: 1 MB for MNIST's test set.
SHADES = 16


def sprite_sheet(images: np.ndarray) -> bytes:
    """Lay pictures out row by row, `COLUMNS` in a row, the first at the top left.

    Args:
        images: uint8 (n, height, width), n >= 1.

    Returns:
        The bytes of a PNG file in `SHADES` shades of grey; the end of the last row is black.
    """
    count, height, width = images.shape
    rows = math.ceil(count / COLUMNS)
    cells = np.zeros((rows * COLUMNS, height, width), dtype=np.uint8)
    cells[:count] = images // (256 // SHADES)
    table = cells.reshape(rows, COLUMNS, height, width).swapaxes(1, 2)
    sheet = Image.fromarray(table.reshape(rows * height, COLUMNS * width))
    # A picture of numbered shades is the one that is written with fewer bits.
    sheet.putpalette([shade for shade in _shades() for _ in "RGB"])
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", bits=4)
    return buffer.getvalue()


def _shades() -> list[int]:
    return np.linspace(0, 255, SHADES).astype(int).tolist()
