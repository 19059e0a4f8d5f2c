"""Time how soon the Predictions page follows a press, in Chromium: `python -m benchmarks.browsing`.

Times are the page's own: from the press of the mouse to the first frame in which all that was asked
for stands there. The map is dragged for some seconds, and the frames are counted that the browser
gets to draw meanwhile.
"""

import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from benchmarks.support import options
from benchmarks.support.report import Figure, machine, printed
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.lab.networks import model_files
from mnist_app.pages.predictions.gallery import PER_PAGE
from tests.support.servers import end_when_told, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
WARM_UP = 2
DRAG_SECONDS = 2.0
# How far the map is dragged to each side, in pixels.
DRAG_RADIUS = 80
GALLERY, OPENED = ".st-key-gallery", ".st-key-opened"
MATRIX = ".st-key-confusion_matrix"
MAP = ".st-key-picture_map .js-plotly-plot"
# Looks before each frame, so what it finds stands on the screen with that frame.
_STOPWATCH = """
  addEventListener("pointerup", ({ timeStamp }) => { window.pressed = timeStamp; }, true);
  const complete = (part) => [...part.querySelectorAll("img")].every((image) => image.complete);
  window.galleryShows = (first, caption) => {
    const part = document.querySelector(".st-key-gallery");
    const captions = [...part.querySelectorAll("figcaption")];
    return captions.length > 0
      && captions.every(({ textContent }) => textContent.startsWith(caption))
      && (first === null || part.querySelector("[data-number]").dataset.number === String(first))
      && complete(part);
  };
  window.isOpened = (number) => {
    // An empty container is not on the page at all.
    const part = document.querySelector(".st-key-opened");
    return Boolean(part?.querySelector(`img[alt^="Test picture ${number + 1},"]`))
      && part.querySelector("h3")?.textContent === `Test picture ${number + 1}`
      && complete(part);
  };
  window.watchFor = (isShown) => {
    window.shownAt = null;
    const look = () => {
      if (isShown()) window.shownAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
"""
_FRAMES = """
  window.framesSeen = 0;
  window.watchedSince = performance.now();
  const note = () => { window.framesSeen += 1; requestAnimationFrame(note); };
  requestAnimationFrame(note);
"""
_PLACE = "({ _fullLayout: { xaxis, yaxis } }) => [...xaxis.range, ...yaxis.range]"
_MIDDLE = "(node) => node.scrollIntoView({ block: 'center', behavior: 'instant' })"


def browsing(
    model: Path, dataset: Dataset, tries: int, browser: "Browser", drag_seconds: float
) -> list[Figure]:
    """Time presses on the Predictions page, and count frames while the map is dragged.

    Args:
        model: a `.keras` file.
        dataset: whose test pictures are looked at, as the server finds it too.
        tries: presses of each kind.
    """
    presses: dict[str, Callable[[Page, Dataset, int], float]] = {
        "a page of the gallery is turned": _turn_page,
        "the gallery is filtered by digit": _filter,
        "a cell of the matrix is pressed": _press_cell,
        "a picture is opened": _open_picture,
    }
    figures = []
    with _site(model, dataset) as address, _visitor(browser) as page:
        for name, press in presses.items():
            _visit(page, address)
            times = [press(page, dataset, turn) for turn in range(WARM_UP + tries)][WARM_UP:]
            for fraction in (50, 95):
                ms = float(np.percentile(times, fraction))
                figures.append(Figure(f"{name}, p{fraction}", "ms", ms, None))
        _visit(page, address)
        name = f"frames a second while a map of {len(dataset.test_labels):,} is dragged"
        return [*figures, Figure(name, "", _frames_while_dragged(page, drag_seconds), None)]


