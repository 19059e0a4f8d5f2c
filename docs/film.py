"""Film the first minute of a visitor, for the README: `python -m docs.film`.

A visitor draws, puts a wrong answer right and opens Show me, on a device some times slower than
this machine. What Chromium shows is kept frame by frame; the best of it becomes an animated
picture of ten seconds.
"""

import base64
import io
import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image
from playwright.sync_api import Page

from benchmarks.support import options
from tests.support.browser import at_rest
from tests.support.browser import chromium as browsing
from tests.support.drawings import STROKES, paced
from tests.support.pen import canvas_points
from tests.support.servers import serve

HERE = Path(__file__).parent
ROOT = HERE.parent
WINDOW = {"width": 1280, "height": 720}
SHOWN = (960, 540)
# Of the picture, a second; a screen that stands still takes no room.
FRAMES_A_SECOND = 12
LAST_FRAME_MS = 1000
# What took longer, on a slow machine, is shown faster.
MOST_MS = 10_000
# A slow device is not given more points than it takes in.
FRAMES_A_POINT = 3
QUALITY = 70
# A 1 with a flag so flat that the network reads it as a 7; canvas pixels.
FLAGGED_ONE = np.array([[80, 115], [180, 60], [165, 260]], dtype=np.float64)
# A headless browser shows no pointer.
_POINTER = """
addEventListener("DOMContentLoaded", () => {
  const dot = document.createElement("div");
  dot.style.cssText = "position:fixed;width:22px;height:22px;margin:-11px;border-radius:50%;"
    + "background:#ff8c1acc;border:2px solid #fff;z-index:1e9;pointer-events:none;left:-99px";
  document.documentElement.append(dot);
  addEventListener("pointermove", (event) => {
    dot.style.left = event.clientX + "px";
    dot.style.top = event.clientY + "px";
  }, true);
});
"""


@dataclass(frozen=True)
class Frame:
    """One picture of the film: a PNG file, shown from a moment on, in seconds."""

    since: float
    png: bytes


class Film:
    """The pictures of a page, and the best parts among them."""

    def __init__(self, page: Page) -> None:
        """Begin to film."""
        self.frames: list[Frame] = []
        self.scenes: list[tuple[float, float]] = []
        self._tools = page.context.new_cdp_session(page)
        self._tools.on("Page.screencastFrame", self._keep)
        self._tools.send("Page.startScreencast", {"format": "png"})

    def stop(self) -> None:
        """Film no more."""
        self._tools.send("Page.stopScreencast")

    @contextmanager
    def best(self) -> Iterator[None]:
        """Have the picture show what happens meanwhile."""
        began = time.time()
        yield
        self.scenes.append((began, time.time()))

    def _keep(self, event: dict[str, Any]) -> None:
        self.frames.append(Frame(event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        self._tools.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})


@click.command()
@options.chromium
@click.option("--slower", default=4, show_default=True, help="How much slower the device is.")
@click.option("--whole", type=click.Path(path_type=Path), help="Where the whole film goes, WebP.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=HERE / "pictures" / "first-minute.webp"
)
def main(chromium: str, slower: int, whole: Path | None, output: Path) -> None:
    """Write an animated picture of a visitor's first minute."""
    with tempfile.TemporaryDirectory() as models:
        settings = {**os.environ, "MNIST_APP_MODELS": models}
        with (
            serve(ROOT / "app.py", ROOT, settings=settings) as server,
            browsing(chromium) as browser,
        ):
            context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
            context.set_default_timeout(120_000)
            context.add_init_script(_POINTER)
            page = context.new_page()
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
            film = _filmed(page, server.url)
    if whole:
        _write(film.frames, [(film.frames[0].since, film.frames[-1].since + 1)], whole)
    _write(film.frames, film.scenes, output, MOST_MS)


