"""Digits written by program, on papers and under lights as a camera finds them."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.data.composed_numbers import Writing
from mnist_app.core.ink.drawings import Drawing, drawing_from_points

# Where the pen passes, in a unit square with y down; a digit may take several strokes.
_PATHS = (
    "50,5 22,20 15,50 25,85 50,95 76,82 85,50 78,20 52,5",
    "38,22 55,5 54,35 52,65 50,95",
    "20,25 35,8 60,6 78,25 65,50 40,75 20,93 50,92 82,93",
    "22,12 50,5 75,20 65,42 42,50 68,56 80,75 60,93 20,88",
    "45,5 32,35 18,62 50,61 85,60 / 64,35 62,65 58,96",
    "30,8 28,28 26,46 52,42 75,58 70,82 48,94 20,86 / 30,8 55,8 76,6",
    "65,5 40,25 25,60 35,90 60,93 75,75 60,58 40,62 28,75",
    "18,10 50,10 82,10 65,40 50,70 42,95",
    "72,18 50,5 28,20 40,42 62,55 74,78 50,95 27,80 38,57 62,42 74,20",
    "72,30 52,42 30,32 35,10 58,5 74,20 74,50 68,75 60,95",
)


def drawing(digit: int) -> Drawing:
    """A digit in strokes, within the unit square."""
    return drawing_from_points(
        [
            np.array([pair.split(",") for pair in stroke.split()], dtype=np.float64) / 100
            for stroke in _PATHS[digit].split("/")
        ]
    )


def written(
    numerals: str, height: int, width: int, size: float = 0.6, pen: float = 0.12
) -> np.ndarray:
    """Digits side by side in the middle of a sheet.

    Args:
        numerals: what is written.
        height: of the sheet in pixels.
        width: of the sheet in pixels.
        size: height of the digits as a fraction of the sheet's.
        pen: width of the line as a fraction of the digits' height.

    Returns:
        Float64 (height, width) in 0..1: how much of each pixel the ink covers.
    """
    unit = size * height
    picture = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(picture)
    left = (width - 0.9 * unit * len(numerals)) / 2 - 0.05 * unit
    for place, numeral in enumerate(numerals):
        corner = np.array([left + 0.9 * unit * place, (height - unit) / 2])
        for stroke in drawing(int(numeral)).strokes:
            points = [(x, y) for x, y in 2 * (stroke * unit + corner)]
            line = max(2, round(2 * pen * unit))
            draw.line(points, fill=255, width=line, joint="curve")
            for x, y in (points[0], points[-1]):
                draw.ellipse((x - line / 2, y - line / 2, x + line / 2, y + line / 2), fill=255)
    return np.asarray(picture.reduce(2), dtype=np.float64) / 255


# Ink, float64 (height, width) in 0..1 -> what a camera takes, (height, width[, 3]) in 0..1.
Paper = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _axes(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns from 0 to 1, to be broadcast."""
    height, width = ink.shape
    return np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None, :]


def _grain(shape: tuple[int, ...], rng: np.random.Generator, strength: float) -> np.ndarray:
    return rng.normal(0, strength, shape)


