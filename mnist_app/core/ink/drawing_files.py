"""A drawing as the files that people keep: SVG and PNG, as it looks on its canvas."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.images import pictures
from mnist_app.core.ink.drawings import Drawing, evenly_spaced

# Drawn this many times larger, then averaged, so that edges are smooth.
FINE = 4


@dataclass(frozen=True)
class Sheet:
    """A drawing with the paper and the ink that it is drawn with.

    Attributes:
        parts: each with a pen of its own width.
        size: width and height of the canvas.
        ink, paper: their colours, as "#rrggbb".
    """

    parts: Sequence[Drawing]
    size: tuple[int, int]
    ink: str
    paper: str


def svg(sheet: Sheet) -> str:
    """Return an SVG file."""
    width, height = sheet.size
    lines = "".join(
        f'<path stroke-width="{part.pen_width:g}" d="{_data(stroke)}"/>'
        for part in sheet.parts
        for stroke in part.strokes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><rect width="100%" height="100%" fill="{sheet.paper}"/>'
        f'<g fill="none" stroke="{sheet.ink}" stroke-linecap="round" stroke-linejoin="round">'
        f"{lines}</g></svg>\n"
    )


def png(sheet: Sheet) -> bytes:
    """Return a PNG file."""
    picture = Image.new("RGB", (sheet.size[0] * FINE, sheet.size[1] * FINE), sheet.paper)
    pen = ImageDraw.Draw(picture)
    for part in sheet.parts:
        radius = part.pen_width * FINE / 2
        for stroke in part.strokes:
            for x, y in evenly_spaced(stroke * FINE, 1.0).tolist():
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=sheet.ink)
    return pictures.png(np.asarray(picture.reduce(FINE)))


def _data(stroke: np.ndarray) -> str:
    # A tap is a line that goes nowhere: with round ends it is a dot.
    places = [f"{x:g},{y:g}" for x, y in stroke.round(2).tolist()]
    return f"M{places[0]} L{' '.join(places[1:] or places)}"
