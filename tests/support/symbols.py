"""Letters and shapes as a hand draws them, each time a little differently."""

import numpy as np

from mnist_app.core.ink.drawings import Drawing, drawing_from_points, evenly_spaced

# Where the pen passes, in a unit square of hundredths with y down; a semicolon lifts it.
_PATHS = {
    "star": "50,5 80,90 6,36 94,36 20,90 50,5",
    "heart": "50,90 20,62 6,38 14,14 34,10 50,30 66,10 86,14 94,38 80,62 50,90",
    "house": "15,95 15,45 50,8 85,45 85,95 15,95",
    "triangle": "50,8 94,90 6,90 50,8",
    "arrow": "5,50 95,50; 65,22 95,50 65,78",
    "spiral": "50,50 60,44 66,54 56,68 38,66 28,48 38,28 62,22 84,36 88,64 70,88 42,94",
    "A": "12,95 50,5 88,95; 28,62 72,62",
    "E": "80,8 20,8 20,95 80,95; 20,50 70,50",
    "K": "20,5 20,95; 80,8 22,55 82,95",
    "M": "8,95 16,8 50,60 84,8 92,95",
    "asterisk": "50,5 50,95; 10,28 90,72; 10,72 90,28",
    "plus": "50,8 50,92; 8,50 92,50",
    "moon": "66,6 34,16 18,48 34,82 68,94 48,70 44,46 52,22 66,6",
    "lightning": "60,5 22,55 55,52 34,95",
    "fish": "5,50 35,22 68,40 95,70 95,30 68,58 35,78 5,50",
    "tree": "50,95 50,60; 20,60 80,60 50,10 20,60",
}
SYMBOLS = tuple(_PATHS)
# Of a hand, as fractions of the symbol's size; a turn is in radians.
TURN, STRETCH, SLANT, CORNER, WOBBLE = 0.12, 0.12, 0.12, 0.035, 0.012


def symbol(name: str, chance: np.random.Generator, side: float = 100.0) -> Drawing:
    """Draw one of `SYMBOLS` in a square of that side, as no one would draw it twice."""
    return drawing_from_points(strokes(name, chance, side))


def strokes(name: str, chance: np.random.Generator, side: float = 100.0) -> list[np.ndarray]:
    """The points of the pen, each float64 (n, 2), y down, with room to the edges."""
    angle, slant = chance.normal(0, TURN), chance.normal(0, SLANT)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    form = np.diag(1 + chance.normal(0, STRETCH, 2)) @ np.array([[1, 0], [slant, 1]]) @ turn
    drawn = []
    for path in _PATHS[name].split(";"):
        corners = np.array([point.split(",") for point in path.split()], dtype=np.float64) / 100
        line = evenly_spaced(corners + chance.normal(0, CORNER, corners.shape), 0.05)
        # A hand trembles slowly.
        tremble = np.cumsum(chance.normal(0, WOBBLE, line.shape), axis=0)
        drawn.append(line + tremble - np.linspace(tremble[0], tremble[-1], len(line)))
    moved = [(line - 0.5) @ form for line in drawn]
    low, high = np.concatenate(moved).min(axis=0), np.concatenate(moved).max(axis=0)
    scale = 0.7 / float((high - low).max())
    return [side * (0.5 + (line - (low + high) / 2) * scale) for line in moved]
