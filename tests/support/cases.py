"""Papers that were once read wrong, each of its own kind, drawn by program."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import make_interp_spline

# Lines, points (n, 2) in pixels, y down.
Lines = list[np.ndarray]
# Width of the pen, and of the brush before and after it runs dry.
PEN = 12
BRUSH = (17, 11)


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


def curve(*points: tuple[float, float]) -> np.ndarray:
    """A smooth line through some points."""
    return make_interp_spline(np.arange(len(points)), points)(np.linspace(0, len(points) - 1, 60))


def arc(
    x: float, y: float, across: float, down: float, start: float, end: float, steps: int = 40
) -> np.ndarray:
    """A part of an ellipse, in degrees from the right, clockwise."""
    angles = np.radians(np.linspace(start, end, steps))
    return np.column_stack([x + across * np.cos(angles), y + down * np.sin(angles)])


def one() -> Lines:
    return [line((0, 30), (25, 0), (25, 160))]


def two(foot: float = 85) -> Lines:
    curved = arc(40, 42, 42, 42, -160, 32)
    return [np.concatenate([curved, line((5, 160), (5 + foot, 160))])]


def three() -> Lines:
    return [arc(40, 42, 40, 38, -160, 75), arc(41, 115, 48, 48, -80, 150)]


def four(bar: float = 90) -> Lines:
    return [line((60, 0), (0, 100), (bar, 100)), line((60, 60), (60, 167))]


def five() -> Lines:
    curved = arc(40, 110, 50, 50, -130, 140)
    return [line((85, 0), (10, 0), (5, 70)), np.concatenate([line((5, 70)), curved])]


def six() -> Lines:
    return [line((70, 0), (20, 70)), arc(48, 110, 50, 50, 0, 360)]


def moved(lines: Lines, right: float, down: float) -> Lines:
    return [points + np.array([right, down]) for points in lines]


def paper(width: int, height: int, lines: Lines, pen: int = PEN) -> np.ndarray:
    """Black on white, uint8 (height, width)."""
    picture = Image.new("L", (width, height), 255)
    for points in lines:
        stroke(picture, points, pen, 0)
    return np.asarray(picture)


def dry(wet: Lines, faint: Lines, ink: float) -> np.ndarray:
    """Ink on grey paper under uneven light; of the faint lines there is only a part of it."""
    cover = Image.new("L", (300, 370))
    for lines, pen, strength in ((faint, BRUSH[1], ink), (wet, BRUSH[0], 1.0)):
        for points in lines:
            stroke(cover, points, pen, round(255 * strength))
    covered = np.asarray(cover.filter(ImageFilter.GaussianBlur(1))) / 255
    rows, columns = np.indices(covered.shape)
    light = 194 - 25 * rows / 370 - 25 * columns / 300
    grain = np.random.default_rng(0).normal(0, 1.5, covered.shape)
    return (light * (1 - 0.78 * covered) + grain).astype(np.uint8)


def stroke(picture: Image.Image, points: np.ndarray, pen: int, level: int) -> None:
    """Draw a line with round ends."""
    draw = ImageDraw.Draw(picture)
    places = [(x, y) for x, y in points.tolist()]
    draw.line(places, fill=level, width=pen, joint="curve")
    for place in (places[0], places[-1]):
        draw.circle(place, pen / 2, fill=level)


def a_long_foot(foot: float) -> np.ndarray:
    return paper(500, 300, [*moved(one(), 60, 60), *moved(two(foot), 150, 60)])


def a_long_bar() -> np.ndarray:
    return paper(500, 300, [*moved(one(), 60, 60), *moved(four(160), 140, 60)])


def from_the_edge(left: float) -> np.ndarray:
    """312 whose 3 begins there."""
    digits = [*three(), *moved(one(), 152, 0), *moved(two(), 252, 0)]
    return paper(400, 300, moved(digits, left, 60))


def far_above_a_speck(lines: Lines) -> np.ndarray:
    return paper(460, 600, [*lines, line((320, 560), (321, 560))], 14)


def open_at_the_top(across: float, gap: float, pen: int) -> np.ndarray:
    return paper(400, 400, [arc(200, 200, across, 109, gap - 90, 270 - gap)], pen)


def with_its_bar_apart() -> np.ndarray:
    return paper(400, 400, [line((110, 80), (291, 80)), line((270, 100), (181, 320))])


def rows(*lines: Sequence[Lines]) -> np.ndarray:
    """Lines of digits, one below the other."""
    placed = [
        points
        for row, digits in enumerate(lines)
        for place, digit in enumerate(digits)
        for points in moved(digit, 55 + 100 * place, 30 + 240 * row)
    ]
    return paper(400, 480, placed)


# How a brush goes, and how it goes on when it runs dry.
DRY: dict[int, tuple[Lines, Lines]] = {
    0: ([arc(152, 180, 68, 131, -81, -268)], [arc(152, 180, 68, 131, -81, 88)]),
    6: (
        [curve((222, 50), (150, 80), (95, 155), (75, 240), (120, 295), (185, 292), (215, 250))],
        [curve((215, 250), (200, 218), (155, 205), (105, 217), (78, 245))],
    ),
    8: (
        [curve((152, 60), (95, 75), (90, 130), (150, 180), (208, 225), (205, 290), (150, 310))],
        [
            curve((152, 60), (205, 75), (213, 125), (150, 180)),
            curve((150, 180), (90, 220), (95, 290), (150, 310)),
        ],
    ),
    9: ([curve((205, 110), (205, 170), (200, 240), (186, 320))], [arc(147, 117, 57, 51, 0, 360)]),
}


ONE_TWO_THREE = [*moved(one(), 60, 60), *moved(two(), 152, 60), *moved(three(), 290, 60)]
THREE = moved(three(), 155, 60)
# How it is read ("digit" or "number"), the lines that are right, and the paper.
CASES: dict[str, tuple[str, list[str], np.ndarray]] = {
    "2 with a foot of 100": ("number", ["12"], a_long_foot(100)),
    "2 with a foot of 160": ("number", ["12"], a_long_foot(160)),
    "4 with a bar of 160": ("number", ["14"], a_long_bar()),
    "at the edge": ("number", ["312"], from_the_edge(5)),
    "a pixel from the edge": ("number", ["312"], from_the_edge(8)),
    "cut at the edge": ("number", ["312"], from_the_edge(-7)),
    "without a speck": ("number", ["123"], paper(460, 600, ONE_TWO_THREE)),
    "above a speck": ("number", ["123"], far_above_a_speck(ONE_TWO_THREE)),
    "one digit above a speck": ("digit", ["3"], far_above_a_speck(THREE)),
    "12 over 34": ("number", ["12", "34"], rows([one(), two()], [three(), four()])),
    "5 over 6": (
        "number",
        ["5", "6"],
        rows([moved(five(), 95, 0)], [moved(six(), 87, 0)]),
    ),
    "open 0": ("number", ["0"], open_at_the_top(110, 10, 3)),
    "wide open 0": ("number", ["0"], open_at_the_top(126, 16, 4)),
    "7 with its bar apart": ("number", ["7"], with_its_bar_apart()),
    **{
        f"dry {digit}, {ink:.0%} ink": ("digit", [str(digit)], dry(*lines, ink))
        for digit, lines in DRY.items()
        for ink in (0.25, 0.45)
    },
}
