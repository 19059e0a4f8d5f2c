"""Made-up pictures that are no digits, so that a network learns to hold back.

A network that only ever saw digits is sure of any picture. Shown these with the answer "each digit
is as likely as any other", it learns to be unsure of what is none (Hendrycks, Mazeika, Dietterich,
"Deep anomaly detection with outlier exposure", 2019).
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from mnist_app.core.data.clutter import printed
from mnist_app.core.ink import SIDE
from mnist_app.core.ink.drawings import drawing_from_points
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input

# Signs that nobody takes for a digit; O, I, Z, S, B, b, g, l and their like are missing.
LETTERS = "ACEFHKMNPRUVWXYdefhkmnprtuvwx@#%*+="
FIELD = 96


def make(count: int, seed: int) -> np.ndarray:
    """Draw letters, scribbles, shapes and blobs, each kind as often as the others.

    Returns:
        uint8 (count, 28, 28), as the network would get them; the same for the same seed.
    """
    chance = np.random.default_rng(seed)
    kinds = list(KINDS.values())
    return np.stack([kinds[index % len(kinds)](chance) for index in range(count)])


def _letter(chance: np.random.Generator) -> np.ndarray:
    return raster_to_input(np.asarray(printed(LETTERS, FIELD, 56, 20, chance)) / 255)


def _scribble(chance: np.random.Generator) -> np.ndarray:
    """Draw one to four smooth random strokes."""
    strokes = [
        chance.uniform(0, 1, (chance.integers(3, 14), 2)) for _ in range(chance.integers(1, 5))
    ]
    if len(strokes) == 1 and len(strokes[0]) < 7:
        strokes.append(chance.uniform(0, 1, (6, 2)))
    return strokes_to_input(drawing_from_points(strokes), chance.uniform(1.5, 3.5))


def _polyline(chance: np.random.Generator) -> np.ndarray:
    """Draw a straight figure: a cross, zigzag, star, grid, tick or lying line."""
    figure = _FIGURES[chance.integers(len(_FIGURES))](chance)
    shaken = [
        np.repeat(stroke + chance.normal(0, 0.03, stroke.shape), 2, axis=0) for stroke in figure
    ]
    return strokes_to_input(drawing_from_points(shaken), chance.uniform(1.5, 3.5))


def _blob(chance: np.random.Generator) -> np.ndarray:
    """Draw a filled, shaded shape: a box, a disc or the outline of a garment."""
    corners = int(chance.integers(4, 10))
    angles = np.sort(chance.uniform(0, 2 * np.pi, corners))
    reach = chance.uniform(0.3, 0.5, (corners, 1))
    points = FIELD * (0.5 + reach * np.column_stack([np.cos(angles), np.sin(angles)]))
    picture = Image.new("L", (FIELD, FIELD))
    pen = ImageDraw.Draw(picture)
    kind = chance.integers(3)
    low, high = np.sort(chance.uniform(0, FIELD, (2, 2)), axis=0)
    # Never slender and upright: that would be a 1.
    box = (low[0], low[1], high[0] + (high[1] - low[1]) / 2 + 12, high[1] + 12)
    if kind == 0:
        pen.rectangle(box, fill=255)
    elif kind == 1:
        pen.ellipse(box, fill=255)
    else:
        pen.polygon([tuple(point) for point in points], fill=255)
    rough = Image.fromarray(chance.uniform(0.2, 1, (5, 5)).astype(np.float32))
    shade = np.asarray(rough.resize((FIELD, FIELD), Image.Resampling.BICUBIC))
    shape = np.asarray(picture) / 255
    return raster_to_input(np.clip(shape * (shade if chance.random() < 0.7 else 1), 0, 1))


def _texture(chance: np.random.Generator) -> np.ndarray:
    """Smooth noise, cut off at some height; at times with holes, at times only specks."""
    cells = int(chance.integers(3, 14))
    noise = Image.fromarray(chance.normal(0, 1, (cells, cells)).astype(np.float32))
    smooth = np.asarray(noise.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return (255 * np.clip(smooth - chance.uniform(-0.5, 0.8), 0, 1)).astype(np.uint8)


def _segments(*pairs: tuple[float, float, float, float]) -> list[np.ndarray]:
    return [np.array(pair).reshape(2, 2) for pair in pairs]


def _zigzag(chance: np.random.Generator) -> list[np.ndarray]:
    steps = int(chance.integers(4, 9))
    return [np.column_stack([np.linspace(0, 1, steps), np.arange(steps) % 2 * 0.6])]


def _star(chance: np.random.Generator) -> list[np.ndarray]:
    angles = np.pi * (np.arange(chance.integers(3, 6)) / 4 + chance.uniform())
    ends = np.column_stack([np.cos(angles), np.sin(angles)])
    return [np.stack([end, -end]) for end in ends]


def _grid(chance: np.random.Generator) -> list[np.ndarray]:
    lines = np.linspace(0, 1, chance.integers(2, 4))
    return _segments(*[(x, 0, x, 1) for x in lines], *[(0, y, 1, y) for y in lines])


_FIGURES: tuple[Callable[[np.random.Generator], list[np.ndarray]], ...] = (
    _zigzag,
    _star,
    _grid,
    lambda chance: _segments((0, 0, 1, 1), (0, 1, 1, 0)),
    lambda chance: _segments((0, 0.5, 1, 0.5), (0.5, 0, 0.5, 1)),
    lambda chance: _segments((0, chance.uniform(-0.15, 0.15), 1, 0)),
    lambda chance: [np.array([[0, 0.5], [0.35, 1], [1, 0]])],
    lambda chance: [np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]), *_segments((0, 0, 1, 1))],
    lambda chance: [np.array([[0.5, 0], [1, 1], [0, 1], [0.5, 0]])],
)
# In the order in which `make` draws them.
KINDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "printed letters": _letter,
    "scribbles": _scribble,
    "straight figures": _polyline,
    "blobs": _blob,
    "textures": _texture,
}
