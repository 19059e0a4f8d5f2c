"""Numbers put together from single digits, for which it is known whose ink each pixel is.

No collection of handwritten numbers says that. What segments numbers learns from these, put
together from writers who may be trained on, and is measured on others'.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

from mnist_app.core.data.clutter import clutter, letter
from mnist_app.core.ink.drawings import Strokes, corners
from mnist_app.core.ink.raster import rasterised

# The height of MNIST's digits in their pictures.
MNIST_HEIGHT = 20
# Fainter pixels belong to nobody.
FAINT = 0.1
# From here on a character's pixel is its own, whatever crosses it.
FULL = 0.3
# Side of a pixel of the fine grid on which MNIST's digits are made thicker or thinner.
FINE = 4

# How far apart neighbours stand, in heights of a digit: between their boxes when "wide", else
# between their nearest ink in a row of pixels; below zero they run into each other.
GAPS = {"wide": (0.12, 0.9), "near": (0.06, 0.35), "touching": (-0.12, 0.04)}
# No digit reaches farther over the one before it.
MOST_OVERLAP = 0.9

# The strokes and the label of each digit of one writer.
Hand = Sequence[tuple[Strokes, int]]


@dataclass(frozen=True)
class Glyph:
    """One character, ready to be placed.

    Attributes:
        ink: float32 (height, width) in 0..1, cut to its ink.
        label: the digit, None for a letter.
        strokes: the same as strokes, in pixels of `ink`; none for MNIST's.
    """

    ink: np.ndarray
    label: int | None
    strokes: Strokes = ()


@dataclass(frozen=True)
class Placed:
    """A character and its place: the column and row of its top left corner."""

    glyph: Glyph
    left: int
    top: int


@dataclass(frozen=True)
class Composition:
    """A picture of numbers.

    Attributes:
        ink: float32 (height, width) in 0..1.
        owners: int16 (height, width), for each pixel the index of the character whose ink it is,
            -1 for paper, specks and lines.
        centres: float32 (n, 2), row and column of the middle of each character's box.
    """

    ink: np.ndarray
    owners: np.ndarray
    centres: np.ndarray


class Writing:
    """Whoever writes: the pens' writers and MNIST's, a line in one hand."""

    def __init__(
        self,
        hands: Sequence[Hand],
        images: np.ndarray,
        labels: np.ndarray,
        is_varied: bool = True,
    ) -> None:
        """Take each hand's digits, and MNIST's pictures, uint8 (n, 28, 28), with their labels.

        Args:
            is_varied: whether they are turned, slanted, interrupted and made thicker, as is good
                to learn from, or stay as they were written.
        """
        self._is_varied = is_varied
        self._hands = hands
        self._heights = [
            float(np.median([np.ptp(np.concatenate(strokes)[:, 1]) for strokes, _ in hand]))
            for hand in hands
        ]
        self._images, self._labels = images, labels

    def pen_line(self, length: int, height: float, chance: np.random.Generator) -> list[Glyph]:
        """Write digits about `height` pixels high in one hand, each at its own relative size."""
        hand = int(chance.integers(len(self._hands)))
        digits, usual = self._hands[hand], self._heights[hand]
        width = height * np.exp(chance.uniform(*np.log((0.02, 0.17))))
        slant, gap, spread = *self._variation(chance), chance.uniform(0, 0.15)
        glyphs = []
        for _ in range(length):
            strokes, label = digits[int(chance.integers(len(digits)))]
            size = height / usual * chance.uniform(1 - spread, 1 + spread)
            low, high = corners(strokes)
            size = min(size, 1.6 * height / max(float((high - low).max()), 1e-9))
            turned = [stroke @ (size * slant(chance)).T for stroke in strokes]
            if gap and chance.random() < 0.4:
                turned = _interrupted(turned, chance)
            glyphs.append(pen_glyph(turned, label, width))
        return glyphs

    def mnist_line(self, length: int, height: float, chance: np.random.Generator) -> list[Glyph]:
        """Write digits about `height` pixels high, of whoever wrote them for MNIST."""
        slant, gap = self._variation(chance)
        thicker = int(chance.integers(-3, 5)) if self._is_varied else 0
        glyphs = []
        for index in chance.integers(len(self._images), size=length).tolist():
            size = height / MNIST_HEIGHT * chance.uniform(0.85, 1.15)
            image = _thicker(self._images[index], thicker)
            if gap and chance.random() < 0.3:
                image = _holed(image, chance)
            ink = _transformed(image, size * slant(chance))
            glyphs.append(Glyph(_cut(ink), int(self._labels[index])))
        return [glyph for glyph in glyphs if glyph.ink.size]

    def _variation(
        self, chance: np.random.Generator
    ) -> tuple[Callable[[np.random.Generator], np.ndarray], bool]:
        """Choose how a hand slants its digits, each a little differently, and if it breaks off."""
        if not self._is_varied:
            return lambda _: np.eye(2), False
        slant = _slant(chance)
        return partial(_varied, slant), chance.random() < 0.25

    def line(self, length: int, height: float, chance: np.random.Generator) -> list[Glyph]:
        """Write a line as either does, one character in thirty a printed letter."""
        write = self.pen_line if chance.random() < 0.55 else self.mnist_line
        glyphs = write(length, height, chance)
        return [
            Glyph(_cut(letter(height * chance.uniform(0.8, 1.1), chance)), None)
            if chance.random() < 0.03
            else glyph
            for glyph in glyphs
        ]


def pen_glyph(strokes: Strokes, label: int | None, width: float) -> Glyph:
    """Draw strokes in pixels, y down, with a round pen."""
    low, _ = corners(strokes)
    margin = width / 2 + 1
    placed = [stroke - low + margin for stroke in strokes]
    return Glyph(rasterised(placed, width, margin), label, placed)


def spaced(
    glyphs: Sequence[Glyph], height: float, chance: np.random.Generator, spacing: str = ""
) -> list[Placed]:
    """Place characters along a drifting line whose foot is row 0, from column 0 on.

    Args:
        spacing: one of `GAPS` for all; each line, or each gap, its own by default.
    """
    names = list(GAPS)
    spacing = spacing or str(chance.choice([*names, ""], p=[0.1, 0.2, 0.5, 0.2]))
    drift, tremble = chance.normal(0, 0.05), chance.uniform(0, 0.08) * height
    placed: list[Placed] = []
    for glyph in glyphs:
        right = _width(placed)
        top = round(drift * right + chance.normal(0, tremble)) - glyph.ink.shape[0]
        kind = spacing or str(chance.choice(names))
        gap = height * chance.uniform(*GAPS[kind])
        left = right + gap if kind == "wide" else _beside(placed, glyph, top, height) + gap
        placed.append(Placed(glyph, round(min(left, right + height)) if placed else 0, top))
    return placed


def compose(
    writing: Writing,
    height: float,
    shape: tuple[int, int],
    chance: np.random.Generator,
) -> Composition:
    """Fill a picture of some shape with one to three lines of digits about `height` high."""
    rows = int(chance.choice([1, 2, 3], p=[0.66, 0.29, 0.05]))
    pitch = height * chance.uniform(1.2, 2.2)
    middle = (shape[0] + height) / 2 + chance.normal(0, 0.12) * shape[0]
    foot = middle if rows == 1 else height * chance.uniform(1.1, 1.7)
    start = chance.uniform(-0.3, 1.2) * height
    most = 2 + int(shape[1] / (0.55 * height))
    characters: list[Placed] = []
    lines: list[tuple[float, float, float]] = []
    for row in range(rows):
        row_foot = round(foot + row * pitch)
        length = 1 if chance.random() < 0.1 else min(int(chance.integers(3, 12)), most)
        left = round(start + chance.normal(0, 0.3) * height)
        glyphs = writing.line(length, height, chance)
        placed = spaced(glyphs, height, chance)
        characters += [replace(one, left=one.left + left, top=one.top + row_foot) for one in placed]
        lines.append((row_foot, left, left + _width(placed)))
    composition = pasted(characters, shape)
    return _cluttered(composition, clutter(composition.ink, lines, height, chance))


def pasted(characters: Sequence[Placed], shape: tuple[int, int]) -> Composition:
    """Draw characters into a picture; what lies beyond its edge is cut off."""
    ink, owners = np.zeros(shape, np.float32), np.full(shape, -1, np.int16)
    centres: list[np.ndarray] = []
    for one in characters:
        rows, columns = (
            slice(max(start, 0), max(start + long, 0))
            for start, long in zip((one.top, one.left), one.glyph.ink.shape, strict=True)
        )
        there = ink[rows, columns]
        top, left = rows.start - one.top, columns.start - one.left
        part = one.glyph.ink[top : top + there.shape[0], left : left + there.shape[1]]
        marks = np.argwhere(part > FAINT)
        # Hardly anything of it is left in the picture.
        if part.sum() < 0.15 * one.glyph.ink.sum() or not len(marks):
            continue
        owners[rows, columns][(part > there) & (part > FAINT)] = len(centres)
        np.maximum(there, part, out=there)
        low, high = marks.min(axis=0), marks.max(axis=0)
        centres.append((low + high) / 2 + (rows.start, columns.start))
    return Composition(ink, owners, np.array(centres, dtype=np.float32).reshape(-1, 2))


def _cluttered(composition: Composition, rest: np.ndarray) -> Composition:
    """Add what is no character; where both are, the ink is the character's."""
    ink, owners = composition.ink, composition.owners
    owners = np.where((rest > ink) & (ink < FULL), -1, owners).astype(np.int16)
    return Composition(np.maximum(ink, rest), owners, composition.centres)


