"""Made papers, boards and lights for `benchmarks.photographed`, one function each, in one table."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

# A glyph is how much of each pixel of a sheet ink covers, float64 (height, width) in 0..1.
Glyph = np.ndarray
# Puts a glyph under some light, onto some paper: (height, width[, 3]) in 0..1.
Scene = Callable[[Glyph, np.random.Generator], np.ndarray]


def _axes(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns in pixels, to be broadcast."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return rows.astype(np.float64), columns.astype(np.float64)


def _smooth_light(shape: tuple[int, ...], rng: np.random.Generator, depth: float) -> np.ndarray:
    """Light that falls off to one side and to the corners, at most 1 and at least 1 - depth."""
    rows, columns = (axis / (side - 1) for axis, side in zip(_axes(shape), shape, strict=True))
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5)
    x, y = rng.uniform(0.2, 0.8, 2)
    fall = 0.6 * slope - rng.uniform(0, 1) * ((columns - x) ** 2 + (rows - y) ** 2)
    return 1 - depth * (fall.max() - fall) / np.ptp(fall)


def _bluish(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A colour of a given lightness, a little off grey, float64 (3,)."""
    return rng.uniform(low, high) * rng.uniform(0.9, 1.05, 3)


def _mixed(glyph: Glyph, paper: np.ndarray, pen: np.ndarray) -> np.ndarray:
    return paper + glyph[..., None] * (pen - paper)


def _paper(rng: np.random.Generator) -> np.ndarray:
    return np.clip(_bluish(rng, 0.7, 0.97), 0, 1)


def _sheet(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """Dark ink on paper in even light, (height, width, 3)."""
    return _mixed(glyph, _paper(rng), _bluish(rng, 0.05, 0.35))


def _lit(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    return _sheet(glyph, rng) * _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.3))[..., None]


