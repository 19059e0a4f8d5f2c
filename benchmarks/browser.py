"""Visitors with a pen: Chromium on a page with a canvas, timed inside the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Between the sight of an empty canvas and the next stroke; a hand takes no less.
PAUSE_MS = 300
PATIENCE_MS = 120_000
CANVAS = "canvas.upper-canvas"

# From the pen's lifting to the first text with a digit in the answer's container, both by the
# page's own clock. Only a canvas that was empty before can be answered anew.
_STOPWATCH = """
  window.strokeTimes = [];
  let lifted = null;
  const isCanvas = (node) => node.tagName === "CANVAS";
  addEventListener("pointerup", (event) => {
    if (event.composedPath().some(isCanvas)) lifted = event.timeStamp;
  }, true);
  const look = () => {
    const answer = document.querySelector(".st-key-prediction");
    window.isAnswered = /\\d/.test(answer?.textContent ?? "");
    if (lifted !== null && window.isAnswered) {
      window.strokeTimes.push(performance.now() - lifted);
      lifted = null;
    }
  };
  new MutationObserver(look)
    .observe(document, { subtree: true, childList: true, characterData: true });
"""


@contextmanager
def chromium(executable: str, camera: Path | None = None) -> Iterator[Browser]:
    """A headless browser, the program at `executable`, that ends with the block.

    Args:
        camera: what its camera sees over and over, JPEG pictures in one file that ends in .mjpeg.
    """
    flags = _FLAGS.split()
    if camera is not None:
        flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        # Without a screen it sometimes lets the picture of the camera stand still.
        flags.append("--autoplay-policy=no-user-gesture-required")
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags, headless=True)
        try:
            yield browser
        finally:
            browser.close()


def at_rest(page: Page) -> None:
    """Wait until the server has run the page to its end."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def draw_stroke(page: Page, stroke: np.ndarray) -> None:
    """Draw one stroke, float64 (n, 2) in canvas pixels, with the mouse on a page's only canvas."""
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    points = (stroke + np.array([box["x"], box["y"]])).tolist()
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y)
    page.mouse.up()


class Visitor:
    """One visitor with a session of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        """Open `url` and wait until its canvas stands."""
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_STOPWATCH)
        self._page: Page = context.new_page()
        self._page.goto(url)
        self._page.locator(CANVAS).wait_for()
        self._drawn = 0

    def leave(self) -> None:
        """End the session."""
        self._page.context.close()

    def draw(self, stroke: np.ndarray) -> None:
        """Draw one stroke, float64 (n, 2) in canvas pixels, and lift the pen."""
        draw_stroke(self._page, stroke)
        self._drawn += 1

    def answer_ms(self) -> float:
        """Wait for the answer to the last stroke; the milliseconds since the pen was lifted."""
        self._page.wait_for_function(f"strokeTimes.length >= {self._drawn}")
        return float(self._page.evaluate("strokeTimes.at(-1)"))

    def stroke_ms(self, stroke: np.ndarray) -> float:
        """Draw on an empty canvas and empty it again; milliseconds from stroke to answer."""
        self.draw(stroke)
        milliseconds = self.answer_ms()
        self.clear()
        return milliseconds

    def clear(self) -> None:
        """Empty the canvas and wait until the page has seen it and rests."""
        self._page.get_by_role("button", name="Reset canvas").click()
        self._page.wait_for_function("!isAnswered")
        at_rest(self._page)
        self._page.wait_for_timeout(PAUSE_MS)
