"""Small pictures as HTML, sharp when enlarged, each with a text for those who cannot see it."""

import base64
import html
from collections.abc import Sequence

import numpy as np

from mnist_app.pictures import png


def picture(image: np.ndarray, alt: str, side: int) -> str:
    """An `img` element of a picture, uint8 (height, width), `side` CSS pixels wide."""
    data = base64.b64encode(png(image)).decode()
    return (
        f'<img class="pixels" width="{side}" height="{side}" alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{data}">'
    )


def gallery(pictures: Sequence[tuple[np.ndarray, str, str]], side: int = 64) -> str:
    """A grid that wraps at any width.

    Args:
        pictures: for each an image, uint8 (28, 28), a caption, and the kind of its frame:
            "right", "wrong" or "".
        side: of each picture, in CSS pixels.
    """
    figures = [
        f'<figure class="{kind}">{picture(image, caption, side)}'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for image, caption, kind in pictures
    ]
    return f'<div class="gallery" style="--side: {side}px">{"".join(figures)}</div>'