def plain(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.95 - 0.8 * ink + _grain(ink.shape, rng, 0.01)


def blackboard(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.2 + 0.6 * ink * rng.uniform(0.6, 1, ink.shape) + _grain(ink.shape, rng, 0.02)


def coloured(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # Nearly the same brightness: only the hue tells them apart.
    paper, pen = np.array([0.55, 0.72, 0.5]), np.array([0.9, 0.56, 0.45])
    mixed = paper + ink[..., None] * (pen - paper)
    return mixed + _grain(mixed.shape, rng, 0.015)


def shadow(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = _axes(ink)
    edge = 0.6 * columns + 0.5 * rows - rng.uniform(0.35, 0.75)
    light = 1 - 0.5 / (1 + np.exp(-edge / 0.01))
    return (0.9 - 0.6 * ink) * light + _grain(ink.shape, rng, 0.01)


def uneven(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = _axes(ink)
    return (0.95 - 0.45 * ink) * (1 - 0.6 * columns) * (1 - 0.2 * rows) + _grain(
        ink.shape, rng, 0.01
    )


def vignette(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = _axes(ink)
    away = (rows - 0.5) ** 2 + (columns - 0.5) ** 2
    return (0.95 - 0.4 * ink) * (1 - 1.2 * away) + _grain(ink.shape, rng, 0.01)


def noisy(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.8 - 0.45 * ink + _grain(ink.shape, rng, 0.09)


def pencil(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.85 - 0.16 * ink * rng.uniform(0.5, 1, ink.shape) + _grain(ink.shape, rng, 0.015)


def _lines(ink: np.ndarray, rng: np.random.Generator, pitch: int, upright: bool) -> np.ndarray:
    """Thin lines at a small angle, 1 on the line."""
    height, width = ink.shape
    rows, columns = np.mgrid[:height, :width]
    across, along = (columns, rows) if upright else (rows, columns)
    step = max(height, width) / pitch
    place = (across + np.tan(np.radians(rng.uniform(-3, 3))) * along + rng.uniform(0, step)) % step
    thickness = max(1.0, max(height, width) / 250)
    return np.clip(thickness - np.minimum(place, step - place) + 0.5, 0, 1)


def ruled(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    lines = _lines(ink, rng, 9, upright=False)
    return 0.93 - np.maximum(0.6 * ink, 0.35 * lines) + _grain(ink.shape, rng, 0.015)


def squared(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    lines = np.maximum(_lines(ink, rng, 14, upright=False), _lines(ink, rng, 14, upright=True))
    return 0.93 - np.maximum(0.6 * ink, 0.35 * lines) + _grain(ink.shape, rng, 0.015)


def framed(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = ink.shape
    box = Image.new("L", (width, height))
    inset = 0.07 * min(height, width)
    ImageDraw.Draw(box).rectangle(
        (inset, inset, width - inset, height - inset), outline=255, width=max(1, height // 80)
    )
    return plain(np.maximum(ink, np.asarray(box) / 255), rng)


def dusty(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = ink.shape
    specks = Image.new("L", (width, height))
    draw = ImageDraw.Draw(specks)
    for x, y, radius in zip(
        rng.uniform(0, width, 25),
        rng.uniform(0, height, 25),
        rng.uniform(0.3, 1.2, 25),
        strict=True,
    ):
        size = radius * height / 100
        draw.ellipse((x - size, y - size, x + size, y + size), fill=255)
    return plain(np.maximum(ink, np.asarray(specks) / 255), rng)


def neighboured(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Part of another word reaches into the picture."""
    height, width = ink.shape
    other = Image.new("L", (width, height))
    draw = ImageDraw.Draw(other)
    x, y = 0.94 * width, rng.uniform(0.1, 0.6) * height
    line = [(width, y), (x, y + 0.1 * height), (width, y + 0.25 * height)]
    draw.line(line, fill=255, width=max(1, height // 25), joint="curve")
    return plain(np.maximum(ink, np.asarray(other) / 255), rng)


def on_a_table(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The sheet ends within the picture: beside it the dark table."""
    rows, columns = _axes(ink)
    table = columns + 0.1 * rows > 0.93
    sheet = np.where(table, 0.3, 0.9 - 0.6 * ink)
    return sheet + _grain(ink.shape, rng, 0.012)


PAPERS: dict[str, Paper] = {
    paper.__name__: paper
    for paper in (
        plain,
        blackboard,
        coloured,
        shadow,
        uneven,
        vignette,
        noisy,
        pencil,
        ruled,
        squared,
        framed,
        dusty,
        neighboured,
        on_a_table,
    )
}


def taken(view: np.ndarray, form: str = "JPEG") -> bytes:
    """Encode what a camera sees, (height, width[, 3]) in 0..1."""
    buffer = io.BytesIO()
    pixels = np.round(np.clip(view, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, form, quality=88)
    return buffer.getvalue()


def writing() -> Writing:
    """Return one hand for composed numbers, and the same digits as pictures."""
    hand = [([100 * stroke for stroke in drawing(n).strokes], n) for n in range(10)]
    images = [np.round(255 * written(str(n), 28, 28, size=0.72)) for n in range(10)]
    return Writing([hand], np.stack(images).astype(np.uint8), np.arange(10))
