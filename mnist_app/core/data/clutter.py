"""Lines, boxes, specks and letters: the clutter that stands between numbers on paper."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Drawn this many times larger, then averaged.
FINE = 4
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZabcdefhkmnpqrtuvwxyz@#%&?"
# How often a line of digits has each: an underline, a rule from edge to edge, a box around it, the
# boxes of a form. And a picture specks.
LINES = {"underline": 0.14, "rule": 0.06, "box": 0.05, "form": 0.03}
SPECKS = 0.25
# No speck stands nearer to ink, in heights of a digit: it would be a part of a digit.
SPECK_DISTANCE = 0.15


def letter(height: float, chance: np.random.Generator) -> np.ndarray:
    """Print a letter about `height` pixels high, float32 (height, width) in 0..1."""
    side, size = round(2.2 * height * FINE), max(8.0, 1.3 * height * FINE)
    turned = printed(LETTERS, side, size, 12, chance)
    return np.asarray(turned.reduce(FINE), dtype=np.float32) / 255


def printed(
    letters: str, side: int, size: float, most_turn: float, chance: np.random.Generator
) -> Image.Image:
    """Print one of some letters in the middle of a square picture, white on black.

    Args:
        side: of the picture, in pixels.
        size: of the font, in pixels.
        most_turn: in degrees.
    """
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).text(
        (side / 2, side / 2),
        letters[chance.integers(len(letters))],
        255,
        ImageFont.load_default(size),
        anchor="mm",
        stroke_width=int(chance.integers(0, 4)),
    )
    return picture.rotate(chance.uniform(-most_turn, most_turn), Image.Resampling.BILINEAR)


def clutter(
    ink: np.ndarray,
    lines: Sequence[tuple[float, float, float]],
    height: float,
    chance: np.random.Generator,
) -> np.ndarray:
    """Draw what may stand around lines of digits.

    Args:
        ink: of the digits, float32 (height, width) in 0..1.
        lines: of each its foot, and its left and right end, in pixels.
        height: of the digits.

    Returns:
        Float32 like `ink`, the clutter alone.
    """
    pen = _Pen(ink.shape, height, chance)
    for foot, left, right in lines:
        kind = chance.choice([*LINES, ""], p=[*LINES.values(), 1 - sum(LINES.values())])
        match kind:
            case "underline":
                low = foot + chance.uniform(-0.06, 0.35) * height
                tilt = chance.normal(0, 0.03) * (right - left)
                reach = chance.uniform(-0.3, 0.5, 2) * height
                pen.line((left - reach[0], low - tilt), (right + reach[1], low + tilt))
            case "rule":
                low = foot + chance.uniform(-0.05, 0.4) * height
                pen.line((-5, low), (ink.shape[1] + 5, low + chance.normal(0, 1)), 0.6)
            case "box":
                margin = chance.uniform(0.12, 0.5) * height
                pen.box(left - margin, foot - height - margin, right + margin, foot + margin)
            case "form":
                width = height * chance.uniform(1.1, 1.5)
                for side in np.arange(left - chance.uniform(0.1, 1) * height, right + width, width):
                    pen.box(side, foot - 1.25 * height, side + width, foot + 0.25 * height, 0.5)
    if chance.random() < SPECKS:
        for _ in range(int(chance.integers(1, 5))):
            pen.speck(ink)
    return pen.drawn()


class _Pen:
    def __init__(self, shape: tuple[int, ...], height: float, chance: np.random.Generator) -> None:
        self._picture = Image.new("L", (shape[1] * FINE, shape[0] * FINE))
        self._pen = ImageDraw.Draw(self._picture)
        self._height, self._chance = height, chance
        self._width = height * np.exp(chance.uniform(*np.log((0.02, 0.14))))

    def line(
        self, start: tuple[float, float], end: tuple[float, float], thickness: float = 1.0
    ) -> None:
        points = np.linspace(start, end, 7) + self._chance.normal(0, 0.012 * self._height, (7, 2))
        self._pen.line(
            [(x, y) for x, y in (points * FINE).tolist()],
            fill=255,
            width=self._pixels(thickness),
            joint="curve",
        )

    def box(
        self, left: float, top: float, right: float, bottom: float, thickness: float = 1.0
    ) -> None:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        for start, end in pairwise(corners):
            self.line(start, end, thickness)

    def speck(self, ink: np.ndarray) -> None:
        radius = self._chance.uniform(0.02, 0.09) * self._height
        reach = radius + SPECK_DISTANCE * self._height
        y, x = self._chance.uniform(0, ink.shape)
        rows, columns = (slice(int(max(at - reach, 0)), int(at + reach) + 1) for at in (y, x))
        if not ink[rows, columns].any():
            corners = (x - radius, y - radius, x + radius, y + radius)
            self._pen.ellipse([value * FINE for value in corners], fill=255)

    def drawn(self) -> np.ndarray:
        return np.asarray(self._picture.reduce(FINE), dtype=np.float32) / 255

    def _pixels(self, thickness: float) -> int:
        return max(1, round(thickness * self._width * FINE))
