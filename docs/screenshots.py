"""Take the README's pictures of the real app: `python -m docs.screenshots`.

The app runs with the built-in model and whatever data `MNIST_APP_DATA` names. A short training run
is started for the picture of the Train page, and its model is thrown away. With `--all` every page
is taken at a desk and on a phone, in light and dark, to look at.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from playwright.sync_api import Browser, Page

from benchmarks.support import options
from tests.support.browser import chromium as browsing
from tests.support.drawings import SIDE, STROKES
from tests.support.servers import Server, serve

HERE = Path(__file__).parent
ROOT = HERE.parent
SIZES = {"desk": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
ALL = tuple(f"{device}-{scheme}" for device in SIZES for scheme in ("light", "dark"))
# The third stroke of `STROKES` is a 2.
DRAWN = STROKES[2]


@click.command()
@options.chromium
@click.option("--folder", type=click.Path(path_type=Path), default=HERE / "pictures")
@click.option("--only", multiple=True, help="The name of a picture. All, if not given.")
@click.option("--all", "take_all", is_flag=True, help="Take each in all sizes and schemes.")
def main(chromium: str, folder: Path, only: tuple[str, ...], take_all: bool) -> None:
    """Write the pictures as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as models:
        settings = {**os.environ, "MNIST_APP_MODELS": models}
        with (
            serve(ROOT / "app.py", ROOT, settings=settings) as server,
            browsing(chromium) as browser,
        ):
            for name, path, act, shots in PAGES:
                if only and name not in only:
                    continue
                for shot in ALL if take_all else shots:
                    device, scheme = shot.split("-")
                    target = folder / f"{name}-{shot}.png"
                    _take(browser, server, path, act, SIZES[device], scheme, target)
                    click.echo(f"Wrote {target.name}")


def _take(
    browser: Browser,
    server: Server,
    path: str,
    act: Callable[[Page], None],
    size: dict[str, int],
    scheme: str,
    target: Path,
) -> None:
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


def _look_inside(part: str, shown: str, steps: int = 0) -> Callable[[Page], None]:
    """One of the four parts of what a network makes of a drawing, so many steps on.

    `shown` says that it is there.
    """

    def act(page: Page) -> None:
        _draw(page)
        page.locator(".st-key-open_look_inside button").click()
        page.get_by_text(part, exact=True).click()
        for number in range(steps):
            page.locator(".st-key-look_inside").get_by_role("button", name="Next").click()
            page.get_by_text(f"Step {number + 2} of").wait_for()
        page.locator(shown).first.wait_for()
        # A worker that is asked for says so a moment later.
        page.wait_for_timeout(1500)
        inside = page.locator(".st-key-look_inside")
        inside.filter(has_text="…").wait_for(state="detached")
        _to_top(page, ".st-key-look_inside")

    return act


def _to_top(page: Page, part: str) -> None:
    """Scroll until a part stands right below the navigation."""
    page.locator(part).first.evaluate(
        "(part) => { part.style.scrollMarginTop = '72px'; part.scrollIntoView(); }"
    )


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


def _part_of_predictions(part: str) -> Callable[[Page], None]:
    """The page scrolled to one of its parts."""

    def act(page: Page) -> None:
        _predictions(page)
        page.locator(".st-key-reliability_chart .js-plotly-plot").wait_for()
        _to_top(page, part)

    return act


def _map(page: Page) -> None:
    page.locator(".st-key-picture_map .gl-container canvas").first.wait_for()
    page.get_by_text("Finding neighbours").wait_for(state="detached")
    _to_top(page, ".st-key-map_layout")


def _opened(page: Page) -> None:
    page.locator(".st-key-gallery button[data-number]").first.click()
    page.locator(".st-key-opened .examples img").first.wait_for()


def _comparison(page: Page) -> None:
    _predictions(page)
    page.get_by_label("Compare with").click()
    page.get_by_role("option").nth(1).click()
    page.locator(".st-key-comparison img").first.wait_for()
    _to_top(page, ".st-key-comparison")


def _data(page: Page) -> None:
    page.locator(".st-key-class_distribution .js-plotly-plot").wait_for()


def _show_me(step: int, shown: str) -> Callable[[Page], None]:
    """A step of the show, counted from 1; `shown` says that it is there."""

    def act(page: Page) -> None:
        _draw(page)
        for number in range(2, step + 1):
            page.keyboard.press("ArrowRight")
            page.wait_for_url(f"**step={number}*")
        page.locator(shown).first.wait_for()

    return act


# The name, the path, what to do there, and the pictures that the README has.
PAGES: tuple[tuple[str, str, Callable[[Page], None], tuple[str, ...]], ...] = (
    ("draw", "/", _draw, ("desk-light", "phone-dark")),
    (
        "layers",
        "/",
        _look_inside("Layer by layer", ".st-key-look_inside img", steps=3),
        ("desk-light",),
    ),
    (
        "one-step",
        "/",
        _look_inside("One filter in slow motion", ".st-key-look_inside input[type=range]"),
        ("desk-light",),
    ),
    # On a phone the first of the three pictures is left out.
    (
        "inside",
        "/",
        _look_inside("Where it looked", ".st-key-look_inside figure:last-child img"),
        ("desk-light",),
    ),
    (
        "change",
        "/",
        _look_inside("What would change its mind", ".st-key-look_inside figure"),
        ("desk-light",),
    ),
    ("train", "/train", _train, ("desk-light",)),
    ("runs", "/runs", _runs, ("desk-light",)),
    ("predictions", "/predictions", _predictions, ()),
    ("matrix", "/predictions", _part_of_predictions(".st-key-matrix_numbers"), ("desk-light",)),
    ("map", "/predictions?map_layout=Neighbours", _map, ("desk-light",)),
    ("gallery", "/predictions", _part_of_predictions(".st-key-gallery"), ("desk-light",)),
    ("opened", "/predictions", _opened, ("desk-light",)),
    ("calibration", "/predictions", _part_of_predictions(".st-key-reliability"), ()),
    ("comparison", "/predictions", _comparison, ()),
    ("data", "/data", _data, ("desk-light",)),
    ("shelf", "/shelf", lambda page: page.get_by_text("of 20 things").wait_for(), ()),
    ("show-me-1", "/show-me", _show_me(1, ".digit"), ()),
    ("show-me-2", "/show-me", _show_me(2, ".becoming"), ()),
    ("show-me-3", "/show-me", _show_me(3, ".st-key-probabilities .bars"), ("desk-light",)),
    ("show-me-4", "/show-me", _show_me(4, ".gallery.worst"), ()),
    ("show-me-5", "/show-me", _show_me(5, ".st-key-demo_train"), ()),
)

if __name__ == "__main__":
    main()
