"""Small pictures as HTML, sharp when enlarged, each with a text for those who cannot see it."""

import base64
import html
from collections.abc import Iterable, Sequence

import numpy as np

from mnist_app.core.images.pictures import png

# An image, uint8 (28, 28), a text, and the kind of its frame: "right", "wrong" or "".
Item = tuple[np.ndarray, str, str]


def readings(
    images: np.ndarray, labels: Iterable[int], predictions: Iterable[int], names: Sequence[str]
) -> list[Item]:
    """Return pictures with what they are and what they were read as."""
    return [
        (
            image,
            f"{names[label]} read as {names[read]}",
            "right" if label == read else "wrong",
        )
        for image, label, read in zip(images, labels, predictions, strict=True)
    ]


def picture(image: np.ndarray, alt: str, side: int) -> str:
    """Return an `img` element, `side` CSS pixels wide.

    Args:
        image: uint8 (height, width), or (height, width, 3) in colour, 4 where it is see-through.
    """
    data = base64.b64encode(png(image)).decode()
    height = round(side * image.shape[0] / image.shape[1])
    return (
        f'<img class="pixels" width="{side}" height="{height}" alt="{html.escape(alt)}" '
        f'src="data:image/png;base64,{data}">'
    )


def picture_grid(
    pictures: Sequence[Item], side: int = 64, kind: str = "", numbers: Sequence[int] = ()
) -> str:
    """Return a grid of pictures and their captions, which may have lines and wraps at any width.

    Args:
        side: of each picture, in CSS pixels.
        kind: one more class for components.css.
        numbers: one for each picture makes it a button that carries it, see `click_events`.
    """
    figures = [
        f'<figure class="{frame}">{picture(image, "", side)}'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for image, caption, frame in pictures
    ]
    if numbers:
        figures = [
            f'<button type="button" data-number="{number}">{figure}</button>'
            for number, figure in zip(numbers, figures, strict=True)
        ]
    return f'<div class="gallery {kind}" style="--side: {side}px">{"".join(figures)}</div>'


def tiles(pictures: Sequence[Item], kind: str, side: int = 28) -> str:
    """Return many pictures close together, whose texts show when one points at them.

    Args:
        kind: one more class for components.css, which keeps room for them.
    """
    framed = (
        f'<span class="{frame}" title="{html.escape(text)}">{picture(image, text, side)}</span>'
        for image, text, frame in pictures
    )
    return f'<div class="tiles {kind}">{"".join(framed)}</div>'