def _filmed(page: Page, url: str) -> Film:
    """Do what a visitor does in the first minute."""
    film = Film(page)
    page.goto(url)
    page.locator(".st-key-examples button").first.wait_for()
    at_rest(page)
    page.wait_for_timeout(3000)
    with film.best():
        _draw(page, STROKES[3], 2.0)
        page.wait_for_timeout(500)
    _clear(page)
    _draw(page, FLAGGED_ONE, 1.0)
    with film.best():
        page.wait_for_timeout(700)
        page.locator(".st-key-right_digit").get_by_role("radio", name="1").click()
        page.get_by_text("Remembered as a 1").wait_for()
        page.wait_for_timeout(1000)
    page.goto(f"{url}/show-me")
    page.locator("canvas.upper-canvas").wait_for()
    # An empty canvas gets an example on the way.
    for number in (2, 3):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**step={number}*")
    page.locator(".st-key-probabilities .bars").wait_for()
    at_rest(page)
    _clear(page)
    with film.best():
        _draw(page, STROKES[5], 2.0)
        page.mouse.move(WINDOW["width"] - 30, WINDOW["height"] / 2)
        page.wait_for_timeout(1000)
    page.keyboard.press("ArrowRight")
    page.locator(".gallery.worst").wait_for()
    at_rest(page)
    # What is on the screen reaches the film later.
    page.wait_for_timeout(3000)
    with film.best():
        page.wait_for_timeout(1000)
    film.stop()
    return film


def _draw(page: Page, stroke: np.ndarray, seconds: float) -> None:
    """Draw a stroke at a hand's pace, while frames go on to be kept."""
    points = canvas_points(page, paced(stroke, seconds)[::FRAMES_A_POINT])
    page.mouse.move(*points[0])
    page.mouse.down()
    began = time.perf_counter()
    for number, point in enumerate(points[1:], 1):
        ahead = began + seconds * number / len(points) - time.perf_counter()
        if ahead > 0:
            page.wait_for_timeout(ahead * 1000)
        page.mouse.move(*point)
    page.mouse.up()
    page.locator(".st-key-prediction .digit").wait_for()


def _clear(page: Page) -> None:
    page.locator(".st-key-clear button").click()
    page.locator(".st-key-prediction .digit").wait_for(state="detached")
    at_rest(page)


def _write(
    frames: Sequence[Frame],
    scenes: Sequence[tuple[float, float]],
    output: Path,
    most_ms: float = math.inf,
) -> None:
    """Write what was shown in these times, one after the other, as an animated WebP picture."""
    shown = [one for since, until in scenes for one in _cut(frames, since, until)]
    pictures = [picture for picture, _ in shown]
    faster = max(1.0, sum(ms for _, ms in shown) / most_ms)
    durations = [round(ms / faster) for _, ms in shown]
    durations[-1] += LAST_FRAME_MS
    pictures[0].save(
        output,
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=QUALITY,
    )
    seconds, size = sum(durations) / 1000, output.stat().st_size / 1e6
    click.echo(f"Wrote {output.name}: {seconds:.1f} s, {size:.2f} MB")


def _cut(frames: Sequence[Frame], since: float, until: float) -> Iterator[tuple[Image.Image, int]]:
    """Yield what was shown, each picture with how many milliseconds it stands."""
    step = 1 / FRAMES_A_SECOND
    shown, stands = None, 0.0
    for moment in np.arange(since, until, step).tolist():
        latest = max(
            (frame for frame in frames if frame.since <= moment),
            key=lambda frame: frame.since,
            default=frames[0],
        )
        if shown is not None and latest is not shown:
            yield _picture(shown), round(stands * 1000)
            stands = 0.0
        shown = latest
        stands += step
    if shown is not None:
        yield _picture(shown), round(stands * 1000)


def _picture(frame: Frame) -> Image.Image:
    with Image.open(io.BytesIO(frame.png)) as picture:
        return picture.convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main(prog_name="python -m docs.film")
