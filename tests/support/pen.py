"""A hand that draws digits on the page's canvas, whatever its size, in a real browser."""

import re
from contextlib import suppress

import numpy as np
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import SIDE, STROKES
from tests.support.servers import Server

# In the order of `STROKES`.
DIGITS = (0, 1, 2, 3, 6, 7)
PREDICTION = ".st-key-prediction"


def opened(page: Page, server: Server, path: str = "/") -> None:
    """With the live channel open, so that what is seen does not depend on a run of the page."""
    with page.expect_websocket(lambda socket: socket.url.endswith("/api/live")):
        page.goto(server.url + path)
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)


def canvas_points(page: Page, stroke: np.ndarray) -> list[tuple[float, float]]:
    """A stroke of `STROKES` in pixels of the window."""
    # A canvas that was cleared stays until its successor comes, and a moment more.
    page.wait_for_function("!window.digitLabDrawing?.isAwaited")
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
    expect(page.locator(PREDICTION)).to_have_text(
        re.compile(rf"^\s*{digit}\s*\n"), use_inner_text=True
    )


def expect_after_progress(part: Locator, text: str) -> None:
    """Wait for a text as long as the progress shown in its place moves on."""
    before, now = None, _progress(part)
    while now != before:
        with suppress(AssertionError):
            expect(part).to_contain_text(text)
            return
        before, now = now, _progress(part)
    expect(part).to_contain_text(text)


def _progress(part: Locator) -> tuple[str, ...]:
    """Return how far the bars of a part are, and what it says beside the seconds."""
    bars = part.get_by_role("progressbar").all()
    fractions = [bar.get_attribute("aria-valuenow") or "" for bar in bars]
    return (re.sub(r"\d+", "", part.inner_text()), *fractions)


def ink(page: Page) -> int:
    """Count the canvas' pixels that are not black."""
    return page.locator("canvas.dc-canvas.lower-canvas").last.evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
        ".filter((value, index) => index % 4 === 0 && value > 99).length"
    )


class Finger:
    """Fingers on a touch screen."""

    def __init__(self, page: Page) -> None:
        self._device: CDPSession = page.context.new_cdp_session(page)

    def report(self, kind: str, *places: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def draw(self, points: list[tuple[float, float]]) -> None:
        self.report("touchStart", points[0])
        for point in points[1:]:
            self.report("touchMove", point)
        self.report("touchEnd")
