"""Measure answers while the pen moves: how many, how soon, and with how many at once.

`python -m benchmarks.live` draws strokes of two seconds in Chromium, on this app's page and on the
common way's in turn, and counts what changes on the page meanwhile. Then many draw without
browsers, see `benchmarks.support.crowd`: each load has a server of its own, and with `--before`
also one of an earlier commit, whose page answers by its runs alone. At last one visitor holds a
number before the camera.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
import numpy as np

from benchmarks.support import options
from benchmarks.support.crowd import OPENING, Answer, Load, drawn
from benchmarks.support.report import Figure, machine, printed
from benchmarks.support.ways import Way, ways
from benchmarks.train_page import LONG_RUN, TrainPage
from tests.support import photos
from tests.support.drawings import STROKES, paced
from tests.support.servers import end_when_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser, WebSocket

    from tests.support.browser import Timed

STROKE_S = 2.0
SLOWER = (1, 4)
WARM_UP = 1
LOOKING = "/draw?look_inside=true"
# The machine's own pauses reach the 95th percentile: loads take turns.
ROUNDS = 3
LEAST_ANSWERS, MOST_STROKE_S, MOST_FINAL_MS = 12, STROKE_S * 1.25, 100
LEAST_ANSWERS_A_SECOND, MOST_WITHOUT_PAUSE_MS, MOST_BACKLOG = 4, 250, 1.5
MOST_NOW_AND_THEN_MS, MOST_TRAINING_RATIO, MOST_OPENING_MS = 300, 1.5, 200
WITHOUT_PAUSE = Load(visitors=20, stroke_s=STROKE_S, every_s=0, lasts_s=16)
NOW_AND_THEN = Load(visitors=50, stroke_s=1, every_s=2, lasts_s=20)
# What the camera sees, and for how long.
NUMBER, CAMERA_S = "370", 10
BESIDE_OPENING = Load(visitors=1, stroke_s=STROKE_S, every_s=0, lasts_s=20, opening=True)


def in_browser(
    served: Mapping[str, Way], strokes: int, slower: int, browser: "Browser", page: str = ""
) -> list[Figure]:
    """Draw strokes of two seconds on the page of each way, in turn.

    Args:
        slower: how many times as slow the visitors' processors are as this one.
        page: where they draw, such as `LOOKING`; the start page when it is empty.
    """
    from tests.support.browser import Visitor

    times: dict[str, list[Timed]] = {name: [] for name in served}
    with ExitStack() as stack:
        visitors = {
            name: Visitor(browser, stack.enter_context(way()).url + page, slower)
            for name, way in served.items()
        }
        for number in range(WARM_UP + strokes):
            stroke = paced(STROKES[number % len(STROKES)], STROKE_S)
            for name, visitor in visitors.items():
                visitor.draw(stroke, STROKE_S)
                times[name].append(visitor.answered())
                visitor.clear()
        for visitor in visitors.values():
            visitor.leave()
    figures = browser_figures({name: found[WARM_UP:] for name, found in times.items()}, slower)
    what = "with the layers following the pen, " if page == LOOKING else ""
    return [replace(figure, name=f"{what}{figure.name}") for figure in figures]


def browser_figures(times: "Mapping[str, Sequence[Timed]]", slower: int) -> list[Figure]:
    """Return the medians of strokes by the names of their ways; aims are for a fast device."""

    def values(fraction: float, field: str, unit: float = 1) -> dict[str, float]:
        return {
            way: float(np.percentile([getattr(one, field) for one in found], fraction)) / unit
            for way, found in times.items()
        }

    where = f"a device {slower} times slower: " if slower > 1 else ""
    aims: list[dict[str, float]] = (
        [{}, {}, {}]
        if slower > 1
        else [{"least": LEAST_ANSWERS}, {"most": MOST_STROKE_S}, {"most": MOST_FINAL_MS}]
    )
    name = f"{where}a stroke of {STROKE_S:g} s"
    return [
        Figure(f"{name}: answers in it", "", **values(50, "changes"), **aims[0]),
        Figure(f"{name}: took", "s", **values(50, "took_ms", 1000), **aims[1]),
        Figure(
            f"{name}: final answer after pen-up, p50", "ms", **values(50, "answer_ms"), **aims[2]
        ),
        Figure(f"{name}: final answer after pen-up, p95", "ms", **values(95, "answer_ms")),
    ]


def without_pause(served: Mapping[str, Way]) -> list[Figure]:
    """Let many draw without pause."""
    with served["this_app"]() as server:
        return without_pause_figures(drawn(server.url, WITHOUT_PAUSE))


def without_pause_figures(found: Sequence[Sequence[Answer]]) -> list[Figure]:
    """Return how often and how soon each visitor was answered, and whether ever later."""
    name = f"{len(found)} visitors without pause"
    asked = sorted((answer for answers in found for answer in answers), key=lambda one: one.asked)
    third = len(asked) // 3
    first, last = (
        np.median([one.seconds for one in part]) for part in (asked[:third], asked[-third:])
    )
    return [
        Figure(
            f"{name}: answers a second of the worst off",
            "",
            min(rate(answers) for answers in found),
            least=LEAST_ANSWERS_A_SECOND,
        ),
        *_percentiles(f"{name}: an answer", {"this_app": asked}, MOST_WITHOUT_PAUSE_MS),
        Figure(
            f"{name}: last third of the answers, times the first",
            "",
            float(last / first),
            most=MOST_BACKLOG,
        ),
    ]


def rate(answers: Sequence[Answer]) -> float:
    """Return the answers a second, from the first question to the last answer."""
    return len(answers) / (answers[-1].asked + answers[-1].seconds - answers[0].asked)


def now_and_then(served: Mapping[str, Way], browser: "Browser") -> list[Figure]:
    """Let many draw a stroke every two seconds, in turn without a training run and beside one."""
    quiet: dict[str, list[Answer]] = {name: [] for name in served}
    busy, watched = deepcopy(quiet), deepcopy(quiet)
    for name, way in served.items():
        with way() as server:
            draw = partial(drawn, server.url, NOW_AND_THEN, name == "this_app")
            for _ in range(ROUNDS):
                quiet[name] += _finals(draw())
                with _training(server.url, browser) as page:
                    watched[name] += _finals(draw())
                    page.look_away()
                    busy[name] += _finals(draw())
    what = f"{NOW_AND_THEN.visitors} visitors, a stroke every {NOW_AND_THEN.every_s:g} s"
    return [
        *_percentiles(f"{what}: final answer after pen-up", quiet, MOST_NOW_AND_THEN_MS),
        *_percentiles(f"{what}, while a network trains", busy),
        training_figure(f"{what}, while a network trains, times without", quiet, busy),
        *_percentiles(f"{what}, while it is watched in a browser of this machine", watched),
    ]


def training_figure(
    name: str, quiet: Mapping[str, Sequence[Answer]], busy: Mapping[str, Sequence[Answer]]
) -> Figure:
    """Return how many times as long the 95th percentile is beside a training run."""
    ratios = {way: _ms(busy[way], 95) / _ms(quiet[way], 95) for way in quiet}
    return Figure(f"{name}, p95", "", most=MOST_TRAINING_RATIO, **ratios)


@contextmanager
def _training(url: str, browser: "Browser") -> Iterator[TrainPage]:
    """Train a network for as long as the block lasts."""
    page = TrainPage(browser, url, LONG_RUN)
    page.start()
    page.wait_until_learning()
    yield page
    page.look_again()
    page.wait_until_learning()
    page.stop()
    page.leave()


def beside_opening(served: Mapping[str, Way]) -> list[Figure]:
    """Let one draw while six others open the page."""
    found = {}
    for name, way in served.items():
        with way() as server:
            found[name] = drawn(server.url, BESIDE_OPENING, name == "this_app")[0]
    name = f"one who draws while {OPENING} open the page: an answer"
    return _percentiles(name, found, MOST_OPENING_MS)


def film_in(folder: str) -> Path:
    """Write what the camera of Chromium sees, over and over: a number, dark on light."""
    file = Path(folder) / "number.mjpeg"
    file.write_bytes(photos.taken(0.9 - 0.8 * photos.written(NUMBER, 480, 640, size=0.3)))
    return file


def before_camera(served: Mapping[str, Way], browser: "Browser") -> list[Figure]:
    """Let one visitor hold a number before the camera."""
    answers: list[str] = []

    def listen(socket: "WebSocket") -> None:
        socket.on("framereceived", lambda text: answers.append(str(text)))

    with served["this_app"]() as server:
        page = browser.new_page()
        page.on("websocket", listen)
        page.goto(f"{server.url}/draw")
        page.get_by_text("A number", exact=True).click()
        page.locator(".st-key-wide_canvas").wait_for()
        page.get_by_text("Use a photo instead").click()
        page.get_by_text("The camera", exact=True).click()
        page.locator(".st-key-picture_prediction").get_by_text(NUMBER, exact=True).wait_for()
        answers.clear()
        page.wait_for_timeout(CAMERA_S * 1000)
        seen = sum('"boxes":' in answer for answer in answers)
        page.close()
    name = "one visitor with a camera: answers a second"
    return [Figure(name, "", seen / CAMERA_S, least=LEAST_ANSWERS_A_SECOND)]


def _finals(found: Sequence[Sequence[Answer]]) -> list[Answer]:
    return [answer for answers in found for answer in answers if answer.late is not None]


def _ms(answers: Sequence[Answer], fraction: float) -> float:
    """Return a percentile in ms; of finished strokes what passed since the pen was lifted."""
    seconds = [answer.seconds if answer.late is None else answer.late for answer in answers]
    return float(np.percentile(seconds, fraction)) * 1000


def _percentiles(
    name: str, found: Mapping[str, Sequence[Answer]], most: float | None = None
) -> list[Figure]:
    """Return the median and the 95th percentile, which has the aim."""
    middle, high = (
        {way: _ms(answers, fraction) for way, answers in found.items()} for fraction in (50, 95)
    )
    return [Figure(f"{name}, p50", "ms", **middle), Figure(f"{name}, p95", "ms", most=most, **high)]


PARTS = ("browser", "looking", "without-pause", "now-and-then", "opening", "camera")


@click.command()
@click.option("--strokes", default=12, show_default=True, type=click.IntRange(1))
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Only these measurements.")
@options.before
@options.chromium
@options.form
def main(
    strokes: int, only: tuple[str, ...], before: Path | None, chromium: str, form: str
) -> None:
    """Time answers while the pen moves, for one visitor and for many."""
    from tests.support import browser

    facts = {"machine": machine(), "repeats": {"strokes in Chromium": strokes}}
    served = ways(before)
    # Without a browser only those are asked that hold the canvas in a session of the same kind.
    crowds = {name: way for name, way in served.items() if name != "common_way"}
    figures: list[Figure] = []
    with TemporaryDirectory() as folder, browser.chromium(chromium, film_in(folder)) as running:
        for part in only or PARTS:
            click.echo(f"Drawing: {part} ...", err=True)
            if part == "browser":
                for slower in SLOWER:
                    figures += in_browser(served, strokes, slower, running)
            elif part == "looking":
                own = {"this_app": served["this_app"]}
                for slower in SLOWER:
                    figures += in_browser(own, strokes, slower, running, LOOKING)
            elif part == "without-pause":
                figures += without_pause(crowds)
            elif part == "now-and-then":
                figures += now_and_then(crowds, running)
            elif part == "opening":
                figures += beside_opening(crowds)
            else:
                figures += before_camera(served, running)
    click.echo(printed(figures, facts, form))


if __name__ == "__main__":
    end_when_told()
    main(prog_name="python -m benchmarks.live")
