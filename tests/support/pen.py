"""A hand that draws digits on the page's canvas, whatever its size, in a real browser."""

import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import SIDE, STROKES

# In the order of `STROKES`.
DIGITS = (0, 1, 2, 3, 6, 7)
PREDICTION = ".st-key-prediction"


def canvas_points(page: Page, stroke: np.ndarray) -> list[tuple[float, float]]:
    """A stroke of `STROKES` in pixels of the window."""
    # A canvas that was cleared leaves a moment after its successor came.
    expect(page.locator("canvas.upper-canvas")).to_have_count(1)
    page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    scale = box["width"] / SIDE
    return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke.tolist()]


def draw(page: Page, digit: int) -> None:
    """With the mouse, point by point."""
    drag(page, canvas_points(page, STROKES[DIGITS.index(digit)]))


def drag(page: Page, points: list[tuple[float, float]]) -> None:
    """With the mouse, from point to point."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def clear(page: Page) -> None:
    """Press Clear, and wait until the page has seen it."""
    page.locator(".st-key-clear button").click()
    expect(page.locator(PREDICTION)).to_contain_text(re.compile("Draw a (digit|number)"))
    at_rest(page)


def expect_read(page: Page, digit: int) -> None:
    """Wait for the answer, which stands alone in the first line."""
    expect(page.locator(f"{PREDICTION} .digit")).to_have_text(str(digit))
    first_line = page.locator(PREDICTION).inner_text().strip().splitlines()[0]
    assert first_line == str(digit)