@contextmanager
def _site(model: Path, dataset: Dataset) -> Iterator[str]:
    """The address of the page on a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for part in model.parent.glob(f"{model.stem}.*"):
            if part.is_file():
                shutil.copy(part, Path(folder) / f"benchmark{part.suffix}")
        settings = {"MNIST_APP_MODELS": folder}
        with serve(ROOT / "app.py", ROOT, settings=settings) as server:
            what = f"model=benchmark&dataset={dataset.name}&gallery_order=In+test+order"
            yield f"{server.url}/predictions?{what}"


@contextmanager
def _visitor(browser: "Browser") -> Iterator["Page"]:
    """A page that scrolls at once and has a stopwatch."""
    from tests.support.browser import PATIENCE_MS

    context = browser.new_context(viewport={"width": 1200, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_STOPWATCH)
    yield context.new_page()
    context.close()


def _visit(page: "Page", address: str) -> None:
    """Open the page anew and wait until all that is pressed here stands there."""
    from tests.support.browser import at_rest

    page.goto(address)
    page.locator(f"{MATRIX} .textpoint").first.wait_for()
    page.locator(f"{MAP} .nsewdrag").wait_for(state="attached")
    page.locator(f"{GALLERY} figure").first.wait_for()
    at_rest(page)


def _ms(page: "Page", is_shown: str, press: Callable[[], None]) -> float:
    """From a press to the frame of which a JavaScript expression is true."""
    from tests.support.browser import PAUSE_MS, at_rest

    at_rest(page)
    page.wait_for_timeout(PAUSE_MS)
    page.evaluate(f"watchFor(() => {is_shown})")
    press()
    page.wait_for_function("shownAt !== null")
    return float(page.evaluate("shownAt - pressed"))


def _turn_page(page: "Page", dataset: Dataset, turn: int) -> float:
    first = (turn + 1) * PER_PAGE % len(dataset.test_labels)
    following = page.locator(f"{GALLERY} .stPagination button").last
    return _ms(page, f"galleryShows({first}, '')", following.click)


def _filter(page: "Page", dataset: Dataset, turn: int) -> float:
    digit = turn % 10
    first = int(np.flatnonzero(dataset.test_labels == digit)[0])
    page.locator(".st-key-gallery_true").evaluate(_MIDDLE)
    page.locator(".st-key-gallery_true input").click()
    option = page.get_by_role("option", name=str(digit), exact=True)
    return _ms(page, f"galleryShows({first}, '{digit} read as')", option.click)


def _press_cell(page: "Page", dataset: Dataset, turn: int) -> float:
    digit = turn % 10
    cells = page.locator(f"{MATRIX} .nsewdrag")

    def press() -> None:
        box = cells.bounding_box()
        assert box is not None
        x, y = (digit + 0.85) / 10, (digit + 0.15) / 10
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)

    cells.evaluate(_MIDDLE)
    return _ms(page, f"galleryShows(null, '{digit} read as {digit}')", press)


def _open_picture(page: "Page", dataset: Dataset, turn: int) -> float:
    number = turn % PER_PAGE
    picture = page.locator(f'{GALLERY} [data-number="{number}"]')
    picture.evaluate(_MIDDLE)
    milliseconds = _ms(page, f"isOpened({number})", picture.click)
    # What is looked for in the background is not left to disturb the next press.
    page.locator(f"{OPENED} .examples figcaption").first.wait_for()
    return milliseconds


def _frames_while_dragged(page: "Page", seconds: float) -> float:
    page.get_by_role("button", name="Zoom", exact=True).click()
    chart = page.locator(MAP)
    chart.evaluate(_MIDDLE)
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = chart.evaluate(_PLACE)
    page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_FRAMES)
    started = time.perf_counter()
    while (turn := (time.perf_counter() - started) / seconds) < 1:
        angle = 2 * math.pi * turn
        page.mouse.move(x + DRAG_RADIUS * math.sin(angle), y + DRAG_RADIUS * math.cos(angle))
    frames = page.evaluate("1000 * framesSeen / (performance.now() - watchedSince)")
    assert chart.evaluate(_PLACE) != before, "The map was not dragged."
    page.mouse.up()
    page.keyboard.up("Shift")
    return float(frames)


@click.command(context_settings={"show_default": True})
@options.model
@click.option("--tries", default=10, type=click.IntRange(1), help="Presses of each kind.")
@options.chromium
@options.form
def main(model: Path, tries: int, chromium: str, form: str) -> None:
    """Time presses on the Predictions page with MNIST's test pictures."""
    # Before the work: the load is that of others.
    facts = {"machine": machine(), "repeats": {"tries": tries}}
    try:
        dataset = datasets.load("mnist", allow_download=False)
        model_files.load(model)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo("Browsing in Chromium ...", err=True)
    from tests.support import browser

    with browser.chromium(chromium) as running:
        figures = browsing(model, dataset, tries, running, DRAG_SECONDS)
    click.echo(printed(figures, facts, form))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    end_when_told()
    main(prog_name="python -m benchmarks.browsing")
