"""Pictures and tables of numbers side by side as HTML, each with a title and a word on it."""

import html
from collections.abc import Sequence

import numpy as np

from mnist_app.core.images.pictures import ABOVE, BELOW
from mnist_app.pages.components.pixel_images import picture

ENDS = {"above": ABOVE, "below": BELOW}
# How much of a colour lies behind the largest number, so that the text on it stays legible.
STRONGEST = 0.75


def row(figures: Sequence[str], between: str = "", kind: str = "") -> str:
    """Return figures beside each other, or below each other where there is no room.

    Args:
        figures: HTML of `figure`.
        between: a sign between two of them, such as an arrow.
        kind: one more class for components.css.
    """
    sign = f'<span class="between" aria-hidden="true">{between}</span>' if between else ""
    return f'<div class="figures {kind}">{sign.join(figures)}</div>'


def figure(content: str, title: str, about: str = "") -> str:
    """Return a picture or a table, HTML, under its title; `about` is HTML as well."""
    words = f'<div class="quiet">{about}</div>' if about else ""
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{content}{words}</figure>"


def framed(image: np.ndarray, alt: str, side: int, frame: tuple[float, float, float, float]) -> str:
    """Return a picture with a frame, which may reach over its edges.

    Args:
        side: width of the picture in CSS pixels.
        frame: left, top, width and height in pixels of `image`.
    """
    height, width = image.shape[:2]
    percents = np.array(frame) / (width, height, width, height) * 100
    sides = zip(("left", "top", "width", "height"), percents, strict=True)
    where = ";".join(f"{name}:{percent:.3f}%" for name, percent in sides)
    return f'<div class="stage">{picture(image, alt, side)}<i style="{where}"></i></div>'


def numbers(values: np.ndarray, about: str, top: float, is_ink: bool = False) -> str:
    """Return a table of numbers, the stronger its colour the farther from zero.

    Args:
        values: float (height, width).
        about: what they are, for those who cannot see the colours.
        top: what has the strongest colour.
        is_ink: grey on black; else blue above zero and orange below.
    """
    rows = "".join(
        "<tr>" + "".join(_cell(value, top, is_ink) for value in values_of_row) + "</tr>"
        for values_of_row in values.tolist()
    )
    return f'<table class="numbers" aria-label="{html.escape(about)}">{rows}</table>'


def _cell(value: float, top: float, is_ink: bool) -> str:
    strength = min(abs(value) / top, 1.0) if top else 0.0
    if is_ink:
        tone, text = round(255 * strength), "#000" if strength > 0.5 else "#fff"
        colours = f"background:rgb({tone},{tone},{tone});color:{text}"
    else:
        red, green, blue = ENDS["above" if value > 0 else "below"]
        colours = f"background:rgba({red},{green},{blue},{STRONGEST * strength:.2f})"
    return f'<td style="{colours}">{number(value)}</td>'


def number(value: float) -> str:
    """Return a number with two decimals and a true minus; plain 0 when it is none."""
    text = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
    return "0" if text.strip("\N{MINUS SIGN}0.") == "" else text


def legend(entries: Sequence[tuple[str, str, str]]) -> str:
    """Return what colours mean: for each the kind of `ENDS`, a sign in it, and words."""
    items = "".join(
        f'<span><b style="background:rgb{ENDS[kind]}" aria-hidden="true">{sign}</b>'
        f"{html.escape(words)}</span>"
        for kind, sign, words in entries
    )
    return f'<div class="legend">{items}</div>'