def gradient(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    light = _smooth_light(glyph.shape, rng, rng.uniform(0.4, 0.8))
    return _sheet(glyph, rng) * light[..., None]


def hand_shadow(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """The photographer's own shadow: a soft blob, darker than half."""
    rows, columns = _axes(glyph.shape)
    height, width = glyph.shape
    y, x = rng.uniform(0.3, 1, 2) * (height, width)
    away = np.hypot((rows - y) / height, (columns - x) / width)
    soft = rng.uniform(0.01, 0.06)
    shade = 1 / (1 + np.exp(np.clip((away - rng.uniform(0.25, 0.45)) / soft, -50, 50)))
    return _lit(glyph, rng) * (1 - rng.uniform(0.3, 0.55) * shade)[..., None]


def _edge(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return how far inside a random slanted edge each pixel lies, in pixels."""
    rows, columns = _axes(shape)
    height, width = shape
    lean = np.tan(np.radians(rng.uniform(-8, 8)))
    inset = rng.uniform(0.02, 0.12)
    side = rng.integers(4)
    if side == 0:
        return columns - inset * width + lean * (rows - height / 2)
    if side == 1:
        return width - columns - inset * width + lean * (rows - height / 2)
    if side == 2:
        return rows - inset * height + lean * (columns - width / 2)
    return height - rows - inset * height + lean * (columns - width / 2)


def _table(shape: tuple[int, ...], rng: np.random.Generator, tone: float) -> np.ndarray:
    """Wood: grain along one direction, (height, width, 3)."""
    grain = rng.normal(0, 1, (shape[0], 1)) + 0.3 * rng.normal(0, 1, shape)
    return tone * np.array([1.1, 0.95, 0.8]) + 0.03 * grain[..., None]


def _on_table(
    glyph: Glyph, rng: np.random.Generator, edges: int, tone: float, shade: float = 0.0
) -> np.ndarray:
    """The sheet ends within the picture; beside it the table and the sheet's own thin shadow."""
    inside = np.min([_edge(glyph.shape, rng) for _ in range(edges)], axis=0)
    # No digit is written over the edge.
    inside += max(0, 0.02 * max(glyph.shape) - inside[glyph > 0].min())
    sheet = np.clip(inside + 0.5, 0, 1)[..., None]
    view = sheet * _sheet(glyph, rng)
    cast = 1 - shade * np.exp(-np.abs(inside) / (0.01 * max(glyph.shape)))
    table = _table(glyph.shape, rng, tone) * cast[..., None]
    light = _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.35))
    return (view + (1 - sheet) * table) * light[..., None]


def one_edge_on_dark_table(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    return _on_table(glyph, rng, 1, rng.uniform(0.15, 0.4))


def corner_on_dark_table(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    return _on_table(glyph, rng, 2, rng.uniform(0.15, 0.5))


def whole_sheet_on_table(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    return _on_table(glyph, rng, 6, rng.uniform(0.15, 0.5))


def sheet_on_light_table(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    return _on_table(glyph, rng, 2, rng.uniform(0.5, 0.65), shade=0.4)


def _lines(shape: tuple[int, ...], rng: np.random.Generator, pitch: float, upright: bool) -> Glyph:
    rows, columns = _axes(shape)
    across, along = (columns, rows) if upright else (rows, columns)
    place = (
        across + np.tan(np.radians(rng.uniform(-4, 4))) * along + rng.uniform(0, pitch)
    ) % pitch
    thickness = max(0.8, max(shape) * rng.uniform(0.002, 0.005))
    return np.clip(thickness / 2 - np.minimum(place, pitch - place) + 0.5, 0, 1)


def _printed(glyph: Glyph, lines: Glyph, rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """Ink over printed lines, in smooth light."""
    page = _mixed(lines, _paper(rng), ink)
    drawn = page + glyph[..., None] * (_bluish(rng, 0.05, 0.3) - page)
    return drawn * _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.4))[..., None]


def blue_ruling(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    pitch = max(glyph.shape) / rng.uniform(6, 14)
    lines = _lines(glyph.shape, rng, pitch, upright=False)
    return _printed(glyph, lines, rng, np.array([0.55, 0.68, 0.88]))


def ruling_with_red_margin(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    pitch = max(glyph.shape) / rng.uniform(6, 14)
    lines = _lines(glyph.shape, rng, pitch, upright=False)
    page = _printed(glyph, lines, rng, np.array([0.6, 0.7, 0.85]))
    margin = _lines(glyph.shape, rng, 3 * max(glyph.shape), upright=True)
    rolled = np.roll(margin, int(0.08 * glyph.shape[1]), axis=1)[..., None]
    return page * (1 - rolled * np.array([0.1, 0.45, 0.4]))


def grey_squares(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    pitch = max(glyph.shape) / rng.uniform(9, 22)
    state = rng.integers(1 << 30)
    level = _lines(glyph.shape, np.random.default_rng(state), pitch, upright=False)
    upright = _lines(glyph.shape, np.random.default_rng(state), pitch, upright=True)
    return _printed(glyph, np.maximum(level, upright), rng, np.full(3, rng.uniform(0.6, 0.8)))


def faint_pencil(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    pressed = glyph * rng.uniform(0.55, 1, glyph.shape)
    paper = _paper(rng)
    page = _mixed(pressed, paper, paper - rng.uniform(0.12, 0.3))
    return page * _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.4))[..., None]


def thick_marker(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    from scipy import ndimage

    tall = np.ptp(np.flatnonzero(glyph.any(axis=1)))
    side = max(2, round(rng.uniform(0.03, 0.1) * tall))
    return _lit(ndimage.grey_dilation(glyph, size=(side, side)), rng)


def out_of_focus(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    from scipy import ndimage

    blur = rng.uniform(0.004, 0.012) * max(glyph.shape)
    return ndimage.gaussian_filter(_lit(glyph, rng), (blur, blur, 0))


def dust_and_crumbs(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    height, width = glyph.shape
    specks = Image.new("L", (width, height))
    draw = ImageDraw.Draw(specks)
    for _ in range(int(rng.integers(5, 40))):
        radius = max(0.6, rng.uniform(0.001, 0.006) * max(width, height))
        draw.circle((rng.uniform(0, width), rng.uniform(0, height)), radius, fill=255)
    return _lit(np.maximum(glyph, np.asarray(specks) / 255), rng)


def coloured_ink(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    inks = ([0.1, 0.2, 0.75], [0.8, 0.1, 0.15], [0.1, 0.55, 0.25], [0.95, 0.45, 0.1])
    page = _mixed(glyph, _paper(rng), np.array(inks[rng.integers(len(inks))]))
    return page * _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.4))[..., None]


def chalk_on_board(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """Chalk has gaps, and what was wiped off left clouds."""
    from scipy import ndimage

    clouds = ndimage.gaussian_filter(rng.normal(0, 1, glyph.shape), max(glyph.shape) / 15)
    clouds = 0.06 * clouds / np.abs(clouds).max()
    board = np.array([[0.1, 0.12, 0.12], [0.12, 0.28, 0.2]][rng.integers(2)])
    chalk = glyph * np.where(rng.random(glyph.shape) < 0.85, rng.uniform(0.6, 1, glyph.shape), 0.1)
    view = _mixed(chalk, board, np.full(3, rng.uniform(0.7, 0.95))) + clouds[..., None]
    return view * _smooth_light(glyph.shape, rng, rng.uniform(0.1, 0.4))[..., None]


def whiteboard_glare(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    rows, columns = _axes(glyph.shape)
    height, width = glyph.shape
    y, x = rng.uniform(0, 1, 2) * (height, width)
    spread = rng.uniform(0.08, 0.2) * max(height, width)
    glare = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * spread**2))
    view = _mixed(glyph, np.full(3, rng.uniform(0.6, 0.75)), _bluish(rng, 0.05, 0.3))
    return view + 0.35 * glare[..., None]


def screenshot_with_frame(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """A window: a title bar, a frame, nothing that a camera adds but JPEG."""
    height, width = glyph.shape
    dark = rng.random() < 0.5
    paper, pen = (0.13, 0.9) if dark else (1.0, 0.1)
    window = Image.fromarray(np.round(255 * (paper + glyph * (pen - paper))).astype(np.uint8))
    inset = max(2, round(rng.uniform(0.01, 0.04) * min(height, width)))
    frame = ImageDraw.Draw(window)
    line = int(rng.integers(1, 5))
    frame.rectangle(
        (inset, inset, width - inset, height - inset),
        outline=round(255 * (1 - paper) * 0.6 + 40),
        width=line,
    )
    return np.repeat(np.asarray(window)[..., None] / 255, 3, axis=2)


def in_perspective(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """Seen from one side: the corners move in by up to a sixth, the table fills what they leave."""
    height, width = glyph.shape
    corners = np.array([(0, 0), (0, height), (width, height), (width, 0)], dtype=np.float64)
    outward = corners - (width / 2, height / 2)
    moved = corners + outward * rng.uniform(-0.02, 0.3, (4, 1))
    page = _lit(glyph, rng)
    layers = [
        Image.fromarray(page[..., channel].astype(np.float32)).transform(
            (width, height),
            Image.Transform.QUAD,
            tuple(moved.ravel()),
            Image.Resampling.BILINEAR,
            fillcolor=0.3,
        )
        for channel in range(3)
    ]
    return np.stack([np.asarray(layer) for layer in layers], axis=-1)


def strips_of_other_words(glyph: Glyph, rng: np.random.Generator) -> np.ndarray:
    """Writing above and below is cut by the edges of the picture."""
    height, width = glyph.shape
    other = Image.new("L", (width, height))
    draw = ImageDraw.Draw(other)
    pen = max(2, round(0.015 * max(width, height)))
    for base, sign in ((0, 1), (height, -1)):
        steps = np.linspace(0, width, 12)
        swing = base + sign * rng.uniform(-0.05, 0.07, 12) * height
        draw.line(list(zip(steps, swing, strict=True)), fill=255, width=pen, joint="curve")
    return _lit(np.maximum(glyph, np.asarray(other) / 255), rng)


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", " "): scene
    for scene in (
        gradient,
        hand_shadow,
        one_edge_on_dark_table,
        corner_on_dark_table,
        whole_sheet_on_table,
        sheet_on_light_table,
        blue_ruling,
        ruling_with_red_margin,
        grey_squares,
        faint_pencil,
        thick_marker,
        out_of_focus,
        dust_and_crumbs,
        coloured_ink,
        chalk_on_board,
        whiteboard_glare,
        screenshot_with_frame,
        in_perspective,
        strips_of_other_words,
    )
}
