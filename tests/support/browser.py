"""Visitors with a pen: Chromium on a page with a canvas, timed inside the page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

# From the pen's lifting to the final answer, both by the page's own clock: the one that a screen
# reader is told where there is such a place, else the first text with a digit. Only a canvas that
# was empty before can be answered anew. What is shown meanwhile is counted by its changes.
_STOPWATCH = """
  window.strokes = [];
  let stroke = null;
  let shown = "";
  const isCanvas = (event) => event.composedPath().some((node) => node.tagName === "CANVAS");
  const lookAtBars = () => document.querySelector(".st-key-probabilities")?.innerHTML ?? "";
  addEventListener("pointerdown", (event) => {
    if (!isCanvas(event)) return;
    stroke = { began: event.timeStamp, changes: 0 };
    shown = lookAtBars();
  }, true);
  addEventListener("pointerup", (event) => {
    if (stroke && isCanvas(event)) stroke.lifted = event.timeStamp;
  }, true);
  const look = () => {
    const answer = document.querySelector(".st-key-prediction");
    const final = answer?.querySelector("[role=status]") ?? answer;
    window.isAnswered = /\\d/.test(final?.textContent ?? "");
    if (!stroke) return;
    if (stroke.lifted === undefined) {
      const now = lookAtBars();
      if (now !== shown) stroke.changes += 1;
      shown = now;
    } else if (window.isAnswered) {
      stroke.answered = performance.now();
      window.strokes.push(stroke);
      stroke = null;
    }
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true, attributeFilter: ["style"],
  });
"""

# How much has jumped on the page, without what followed a press, is `shifted`.
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True)
class Timed:
    """One stroke by the page's own clock.

    Attributes:
        changes: how often the bars changed before the pen was lifted.
        took_ms: from the first touch to the lifting of the pen.
        answer_ms: from there to the final answer.
    """

    changes: int
    took_ms: float
    answer_ms: float


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


def draw_stroke(page: Page, stroke: np.ndarray, seconds: float = 0.0) -> None:
    """Draw one stroke with the mouse on a page's only canvas.

    Args:
        stroke: float64 (n, 2) in canvas pixels.
        seconds: how long the hand takes; 0 for as fast as the page follows.
    """
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    points = (stroke + np.array([box["x"], box["y"]])).tolist()
    page.mouse.move(*points[0])
    page.mouse.down()
    began = time.perf_counter()
    for number, (x, y) in enumerate(points[1:], 1):
        ahead = began + seconds * number / (len(points) - 1) - time.perf_counter()
        time.sleep(max(0.0, ahead))
        page.mouse.move(x, y)
    page.mouse.up()


class Visitor:
    """One visitor with a session of their own."""

    def __init__(self, browser: Browser, url: str, slower: int = 1) -> None:
        """Open `url` and wait until its canvas stands.

        Args:
            slower: how many times as slow the processor of their device is as this one.
        """
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_STOPWATCH)
        self._page: Page = context.new_page()
        if slower > 1:
            tools = context.new_cdp_session(self._page)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        self._page.goto(url)
        self._page.locator(CANVAS).wait_for()
        self._drawn = 0

    def leave(self) -> None:
        """End the session."""
        self._page.context.close()

    def draw(self, stroke: np.ndarray, seconds: float = 0.0) -> None:
        """Draw one stroke, see `draw_stroke`, and lift the pen."""
        draw_stroke(self._page, stroke, seconds)
        self._drawn += 1

    def answered(self) -> Timed:
        """Wait for the final answer to the last stroke."""
        self._page.wait_for_function(f"strokes.length >= {self._drawn}")
        last = self._page.evaluate("strokes.at(-1)")
        return Timed(
            last["changes"], last["lifted"] - last["began"], last["answered"] - last["lifted"]
        )

    def clear(self) -> None:
        """Empty the canvas and wait until the page has seen it and rests."""
        own = self._page.locator(".st-key-clear button")
        # The common way has the component's own button alone.
        button = own if own.count() else self._page.get_by_role("button", name="Reset canvas")
        button.click()
        self._page.wait_for_function("!isAnswered")
        at_rest(self._page)
        self._page.wait_for_timeout(PAUSE_MS)
