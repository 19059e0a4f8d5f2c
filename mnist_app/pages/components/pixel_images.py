"""Small pictures as HTML, sharp when enlarged, each with a text for those who cannot see it."""

import base64
import html
from collections.abc import Sequence

import numpy as np

from mnist_app.core.images.pictures import png


def picture(image: np.ndarray, alt: str, side: int) -> str:
    """An `img` element, `side` CSS pixels wide.

    Args:
        image: uint8 (height, width), or (height, width, 3) in colour, 4 where it is see-through.
    """
    data = base64.b64encode(png(image)).decode()
    height = round(side * image.shape[0] / image.shape[1])
    return (
        f'<img class="pixels" width="{side}" height="{height}" '
        f'alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{data}">'
    )


def gallery(
    pictures: Sequence[tuple[np.ndarray, str, str]],
    side: int = 64,
    kind: str = "",
    numbers: Sequence[int] = (),
) -> str:
    """A grid that wraps at any width.

    Args:
        pictures: for each an image, uint8 (28, 28), a caption, and the kind of its frame:
            "right", "wrong" or "".
        side: of each picture, in CSS pixels.
        kind: one more class for style.css.
        numbers: one for each picture makes it a button that carries it, see `click_events`.
    """
    figures = [
        f'<figure class="{frame}">{picture(image, caption, side)}'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for image, caption, frame in pictures
    ]
    if numbers:
        figures = [
            f'<button type="button" data-number="{number}">{figure}</button>'
            for number, figure in zip(numbers, figures, strict=True)
        ]
    return f'<div class="gallery {kind}" style="--side: {side}px">{"".join(figures)}</div>'


def tiles(pictures: Sequence[tuple[np.ndarray, str, str]], kind: str, side: int = 28) -> str:
    """Many pictures close together, their texts shown when one points at them.

    Args:
        pictures: for each an image as in `picture`, a text, and the kind of its frame: "right",
            "wrong" or "".
        kind: one more class for style.css, which keeps room for them.
    """
    framed = (
        f'<span class="{frame}" title="{html.escape(text, quote=True)}">'
        f"{picture(image, text, side)}</span>"
        for image, text, frame in pictures
    )
    return f'<div class="tiles {kind}">{"".join(framed)}</div>'
