"""The second step of the show: the drawing becomes the picture that the network gets."""

import base64

import numpy as np
import streamlit as st

from mnist_app.core.ink import SIDE
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import STROKE_WIDTH, scale_to_input, strokes_to_input
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.show_me.mistakes import prepare_mistakes

ON_SCREEN = 560


def show_picture(canvas: Canvas, model: StoredModel) -> None:
    """Show the drawing, and how it is moved, brought to size and cut into squares."""
    drawing = canvas.drawing
    image = strokes_to_input(drawing)
    alt = "The picture of 28 by 28 squares that the network gets"
    st.html(
        '<div class="becoming"><figure>'
        f'<div class="screen">{_lines(drawing, canvas.side, "The drawing")}</div>'
        "<figcaption>The drawing</figcaption></figure>"
        '<span class="becomes" aria-hidden="true">→</span><figure>'
        f'<div class="screen squares" style="{_transform(drawing, image, canvas.side)}">'
        f"{_lines(drawing, canvas.side)}{picture(image, alt, ON_SCREEN)}</div>"
        "<figcaption>What it saw: moved to the middle, resized and cut into 28 x 28 squares"
        "</figcaption></figure></div>"
    )
    prepare_mistakes(model)


def _lines(drawing: Drawing, side: int, alt: str = "") -> str:
    """Return an `img` element of the strokes on a canvas that is `side` units wide."""
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in stroke.tolist())}"/>'
        for stroke in drawing.strokes
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<g fill="none" stroke="#fff" stroke-width="{drawing.pen_width:.1f}" '
        f'stroke-linecap="round" stroke-linejoin="round">{lines}</g></svg>'
    )
    data = base64.b64encode(svg.encode()).decode()
    return f'<img class="lines" alt="{alt}" src="data:image/svg+xml;base64,{data}">'


def _transform(drawing: Drawing, image: np.ndarray, side: int) -> str:
    """Return for demo.css how the strokes move from the canvas to their place in the picture."""
    points = np.concatenate(drawing.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    # A dot is not enlarged: its brush becomes the network's.
    scale = scale_to_input(drawing) or STROKE_WIDTH / drawing.pen_width
    ink = np.argwhere(image)[:, ::-1]
    start = (ink.min(axis=0) + ink.max(axis=0) + 1) / 2 - (low + high) / 2 * scale
    x, y = start / SIDE
    return f"--to: translate({x:.2%}, {y:.2%}) scale({scale * side / SIDE:.4f})"