def _width(placed: Sequence[Placed]) -> int:
    return max((one.left + one.glyph.ink.shape[1] for one in placed), default=0)


def _beside(placed: Sequence[Placed], glyph: Glyph, top: int, height: float) -> float:
    """Find the column at which a character just touches those before it."""
    right = _width(placed)
    edges = np.full(glyph.ink.shape[0], -np.inf)
    for one in placed:
        marks = one.glyph.ink > FAINT
        ends = one.left + marks.shape[1] - marks[:, ::-1].argmax(axis=1)
        for row in np.flatnonzero(marks.any(axis=1)) + one.top - top:
            if 0 <= row < len(edges):
                edges[row] = max(edges[row], ends[row + top - one.top])
    marks = glyph.ink > FAINT
    starts = np.where(marks.any(axis=1), marks.argmax(axis=1), np.inf)
    return max(float((edges - starts).max(initial=-np.inf)), right - MOST_OVERLAP * height)


def _slant(chance: np.random.Generator) -> np.ndarray:
    """Choose how one hand leans, turns and stretches its digits, float64 (2, 2)."""
    turn, lean, wider = chance.normal(0, 0.06), chance.normal(0, 0.18), chance.normal(0, 0.12)
    return _matrix(turn, lean, wider)


def _varied(slant: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Vary a hand's slant a little, as each of its digits does."""
    return slant @ _matrix(*chance.normal(0, 0.05, 3).tolist())


def _matrix(turn: float, lean: float, wider: float) -> np.ndarray:
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return rotation @ np.array([[np.exp(wider), -lean], [0, 1]])


def _interrupted(strokes: Strokes, chance: np.random.Generator) -> list[np.ndarray]:
    """Lift the pen for a moment within one of the strokes."""
    number = int(chance.integers(len(strokes)))
    line = strokes[number]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    places = np.linspace(0, along[-1], max(4, int(along[-1])))
    points = np.column_stack([np.interp(places, along, axis) for axis in line.T])
    middle, half = chance.uniform(0, along[-1]), chance.uniform(0.015, 0.06) * along[-1]
    halves = [points[places < middle - half], points[places > middle + half]]
    others = [stroke for index, stroke in enumerate(strokes) if index != number]
    return others + [part for part in halves if len(part)]


def _thicker(image: np.ndarray, steps: int) -> Image.Image:
    """Enlarge one of MNIST's pictures and make its lines thicker, or thinner below zero."""
    side = image.shape[0] * FINE
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    change = ImageFilter.MaxFilter if steps > 0 else ImageFilter.MinFilter
    return large.filter(change(2 * abs(steps) + 1)) if steps else large


def _holed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Rub out a dot of the ink."""
    ink = np.array(image)
    marks = np.argwhere(ink > 127)
    if not len(marks):
        return image
    row, column = marks[int(chance.integers(len(marks)))]
    rows, columns = np.ogrid[: ink.shape[0], : ink.shape[1]]
    ink[np.hypot(rows - row, columns - column) < chance.uniform(1.2, 2.6) * FINE] = 0
    return Image.fromarray(ink)


def _transformed(image: Image.Image, change: np.ndarray) -> np.ndarray:
    """Apply a matrix about the middle of a picture of the fine grid."""
    inverse = np.linalg.inv(change) * FINE / 2
    side = 2 * (int(np.ceil(image.width / FINE * np.abs(change).sum(axis=1).max())) + 2)
    shift = image.width / 2 - inverse @ np.full(2, side / 2)
    rows = np.column_stack([inverse, shift]).ravel().tolist()
    turned = image.transform((side, side), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    return np.asarray(turned.reduce(2), dtype=np.float32) / 255


def _cut(ink: np.ndarray) -> np.ndarray:
    marks = ink > FAINT / 2
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    if not len(rows):
        return ink[:0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
