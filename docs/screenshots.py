"""Take the README's pictures of the real app: `python -m docs.screenshots`.

The app runs with the shipped model and whatever data `MNIST_APP_DATA` names. A short training run
is started for the picture of the Train page, and its model is thrown away.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from playwright.sync_api import Browser, Page

from benchmarks.browser import chromium
from benchmarks.drawings import SIDE, STROKES
from benchmarks.servers import Server, serve

HERE = Path(__file__).parent
ROOT = HERE.parent
DESK = {"width": 1200, "height": 860}
PHONE = {"width": 390, "height": 844}
# The third stroke of `STROKES` is a 2.
DRAWN = STROKES[2]


@click.command()
@click.option("--chromium", "executable", default="/usr/bin/chromium", show_default=True,
              envvar="MNIST_APP_CHROMIUM", help="The browser.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path), default=HERE / "pictures")
def main(executable: str, folder: Path) -> None:
    """Write a PNG for each page, at a desk and on a phone, in light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as models:
        settings = {**os.environ, "MNIST_APP_MODELS": models}
        with (
            serve(ROOT / "app.py", ROOT, settings=settings) as server,
            chromium(executable) as browser,
        ):
            for name, path, act in PAGES:
                for device, size in (("desk", DESK), ("phone", PHONE)):
                    for scheme in ("light", "dark"):
                        target = folder / f"{name}-{device}-{scheme}.png"
                        _take(browser, server, path, act, size, scheme, target)
                        click.echo(f"Wrote {target.name}")


def _take(
    browser: Browser, server: Server, path: str, act: Callable[[Page], None],
    size: dict[str, int], scheme: str, target: Path,
) -> None:  # fmt: skip
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(600_000)
    page = context.new_page()
    page.goto(server.url + path)
    act(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=target)
    context.close()


def _draw(page: Page) -> None:
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / SIDE
    first, *rest = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in DRAWN.tolist()]
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
    page.mouse.up()
    page.locator(".st-key-prediction .digit").wait_for()


def _look_inside(page: Page) -> None:
    _draw(page)
    page.locator(".st-key-look_inside summary").click()
    page.get_by_text("Where it looked", exact=True).click()
    page.get_by_text("do not prove").wait_for()
    page.locator(".st-key-look_inside").scroll_into_view_if_needed()


def _train(page: Page) -> None:
    page.locator(".st-key-train_start button").click()
    page.locator(".st-key-train_curves .scatterlayer .point").first.wait_for(state="attached")
    page.wait_for_timeout(3000)
    page.locator(".st-key-train_stop button").click()
    page.get_by_text("Test accuracy").wait_for()
    page.locator(".st-key-train_status").scroll_into_view_if_needed()


def _runs(page: Page) -> None:
    page.locator(".st-key-why_convolution button").click()
    page.get_by_text("when a digit is not in the middle").wait_for()
    page.locator(".st-key-run_comparison").scroll_into_view_if_needed()


def _predictions(page: Page) -> None:
    page.locator(".st-key-gallery img").first.wait_for()
    page.locator(".st-key-confusion_matrix .js-plotly-plot").wait_for()


def _map(page: Page) -> None:
    page.locator(".st-key-picture_map .gl-container canvas").first.wait_for()
    page.get_by_text("Finding neighbours").wait_for(state="detached")
    page.locator(".st-key-map_layout").evaluate("(part) => part.scrollIntoView()")


def _opened(page: Page) -> None:
    page.locator(".st-key-gallery button[data-number]").first.click()
    page.locator(".st-key-opened .examples img").first.wait_for()


def _data(page: Page) -> None:
    page.locator(".st-key-class_distribution .js-plotly-plot").wait_for()


def _show_me(page: Page) -> None:
    _draw(page)
    for title in ("What it saw", "How it decided"):
        page.keyboard.press("ArrowRight")
        page.get_by_role("heading", name=title).wait_for()
    page.locator(".looked").wait_for()
    page.locator(".st-key-probabilities .js-plotly-plot").wait_for()


PAGES: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("draw", "/", _draw),
    ("inside", "/", _look_inside),
    ("train", "/train", _train),
    ("runs", "/runs", _runs),
    ("predictions", "/predictions", _predictions),
    ("map", "/predictions?map_layout=Neighbours", _map),
    ("opened", "/predictions?gallery_order=Most+confidently+wrong+first", _opened),
    ("data", "/data", _data),
    ("show-me", "/show-me", _show_me),
)

if __name__ == "__main__":
    main()
